/**
 * Compares what came with what was recorded: the same properties with the same types, and the same constants. Ids,
 * times, counters and prose may differ; an id that was seen before must mean the same thing again. Pure.
 */
import { isObject, type Json, type JsonObject } from "./vectors.ts";

/** How something differs from the recording. */
export type MismatchKind =
  /** Recorded, and not there. */
  | "missing"
  /** There, and not recorded. */
  | "extra"
  | "type"
  | "constant"
  /** An id that stood for something else before. */
  | "identity"
  /** A list that was recorded with items, and has none here; or the other way round. */
  | "empty"
  | "filled"
  | "order"
  | "close"
  | "http";

export interface Mismatch {
  kind: MismatchKind;
  at: string;
  recorded?: unknown;
  live?: unknown;
}

/** Which recorded id corresponds to which one here. */
export class Identities {
  readonly #live = new Map<string, string>();

  /** Notes that the one is the other; false when it was another before. */
  bind(recorded: string, live: string): boolean {
    const known = this.#live.get(recorded);
    if (known === undefined) this.#live.set(recorded, live);
    return known === undefined || known === live;
  }

  /** The text with every known recorded id replaced. */
  translate(text: string): string {
    let result = text;
    for (const [recorded, live] of this.#live)
      if (result.includes(recorded)) result = result.replaceAll(recorded, live);
    return result;
  }

  /** The same for a text that was cut, perhaps in the middle of an id. */
  translateCut(text: string): string {
    const tail = /[0-9a-f]{8}-[0-9a-f-]*$/.exec(text)?.[0] ?? "";
    const known = tail && [...this.#live].find(([recorded]) => recorded.startsWith(tail));
    return known ? text.slice(0, -tail.length) + known[1].slice(0, tail.length) : this.translate(text);
  }
}

/** Numbers that mean something by their value. */
const constantNumbers: ReadonlySet<string> = new Set([
  "protocol",
  "maxPayload",
  "maxBufferedBytes",
  "tickIntervalMs",
  "expectedProtocol",
  "minimumProbeProtocol",
  "clientMinProtocol",
  "clientMaxProtocol",
  "contextWindow",
  "contextTokens",
  "limitApplied",
  "heartbeatSeconds",
]);

/** Texts of people and machines, and facts about a host: any text will do. */
const freeTexts: ReadonlySet<string> = new Set([
  "text",
  "delta",
  "deltaText",
  "content",
  "preview",
  "lastMessagePreview",
  "derivedTitle",
  "description",
  "remediationHint",
  "errorMessage",
  "error",
  "summary",
  "progressText",
  "host",
  "hostname",
  "machineName",
  "ip",
  "version",
  "runtimeVersion",
  "platform",
  "modelIdentifier",
  "release",
  "arch",
  "osLabel",
  "path",
  "file",
  "configPath",
  "stateDir",
  "hash",
  "raw",
  "idempotencyKey",
]);

/** Where the value is a constant although its name is in one of the lists above. */
const constantPlaces = [/^res\(\S+\)\.error\.message$/, /\.payload\.sessionKey$/];

/** Every way in which `live` differs from `recorded`. */
export function compare(recorded: Json, live: unknown, at: string, ids: Identities): Mismatch[] {
  if (isOmitted(recorded)) return [];
  if (Array.isArray(recorded)) return compareLists(recorded, live, at, ids);
  if (isObject(recorded)) return compareObjects(recorded, live, at, ids);
  if (typeof recorded !== typeof live || (recorded === null) !== (live === null)) {
    return [{ kind: "type", at, recorded, live }];
  }
  if (typeof recorded === "string" && typeof live === "string") return compareTexts(recorded, live, at, ids);
  if (typeof recorded === "number" && typeof live === "number") return compareNumbers(recorded, live, at);
  return recorded === live ? [] : [{ kind: "constant", at, recorded, live }];
}

function compareObjects(recorded: JsonObject, live: unknown, at: string, ids: Identities): Mismatch[] {
  if (!isObject(live)) return [{ kind: "type", at, recorded, live }];
  const extra = Object.keys(live).filter((name) => !(name in recorded));
  const found: Mismatch[] = extra.map((name) => ({ kind: "extra", at: `${at}.${name}`, live: live[name] }));
  for (const [name, value] of Object.entries(recorded)) {
    const place = `${at}.${name}`;
    if (!(name in live)) found.push({ kind: "missing", at: place, recorded: value });
    else found.push(...compare(value, live[name], place, ids));
  }
  return found;
}

/** Each item must be like one of those recorded. */
function compareLists(recorded: readonly Json[], live: unknown, at: string, ids: Identities): Mismatch[] {
  if (!Array.isArray(live)) return [{ kind: "type", at, recorded, live }];
  const known = recorded.filter((item) => !isOmitted(item));
  if (known.length === 0) return recorded.length === 0 && live.length > 0 ? [{ kind: "filled", at, live }] : [];
  if (live.length === 0) return [{ kind: "empty", at, recorded }];
  if (known.every((item) => typeof item === "string")) return compareNames(known, live, at, ids);
  return live.flatMap((item, index) => {
    const ways = known.map((one, other) => ({
      other,
      cost: costOf(compare(one, item, `${at}[]`, new TrialIdentities(ids))),
    }));
    // Of equally good matches the one at the same place, so that lists in order bind their ids in order.
    ways.sort((a, b) => a.cost - b.cost || Math.abs(a.other - index) - Math.abs(b.other - index));
    const best = known[ways[0]?.other ?? 0] ?? null;
    return compare(best, item, `${at}[]`, ids);
  });
}

/** How unlike two items are: another value weighs more than a property more or less. */
function costOf(found: readonly Mismatch[]): number {
  return found.reduce((cost, { kind }) => cost + (kind === "missing" || kind === "extra" ? 1 : 10), 0);
}

/** Lists of names (scopes, methods, ids of runs) hold the recorded names, no more and no less. */
function compareNames(recorded: readonly Json[], live: readonly unknown[], at: string, ids: Identities): Mismatch[] {
  const wanted = recorded.map((name) => ids.translate(String(name)));
  if (isFree(`${at}[]`)) return [];
  return [
    ...wanted
      .filter((name) => !live.includes(name))
      .map((name) => ({ kind: "missing", at: `${at}[${name}]` }) as const),
    ...live
      .filter((name) => !wanted.includes(String(name)))
      .map((name) => ({ kind: "extra", at: `${at}[${name}]` }) as const),
  ];
}

function compareTexts(recorded: string, live: string, at: string, ids: Identities): Mismatch[] {
  if (isOpaque(recorded)) return ids.bind(recorded, live) ? [] : [{ kind: "identity", at, recorded, live }];
  if (isFree(at) || isPlaceholder(recorded)) return [];
  return ids.translate(recorded) === live ? [] : [{ kind: "constant", at, recorded, live }];
}

function compareNumbers(recorded: number, live: number, at: string): Mismatch[] {
  if (Number.isInteger(recorded) && !Number.isInteger(live)) return [{ kind: "type", at, recorded, live }];
  const isConstant = constantNumbers.has(nameOf(at)) || (nameOf(at) === "seq" && recorded === 0);
  return isConstant && recorded !== live ? [{ kind: "constant", at, recorded, live }] : [];
}

function isFree(at: string): boolean {
  if (constantPlaces.some((place) => place.test(at))) return false;
  return freeTexts.has(nameOf(at)) || /\.(lines|paths|channelSummary|queuedSystemEvents|archived)\[\]$/.test(at);
}

/** Made by chance or by a peer's own counting: uuids, tokens, signatures, short hexadecimal ids. */
function isOpaque(text: string): boolean {
  return (
    /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text) ||
    /^[0-9a-f]{8}$|^[0-9a-f]{32}$/.test(text) ||
    (/^[\w-]{22,}$/.test(text) && /\d/.test(text) && /[A-Z]/.test(text) && /[a-z]/.test(text))
  );
}

/** What the recorder put in place of paths and long texts. */
function isPlaceholder(text: string): boolean {
  return (
    /^<.*>$/.test(text) ||
    text.includes("/home/user/") ||
    text.startsWith("/var/log/") ||
    text === "[redacted]" ||
    text === "(multiple)"
  );
}

/** Where the recorder left something out: the place is compared, its content is not. */
function isOmitted(value: Json): boolean {
  if (typeof value === "string") return value.startsWith("<see case");
  if (Array.isArray(value)) return value.length === 1 && isOmitted(value[0] ?? null);
  return isObject(value) && ("__omitted" in value || "__truncated" in value);
}

function nameOf(at: string): string {
  return at.slice(at.lastIndexOf(".") + 1).replace(/\[\]$/, "");
}

/** Looks up ids without keeping new ones: for trying which item of a list is meant. */
class TrialIdentities extends Identities {
  readonly #known: Identities;
  constructor(known: Identities) {
    super();
    this.#known = known;
  }

  override bind(recorded: string, live: string): boolean {
    const known = this.#known.translate(recorded);
    return known === recorded || known === live;
  }

  override translate(text: string): string {
    return this.#known.translate(text);
  }
}
