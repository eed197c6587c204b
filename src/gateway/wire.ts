/** What differs between the generations in frames and errors, in one place (design D6, `protocol/handshake.md` 14). */
import type { ErrorShape } from "#schemas/errors.ts";
import type { EventSpec, ProtocolVersion } from "#schemas/method.ts";

/** How much one connection may send and leave unread, as told in `hello-ok.policy`. */
export interface WirePolicy {
  maxPayload: number;
  maxBufferedBytes: number;
  tickIntervalMs: number;
}

/** Milliseconds between `tick` events; clients give up after two of them (`protocol/handshake.md` section 12). */
export const TICK_INTERVAL_MS = 30_000;
/** Largest frame any connection may send; attachments travel in frames. */
export const MAX_FRAME_BYTES = 25 * 1024 * 1024;
/** Largest frame before hello-ok: a connect is a few kilobytes (threats T35). */
export const MAX_PREAUTH_FRAME_BYTES = 64 * 1024;
/** Longest text of a close frame (RFC 6455 allows 123). */
const MAX_CLOSE_REASON_BYTES = 120;

/** Limits by generation and role. v4 peers may leave 8 MiB unread: more than any one answer, far less than memory. */
export function policyOf(version: ProtocolVersion, role: string): WirePolicy {
  const isSmall = version === 3 && role !== "node";
  return {
    maxPayload: isSmall ? 512 * 1024 : MAX_FRAME_BYTES,
    maxBufferedBytes: version === 3 ? 1536 * 1024 : 8 * 1024 * 1024,
    tickIntervalMs: TICK_INTERVAL_MS,
  };
}

/** The error as a peer of that generation knows it: v3 has no FORBIDDEN, and no details for a missing scope. */
export function encodeError(error: ErrorShape, version: ProtocolVersion): ErrorShape {
  if (version === 4 || error.code !== "FORBIDDEN") return error;
  return { code: "INVALID_REQUEST", message: error.message };
}

/** A response frame as text. */
export function encodeResponse(
  id: unknown,
  result: { payload: unknown } | { error: ErrorShape; payload?: unknown },
  version: ProtocolVersion,
): string {
  if ("error" in result) {
    const error = encodeError(result.error, version);
    return JSON.stringify({ type: "res", id, ok: false, payload: result.payload, error });
  }
  return JSON.stringify({ type: "res", id, ok: true, payload: result.payload });
}

/** An event and how it is told to whom; rooms publish the one internal payload `T`. */
export interface EventRule<T> extends EventSpec {
  /** The payload for one generation; undefined when that generation does not know this event. */
  encode(payload: T, version: ProtocolVersion): unknown;
  /** Only connections that subscribed to this topic receive it. */
  topic?(payload: T): string;
  /** Whether one of those entitled receives it; default: each. */
  isFor?(payload: T, receiver: { connectionId: string; version: ProtocolVersion }): boolean;
  /** Connections that narrowed themselves to sessions (`session-scoped-events`) need this topic. */
  sessionTopic?(payload: T): string;
  /** Only connections of v4 that declared this capability receive it. */
  capability?(payload: T): string | undefined;
}

/** An event frame without its sequence number and closing brace: shared by all receivers of one generation. */
export function encodeEventHead(event: string, payload: unknown, stateVersion?: object): string {
  const head = `{"type":"event","event":${JSON.stringify(event)},"payload":${JSON.stringify(payload) ?? "null"}`;
  return stateVersion ? `${head},"stateVersion":${JSON.stringify(stateVersion)}` : head;
}

/** A close reason of at most 120 bytes, cut between characters. */
export function closeReason(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_CLOSE_REASON_BYTES) return text;
  return new TextDecoder().decode(bytes.subarray(0, MAX_CLOSE_REASON_BYTES)).replace(/\uFFFD+$/, "");
}
