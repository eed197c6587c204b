/**
 * What a gate decided about one event, and why, as data: logged, counted, and replayed for people who ask why the
 * gateway stayed silent. Facts are ids, settings and counts; what people write is never among them.
 */

/** One decision. Every function of this folder returns one, with its answer in `verdict`. */
export interface Gate<V extends string = string> {
  gate: "sender" | "flood" | "mention" | "route" | "pairing";
  verdict: V;
  /** Lower case, without a full stop; one of a fixed set for each gate, so that it can be counted. */
  reason: string;
  facts: Facts;
}

/** What a decision was made from. */
export type Facts = Readonly<Record<string, string | number | boolean>>;
