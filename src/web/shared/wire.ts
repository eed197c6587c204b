/**
 * Reads what a gateway sent. Tolerant: a field of the wrong type reads as missing, so that a newer or older
 * gateway never breaks the page; frames that are no frames read as undefined.
 */

/** Any JSON object, before its fields were looked at. */
export type Fields = Readonly<Record<string, unknown>>;

export type Frame =
  | { type: "event"; event: string; payload: unknown; seq: number | undefined }
  | { type: "res"; id: string; ok: boolean; payload: unknown; error: GatewayFailure | undefined };

/** Why a request failed: thrown by `request`, and the reason of a refused connection. */
export class GatewayFailure extends Error {
  override readonly name = "GatewayFailure";
  readonly code: string;
  readonly details: Fields;
  readonly retryAfterMs: number | undefined;
  constructor(code: string, message: string, extras: { details?: Fields; retryAfterMs?: number | undefined } = {}) {
    super(message);
    this.code = code;
    this.details = extras.details ?? {};
    this.retryAfterMs = extras.retryAfterMs;
  }
}

/** What the pages use of `hello-ok`. */
export interface Hello {
  serverVersion: string;
  methods: readonly string[];
  mainSessionKey: string;
  tickIntervalMs: number;
  /** Largest frame the gateway takes. */
  maxPayloadBytes: number;
  deviceToken: string | undefined;
  /** Where a node finds the canvas, when the gateway says so at once. */
  canvasUrl: string | undefined;
}

/** The protocol's default, for a gateway that does not say. */
const DEFAULT_TICK_MS = 30_000;
/** The smallest limit of any gateway in use. */
const DEFAULT_MAX_PAYLOAD_BYTES = 512 * 1024;

export function parseFrame(data: unknown): Frame | undefined {
  if (typeof data !== "string") return undefined;
  const frame = fieldsOf(parseJson(data));
  if (frame["type"] === "event" && typeof frame["event"] === "string") {
    return { type: "event", event: frame["event"], payload: frame["payload"], seq: numberOf(frame["seq"]) };
  }
  if (frame["type"] === "res" && typeof frame["id"] === "string" && typeof frame["ok"] === "boolean") {
    const error = frame["ok"] ? undefined : failureOf(frame["error"]);
    return { type: "res", id: frame["id"], ok: frame["ok"], payload: frame["payload"], error };
  }
  return undefined;
}

export function parseHello(payload: unknown): Hello {
  const hello = fieldsOf(payload);
  const defaults = fieldsOf(fieldsOf(hello["snapshot"])["sessionDefaults"]);
  return {
    serverVersion: textOf(fieldsOf(hello["server"])["version"]) ?? "",
    methods: listOf(fieldsOf(hello["features"])["methods"]).filter((name) => typeof name === "string"),
    mainSessionKey: textOf(defaults["mainSessionKey"]) ?? "main",
    tickIntervalMs: numberOf(fieldsOf(hello["policy"])["tickIntervalMs"]) ?? DEFAULT_TICK_MS,
    maxPayloadBytes: numberOf(fieldsOf(hello["policy"])["maxPayload"]) ?? DEFAULT_MAX_PAYLOAD_BYTES,
    deviceToken: textOf(fieldsOf(hello["auth"])["deviceToken"]),
    canvasUrl: textOf(fieldsOf(hello["pluginSurfaceUrls"])["canvas"]) ?? textOf(hello["canvasHostUrl"]),
  };
}

/** The fields of an object; none for anything else. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A non-empty string, or undefined. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function failureOf(value: unknown): GatewayFailure {
  const error = fieldsOf(value);
  return new GatewayFailure(
    textOf(error["code"]) ?? "UNAVAILABLE",
    textOf(error["message"]) ?? "the gateway gave no reason",
    { details: fieldsOf(error["details"]), retryAfterMs: numberOf(error["retryAfterMs"]) },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
