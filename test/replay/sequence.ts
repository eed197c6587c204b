/** The order of frames: which frame is which, and whether they came as recorded. Pure. */
import type { Mismatch } from "./shape.ts";
import { isObject, type JsonObject } from "./vectors.ts";

/** A frame with what it is (`event(chat final)`) and what it is about (a run, a request). */
export interface Placed {
  label: string;
  key: string;
  frame: JsonObject;
}

/** Told when something changes, whenever that is: they have no place among answers and run events. */
const stateEvents: ReadonlySet<string> = new Set(["event(health)", "event(presence)", "event(tick)"]);

export function isStateEvent({ label }: Placed): boolean {
  return stateEvents.has(label);
}

/** Names frames as they come; knows which request had which method. */
export class Placing {
  readonly #methods = new Map<unknown, string>();
  readonly #answered = new Map<unknown, number>();

  asked(id: unknown, method: string): void {
    this.#methods.set(id, method);
  }

  place(frame: JsonObject): Placed {
    if (frame["type"] === "res") return this.#placeAnswer(frame);
    const payload = isObject(frame["payload"]) ? frame["payload"] : {};
    const about = [
      frame["event"],
      payload["stream"],
      payload["state"],
      phaseOf(payload),
      payload["reason"],
      roleOf(payload),
    ];
    const isCommon = frame["event"] === "presence" || frame["event"] === "health";
    const label = `event(${isCommon ? frame["event"] : about.filter((part) => typeof part === "string").join(" ")})`;
    const isOfRun = frame["event"] === "agent" || frame["event"] === "chat";
    const run = isOfRun ? String(payload["runId"]).replace(/^inject-.*$/, "inject") : "";
    return { label, key: `${label} ${run}`, frame };
  }

  #placeAnswer(frame: JsonObject): Placed {
    const id = frame["id"];
    const count = (this.#answered.get(id) ?? 0) + 1;
    this.#answered.set(id, count);
    const label = `res(${this.#methods.get(id) ?? "unknown"}${count > 1 && id !== "invalid" ? " again" : ""})`;
    return { label, key: `${label} ${String(id)} ${count}`, frame };
  }
}

function phaseOf({ phase, data, stream }: JsonObject): unknown {
  if (stream === "item" || stream === "command_output") return undefined;
  if (!isObject(data)) return phase;
  return data["phase"] === "model" && data["provider"] === null ? "model-none" : data["phase"];
}

function roleOf({ message, state }: JsonObject): unknown {
  return state === undefined && isObject(message) ? message["role"] : undefined;
}

/** Pieces of a text, and errors, which some peers tell twice. */
const repeatable: ReadonlySet<string> = new Set(["event(agent assistant)", "event(chat delta)", "event(chat error)"]);

/** Text comes in as many pieces as time allows: of each stretch the first piece of either kind stands for all. */
export function withoutRepeats(frames: readonly Placed[]): {
  kept: Placed[];
  repeats: { of: Placed; placed: Placed }[];
} {
  const seen = new Map<unknown, Map<string, Placed>>();
  const repeats: { of: Placed; placed: Placed }[] = [];
  const kept = frames.filter((placed) => {
    const { label, frame } = placed;
    const isOfRun = frame["event"] === "agent" || frame["event"] === "chat";
    const run = isOfRun && isObject(frame["payload"]) ? frame["payload"]["runId"] : undefined;
    if (run === undefined) return true;
    const stretch = seen.get(run) ?? new Map<string, Placed>();
    seen.set(run, stretch);
    if (!repeatable.has(label)) {
      stretch.clear();
      return true;
    }
    const first = stretch.get(label);
    if (first) repeats.push({ of: first, placed });
    else stretch.set(label, placed);
    return first === undefined;
  });
  return { kept, repeats };
}

/** Pairs the frames that correspond; the rest are missing, extra, or in another place than recorded. */
export function align(
  recorded: readonly Placed[],
  live: readonly Placed[],
): { pairs: { recorded: Placed; live: Placed }[]; found: Mismatch[] } {
  const left = [...live];
  const pairs: { recorded: Placed; live: Placed }[] = [];
  const found: Mismatch[] = [];
  for (const one of recorded) {
    const at = left.findIndex(({ key }) => key === one.key);
    const [match] = at < 0 ? [] : left.splice(at, 1);
    if (match) pairs.push({ recorded: one, live: match });
    else found.push({ kind: "missing", at: one.label, recorded: one.frame });
  }
  for (const one of left) found.push({ kind: "extra", at: one.label, live: one.frame });
  return { pairs, found };
}

/** Frames that came in another place than recorded, among those in `pairs` (given as recorded). */
export function outOfOrder(pairs: readonly { live: Placed }[], live: readonly Placed[]): Mismatch[] {
  const places = pairs.map((pair) => live.indexOf(pair.live));
  const inOrder = longestIncreasing(places);
  return pairs.flatMap((pair, index) =>
    inOrder.has(index) ? [] : [{ kind: "order" as const, at: pair.live.label, live: pair.live.frame }],
  );
}

/** Indexes of a longest increasing subsequence: what does not belong to it is what moved. */
function longestIncreasing(values: readonly number[]): Set<number> {
  const lengths: number[] = [];
  const before: number[] = [];
  for (const [at, value] of values.entries()) {
    lengths[at] = 1;
    before[at] = -1;
    for (let earlier = 0; earlier < at; earlier++) {
      if ((values[earlier] ?? 0) < value && (lengths[earlier] ?? 0) + 1 > (lengths[at] ?? 0)) {
        lengths[at] = (lengths[earlier] ?? 0) + 1;
        before[at] = earlier;
      }
    }
  }
  const result = new Set<number>();
  for (let at = lengths.indexOf(Math.max(...lengths)); at >= 0; at = before[at] ?? -1) result.add(at);
  return result;
}
