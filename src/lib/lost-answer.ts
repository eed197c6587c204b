/** What is known of a request that brought no answer, whoever it went to. Pure. */

/** How an exchange of bytes ended without an answer. */
export type LostAnswer =
  /** Nothing was written: no route, no name, no listener, or given up before. */
  | { kind: "unreachable"; reason: string }
  /** It was written, or may have been, and no answer came. */
  | { kind: "unanswered"; reason: string };

/** Codes of Node and Bun for a connection that never came to be. Anything else counts as written. */
const unreachableCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "EADDRNOTAVAIL",
  "FailedToOpenSocket",
  "ConnectionRefused",
]);

/** Codes of a connection that failed before any request could travel on it. */
const handshakeCodes = /^(CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_SSL)/;

/**
 * What a thrown `error` of `fetch` or of a library's transport means. Takes its code only: message and properties of
 * such errors may hold addresses, and addresses may hold tokens.
 */
export function lostAnswerOf(error: unknown): LostAnswer {
  if (error instanceof DOMException) {
    const isLate = error.name === "TimeoutError";
    return { kind: "unanswered", reason: isLate ? "the deadline passed" : "it was given up" };
  }
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "no answer";
  const isUnreachable = unreachableCodes.has(code) || handshakeCodes.test(code);
  return { kind: isUnreachable ? "unreachable" : "unanswered", reason: code };
}
