/** What it means when WhatsApp ends a connection or refuses a message. Pure. */
import { ChannelError } from "../contract.ts";

/** How a connection ended, in the numbers of the library; {@link RESTART} is no trouble. */
export interface Ending {
  status: number;
  /** The network's or the library's word for it. */
  reason: string;
}

/** The server wants a new connection with the same keys; it says so after pairing. */
export const RESTART = 515;
/** The phone took the link away; the keys are worth nothing any more. */
export const LOGGED_OUT = 401;

/** How the account is linked, for advice. */
const LINK = "run `moltbot channels login whatsapp`";

/** Nothing was ever linked, or no longer is. */
export function notLinked(): ChannelError {
  return new ChannelError("auth", `WhatsApp is not linked: ${LINK}`);
}

const fatal: Readonly<Record<number, string>> = {
  [LOGGED_OUT]: `WhatsApp is not linked any more, the phone removed this device: ${LINK}`,
  403: "WhatsApp has banned or locked this account: open WhatsApp on the phone and see what it says",
  411: "this WhatsApp account does not take linked devices: update WhatsApp on the phone, then link again",
  419: `WhatsApp refuses this device: log out with \`moltbot channels logout whatsapp\`, then ${LINK}`,
  440: "another program took over this WhatsApp link: stop the other one, then start the channel again",
  // The library's number for a handshake that does not hold: a wrong certificate above all.
  400: "what answers is not WhatsApp, or somebody sits in between: check the network and socketUrl",
  // The server's word for a client it no longer speaks with.
  405: "WhatsApp does not speak with this version any more: update moltbot, or set `version`",
};

const passing: Readonly<Record<number, string>> = {
  408: "WhatsApp cannot be reached, or is not heard any more",
  428: "the connection to WhatsApp was closed",
  500: "WhatsApp ended the connection",
  503: "WhatsApp is not available",
};

/** The contract's error for an ending. */
export function endingError({ status, reason }: Ending): ChannelError {
  const advice = fatal[status];
  if (advice !== undefined) return new ChannelError("auth", advice);
  return new ChannelError("transient", `${passing[status] ?? "WhatsApp ended the connection"} (${status}: ${reason})`);
}

/** What the network says to a message it does not take; undefined when it took it. */
export function refusalOf(code: string | undefined): ChannelError | undefined {
  if (code === undefined) return undefined;
  const status = Number(code);
  if (status === 429) return new ChannelError("limited", "WhatsApp takes no more messages for now");
  if (status >= 500) return new ChannelError("transient", `WhatsApp is in trouble (${code})`);
  const hint = refusals[status];
  return new ChannelError("rejected", `WhatsApp does not take the message (${code})${hint ? `: ${hint}` : ""}`);
}

const refusals: Readonly<Record<number, string>> = {
  401: "this account may not write there",
  403: "this account may not write there: is it still in the group?",
  404: "there is no such chat",
  // Both mean that strangers may not be written to; trying again makes it last longer.
  463: "the account may not begin new chats for now, so the other side has to write first",
  479: "it does not fit what WhatsApp knows of the other side's devices",
};

/** What the library rejects with, as an ending; it carries the status in a way of its own. */
export function endingOf(error: unknown): Ending {
  const status = statusOf(error);
  const reason = error instanceof Error ? error.message.slice(0, 200) : "no reason given";
  return { status: status ?? 500, reason };
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("output" in error)) return undefined;
  const { output } = error;
  if (typeof output !== "object" || output === null || !("statusCode" in output)) return undefined;
  return typeof output.statusCode === "number" ? output.statusCode : undefined;
}
