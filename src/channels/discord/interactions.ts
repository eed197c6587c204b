/** Pressed buttons and typed commands, which the network hands over in a form of their own. */
import type { APIInteraction } from "discord-api-types/v10";
import { messageOf } from "../../lib/errors.ts";
import type { Log } from "../../lib/log.ts";
import type { RestApi } from "./client.ts";
import { type Converted, type Facts, userOf } from "./facts.ts";

/** Types: https://docs.discord.com/developers/interactions/receiving-and-responding. */
const COMMAND = 2;
const COMPONENT = 3;
const BUTTON = 2;
const CHAT_COMMAND = 1;
/** Answers: a message of its own, or only that the press was taken. */
const WITH_MESSAGE = 4;
const WITHOUT_CHANGE = 6;
/** Shown to the person who typed it and nobody else. */
const EPHEMERAL = 1 << 6;
/** The network gives up after three seconds. */
const ANSWER_MS = 3_000;
/** When the network's ids begin: https://docs.discord.com/developers/reference#snowflakes. */
const EPOCH_MS = 1_420_070_400_000n;

/** Converts an interaction. Its id is the event's. */
export function fromInteraction(interaction: APIInteraction, facts: Facts): Converted {
  const { id, member } = interaction;
  const user = member?.user ?? interaction.user;
  if (user === undefined) return { drop: "no sender" };
  const common = {
    eventId: `i:${id}`,
    chat: facts.chat,
    sender: userOf(user, member?.nick, facts.selfId),
    timeMs: Number((BigInt(id) >> 22n) + EPOCH_MS),
  };
  switch (interaction.type as number) {
    case COMMAND: {
      const text = commandText(interaction.data);
      if (text === undefined) return { drop: "kind not asked for" };
      return { events: [{ ...common, type: "message", messageId: id, text, mentionsSelf: true }] };
    }
    case COMPONENT: {
      const button = buttonValue(interaction.data);
      const messageId = interaction.message?.id;
      if (button === undefined || messageId === undefined) return { drop: "button without a value" };
      return { events: [{ ...common, type: "button", messageId, button }] };
    }
    default:
      return { drop: "kind not asked for" };
  }
}

/** Tells the network that what it handed over is stored; the person sees that it failed otherwise. Never rejects. */
export async function acknowledge(
  interaction: APIInteraction,
  { api, log }: { api: RestApi; log: Log },
  signal: AbortSignal,
): Promise<void> {
  const { id, token } = interaction;
  const body =
    (interaction.type as number) === COMMAND
      ? { type: WITH_MESSAGE, data: { content: "On it.", flags: EPHEMERAL } }
      : { type: WITHOUT_CHANGE };
  try {
    const route = `/interactions/${id}/${token}/callback` as const;
    const call = { name: "answer interaction", method: "POST", route, body, isAnonymous: true } as const;
    await api.call(call, { ms: ANSWER_MS, signal });
  } catch (error) {
    if (!signal.aborted) log.warn("interaction not answered", { reason: messageOf(error) });
  }
}

/** A command as a person would type it where there is no menu. */
function commandText(data: unknown): string | undefined {
  const { type, name, options = [] } = data as { type?: number; name?: string; options?: { value?: unknown }[] };
  if (type !== CHAT_COMMAND || name === undefined) return undefined;
  return [`/${name}`, ...options.map(({ value }) => String(value ?? ""))].filter((part) => part !== "").join(" ");
}

function buttonValue(data: unknown): string | undefined {
  const { component_type, custom_id } = data as { component_type?: number; custom_id?: string };
  return component_type === BUTTON && custom_id ? custom_id : undefined;
}
