/** What the end of a connection to the gateway means. Pure; the table is the network's. */
import { ChannelError } from "../contract.ts";

/** How a connection ended. `isFinal`: connecting again leads to the same. */
export interface End {
  error: ChannelError;
  /** Whether the session may go on in another connection. */
  mayResume: boolean;
  isFinal: boolean;
}

/** Ends that have no code. */
type Event = "invalid session" | "no greeting" | "silence" | "given up";

const PORTAL = "in the developer portal";

/** Codes only a person can help with: https://docs.discord.com/developers/topics/opcodes-and-status-codes. */
const final: ReadonlyMap<number, string> = new Map([
  [4004, `Discord does not accept the bot token: reset it under "Bot" ${PORTAL} and set it as token`],
  [4010, "Discord does not take this connection as a part of the bot's (invalid shard): update moltbot"],
  [4011, "the bot is in more servers than one connection may serve: remove it from some, or run several bots"],
  [4012, "Discord does not speak this version of its gateway any more: update moltbot"],
  [4013, "Discord does not know the intents that were asked for: update moltbot, or check the intents setting"],
  [
    4014,
    `Discord does not allow what the bot asks for: switch on "Message Content Intent" under "Bot" ${PORTAL}, or set intents.messageContent to false`,
  ],
]);

/** After these the network wants a new session: the position was wrong, the session took too long. */
const endsSession: ReadonlySet<number> = new Set([4007, 4009]);

/** Reads a close code, or an end without one. */
export function endOf(cause: number | Event): End {
  const advice = typeof cause === "number" ? final.get(cause) : undefined;
  if (advice !== undefined) {
    const error = new ChannelError("auth", `${advice} (${cause})`);
    return { error, mayResume: false, isFinal: true };
  }
  const words: Record<Event, string> = {
    "invalid session": "it does not know the session any more",
    "no greeting": "it did not begin in time",
    silence: "nothing is heard any more",
    "given up": "it was given up",
  };
  const reason = typeof cause === "number" ? `it was closed (${cause})` : words[cause];
  return {
    error: new ChannelError("transient", `Discord's connection ended: ${reason}`),
    mayResume: typeof cause === "number" ? !endsSession.has(cause) : cause !== "invalid session",
    isFinal: false,
  };
}
