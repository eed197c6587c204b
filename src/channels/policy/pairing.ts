/**
 * Decides what happens when a stranger writes: a code, a place in a short list, one text an hour. Pure functions over
 * the pending requests of one account; the caller stores what they return in one transaction.
 */
import type { Gate } from "./explain.ts";
import { idKey } from "./ids.ts";

/** A stranger who waits to be let in. */
export interface PairingRequest {
  code: string;
  /** As `senderKey` writes it. */
  senderId: string;
  /** What the stranger is called; for people, never compared. */
  senderName?: string;
  createdAtMs: number;
  seenAtMs: number;
}

/** What to store and what to say. */
export interface PairingGate extends Gate<"create" | "refresh" | "ignore"> {
  /** The list to store: what has expired is gone. */
  pending: PairingRequest[];
  /** The request that is made or refreshed. */
  request?: PairingRequest;
  /** Whether the text is sent; the caller then remembers the time as `lastTextAtMs` of this sender. */
  isTold: boolean;
}

/** Letters and digits that cannot be taken for each other; 32 of them, so that a byte gives one without bias. */
const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const CODE_LENGTH = 8;
/** An hour is enough to ask the owner, and short enough that a list of codes is worth nothing later. */
export const PAIRING_TTL_MS = 3_600_000;
/** A person sees at a glance who is waiting; strangers cannot fill more than this. */
export const MAX_PENDING = 3;
/** One text for each stranger in this time, whatever became of the request. */
export const TEXT_INTERVAL_MS = 3_600_000;
/** Characters of a name that are kept. */
const MAX_NAME = 64;

/** A code of eight characters from at least as many random bytes. */
export function pairingCode(bytes: Uint8Array): string {
  if (bytes.length < CODE_LENGTH) throw new RangeError(`a pairing code needs ${CODE_LENGTH} random bytes`);
  return Array.from(bytes.subarray(0, CODE_LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join("");
}

/**
 * Called when `judgeSender` says `pair`. `pending` are the requests of the same channel and account. `code` is made
 * anew for each event and used only when a request is created.
 */
export function judgePairing(
  pending: readonly PairingRequest[],
  stranger: { senderId: string; senderName?: string; lastTextAtMs?: number },
  { nowMs, code }: { nowMs: number; code: string },
): PairingGate {
  const senderId = idKey(stranger.senderId);
  const open = livingRequests(pending, nowMs);
  const facts = { senderId, pending: open.length };
  const ignore = (reason: string): PairingGate => {
    return { gate: "pairing", verdict: "ignore", reason, facts, pending: open, isTold: false };
  };
  if (senderId === "") return ignore("no sender id");
  const known = open.find((one) => one.senderId === senderId);
  const name = stranger.senderName === undefined ? {} : { senderName: shown(stranger.senderName).slice(0, MAX_NAME) };
  if (known !== undefined) {
    const request = { ...known, ...name, seenAtMs: nowMs };
    const next = open.map((one) => (one === known ? request : one));
    const reason = "the sender waits already";
    return { gate: "pairing", verdict: "refresh", reason, facts, pending: next, request, isTold: false };
  }
  if (open.length >= MAX_PENDING) return ignore("too many wait already");
  if (open.some((one) => one.code === code)) return ignore("the code is in use");
  const request = { code, senderId, ...name, createdAtMs: nowMs, seenAtMs: nowMs };
  const isTold = stranger.lastTextAtMs === undefined || Math.abs(nowMs - stranger.lastTextAtMs) >= TEXT_INTERVAL_MS;
  const next = [...open, request];
  const reason = isTold ? "a new request" : "a new request, told lately";
  return { gate: "pairing", verdict: "create", reason, facts, pending: next, request, isTold };
}

/** The requests that can still be approved. A clock that was set back does not make them live longer. */
export function livingRequests(pending: readonly PairingRequest[], nowMs: number): PairingRequest[] {
  return pending.filter(({ createdAtMs }) => Math.abs(nowMs - createdAtMs) < PAIRING_TTL_MS);
}

/** The request a person means by a code, however it is typed, and the list without it. */
export function findRequest(
  pending: readonly PairingRequest[],
  typed: string,
  nowMs: number,
): { request: PairingRequest; pending: PairingRequest[] } | undefined {
  const code = typed.replaceAll(/[\s-]+/g, "").toUpperCase();
  const open = livingRequests(pending, nowMs);
  const request = open.find((one) => one.code === code);
  return request && { request, pending: open.filter((one) => one !== request) };
}

/** What a stranger is told: who they are here, the code, and what the owner has to run. */
export function pairingText({ code, senderId }: PairingRequest, channel: string): string {
  return [
    "This assistant does not know you yet.",
    "",
    `Your id here: \`${shown(senderId)}\``,
    `Pairing code: \`${code}\``,
    "",
    "Ask the owner to let you in with:",
    `\`moltbot pairing approve ${channel} ${code}\``,
  ].join("\n");
}

/** Text of a stranger, on one line and without marks. */
function shown(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029`]+/gu, " ")
    .trim()
    .toWellFormed();
}
