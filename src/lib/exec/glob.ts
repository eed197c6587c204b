/**
 * Patterns over paths: `*` and `?` stay within a folder, `**` crosses folders, case does not matter. Matched in one pass
 * over the path, so that no pattern can take long.
 */

/** Longest pattern; the longest path systems allow. */
const MAX_PATTERN_CHARS = 4096;

/** One step of a pattern: a character, or one of these. `ENTER` and `INSIDE` are the two halves of a leading `**` + `/`. */
const ONE = Symbol("one");
const STAR = Symbol("star");
const ANY = Symbol("any");
const ENTER = Symbol("enter");
const INSIDE = Symbol("inside");
type Step = string | typeof ONE | typeof STAR | typeof ANY | typeof ENTER | typeof INSIDE;

/** Whether a pattern covers a path whole. Both kinds of slashes are the same. */
export function matchesGlob(pattern: string, path: string): boolean {
  if (pattern.length > MAX_PATTERN_CHARS) return false;
  const steps = stepsOf(pattern);
  let states = closed(steps, [0]);
  for (const char of plain(path)) {
    states = closed(
      steps,
      [...states].flatMap((at) => after(steps[at], at, char)),
    );
    if (states.size === 0) return false;
  }
  return states.has(steps.length);
}

function stepsOf(pattern: string): Step[] {
  const parts = plain(pattern).match(/\*{2,}\/?|[\s\S]/gu) ?? [];
  return parts.flatMap((part): Step[] => {
    if (part.startsWith("**")) return part.endsWith("/") ? [ENTER, INSIDE] : [ANY];
    return [part === "*" ? STAR : part === "?" ? ONE : part];
  });
}

/** Where one character leads from a step. */
function after(step: Step | undefined, at: number, char: string): number[] {
  const isSlash = char === "/";
  if (step === ANY) return [at];
  if (step === INSIDE) return isSlash ? [at, at + 1] : [at];
  if (step === STAR) return isSlash ? [] : [at];
  if (step === ONE) return isSlash ? [] : [at + 1];
  return step === char ? [at + 1] : [];
}

/** Those steps, and all that are reached without a character. */
function closed(steps: readonly Step[], from: readonly number[]): Set<number> {
  const reached = new Set<number>();
  const open = [...from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (reached.has(at)) continue;
    reached.add(at);
    const step = steps[at];
    if (step === STAR || step === ANY) open.push(at + 1);
    if (step === ENTER) open.push(at + 1, at + 2);
  }
  return reached;
}

function plain(text: string): string {
  return text.replaceAll("\\", "/").toLowerCase();
}
