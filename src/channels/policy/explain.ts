/**
 * What a gate decided about one event, and why, as data: logged, counted, and replayed for people who ask why the
 * gateway stayed silent. Facts are ids, settings and counts; what people write is never among them.
 */

/** One decision. Every function of this folder returns one, with its answer in `verdict`. */
export interface Gate<V extends string = string> {
  gate: "sender" | "mention" | "route" | "rate" | "loop" | "pairing";
  verdict: V;
  /** Lower case, without a full stop; one of a fixed set for each gate, so that it can be counted. */
  reason: string;
  facts: Facts;
}

/** What a decision was made from. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

/** Longest value shown; ids of networks are shorter, and what is longer is not an id. */
const MAX_SHOWN = 128;

/** The decisions of one event as lines for a person, in order; the last one is what happened. */
export function wordGates(gates: readonly Gate[]): string[] {
  return gates.map(({ gate, verdict, reason, facts }) => {
    const shown = Object.entries(facts).map(([name, value]) => `${name}=${shownValue(value)}`);
    return `${gate}: ${verdict}, ${reason}${shown.length > 0 ? ` (${shown.join(", ")})` : ""}`;
  });
}

/** Ids come from strangers: quotes, control and bidi characters become visible. */
function shownValue(value: string | number | boolean): string {
  if (typeof value !== "string") return String(value);
  const cut = value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value;
  const quoted = JSON.stringify(cut.toWellFormed());
  return quoted.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
}
