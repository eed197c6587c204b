/**
 * What a scope lets its holder do, and the one function by which authority is given (threats T05, T06; rule R3).
 * Scopes are written here as on the wire, with their `operator.` prefix.
 */

/** The scope that satisfies all others. */
export const ADMIN = "operator.admin";

/** Scopes that a scope satisfies besides itself (`protocol/handshake.md` section 6). */
const implied: ReadonlyMap<string, readonly string[]> = new Map([
  ["operator.write", ["operator.read", "operator.talk", "operator.sessions.read", "operator.sessions.write"]],
]);

/** Most scopes one request may name: the protocol has about a dozen. */
const MAX_SCOPES = 32;

/** Whether a holder of `held` has `wanted`, directly or by implication. */
export function hasScope(held: readonly string[], wanted: string): boolean {
  return held.some((scope) => scope === wanted || scope === ADMIN || implied.get(scope)?.includes(wanted));
}

/** Whether every wanted scope is held. */
export function coversScopes(held: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((scope) => hasScope(held, scope));
}

/**
 * `asked ∩ every bound`: a scope is granted only when each bound holds it. Every path that makes or widens authority
 * goes through here. The result has no duplicates and keeps the order asked.
 */
export function grantScopes(asked: readonly string[], ...bounds: readonly (readonly string[])[]): string[] {
  const scopes = [...new Set(asked)].slice(0, MAX_SCOPES);
  return scopes.filter((scope) => bounds.every((held) => hasScope(held, scope)));
}

/** Both lists without duplicates. */
export function mergeScopes(one: readonly string[], other: readonly string[]): string[] {
  return [...new Set([...one, ...other])];
}
