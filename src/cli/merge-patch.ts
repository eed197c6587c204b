/** The JSON merge patch (RFC 7396) that turns one config into another. Pure. */
import { isObject } from "../config/paths.ts";

/** Only what differs: `null` for what is gone, lists whole, since a merge patch cannot reach into them. */
export function mergePatchOf(before: unknown, after: unknown): unknown {
  if (!isObject(before) || !isObject(after)) return after;
  const gone = Object.keys(before).filter((key) => after[key] === undefined);
  const changed = Object.keys(after).filter(
    (key) => after[key] !== undefined && !Bun.deepEquals(before[key], after[key], true),
  );
  return Object.fromEntries([
    ...gone.map((key) => [key, null]),
    ...changed.map((key) => [key, mergePatchOf(before[key], after[key])]),
  ]);
}
