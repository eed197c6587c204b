/** Names what went wrong with an endpoint, from a status, an error object or a thrown thing, in one vocabulary. */
import { messageOf } from "../../lib/errors.ts";
import type { RuntimeErrorKind, RuntimeEvent } from "../runtime.ts";

/** Longest text of an endpoint's error that is passed on; some answer with a whole page. */
const MAX_MESSAGE_CHARS = 500;

/** What the endpoint did wrong. Never leaves `src/agent/ai`: the runtime turns it into an `error` event. */
export class UpstreamFailure extends Error {
  override readonly name = "UpstreamFailure";
  readonly kind: RuntimeErrorKind;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  constructor(kind: RuntimeErrorKind, message: string, extras: { status?: number; retryAfterMs?: number } = {}) {
    super(message);
    this.kind = kind;
    this.status = extras.status;
    this.retryAfterMs = extras.retryAfterMs;
  }
}

/** The failure behind an HTTP answer that is not 2xx. */
export function failureOfResponse(status: number, body: string, retryAfterMs: number | undefined): UpstreamFailure {
  const text = detailOf(parsed(body)).message ?? body.trim();
  const message = text === "" || text.startsWith("<") ? `the model endpoint answered ${status}` : text;
  return new UpstreamFailure(kindOf(status, message), message.slice(0, MAX_MESSAGE_CHARS), {
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** The failure behind an error object inside a stream that began with status 200. */
export function failureOfErrorObject(error: unknown): UpstreamFailure {
  const { message = "the model endpoint reported an error", code } = detailOf(error);
  const status = typeof code === "number" ? code : statusOfCode(code);
  const kind = kindOf(status, `${code ?? ""} ${message}`);
  return new UpstreamFailure(kind, message.slice(0, MAX_MESSAGE_CHARS), status === undefined ? {} : { status });
}

/** Anything else that was thrown on the way, with the key taken out should it appear in the text. */
export function errorEventOf(error: unknown, secrets: readonly string[]): RuntimeEvent & { type: "error" } {
  const failure = causes(error).find((cause) => cause instanceof UpstreamFailure);
  const message = failure?.message ?? messageOf(error);
  return {
    type: "error",
    kind: failure?.kind ?? "unknown",
    message: secrets.reduce((text, secret) => (secret === "" ? text : text.replaceAll(secret, "***")), message),
    ...(failure?.status === undefined ? {} : { status: failure.status }),
    ...(failure?.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }),
  };
}

function kindOf(status: number | undefined, text: string): RuntimeErrorKind {
  const isTooLong =
    /context.{0,20}(length|window|size)|prompt is too long|too many (input )?tokens|maximum.{0,30}tokens/i;
  if (status === 413 || ((status === undefined || status === 400) && isTooLong.test(text))) return "context_length";
  switch (status) {
    case 401:
    case 402:
    case 403:
      return "auth";
    case 408:
    case 504:
      return "timeout";
    case 429:
    case 503:
    case 529:
      return "rate_limit";
  }
  if (status !== undefined) return status >= 500 ? "network" : status >= 400 ? "bad_request" : "unknown";
  return "unknown";
}

/** The error names both wires use inside a stream, as the status they would have had before it. */
function statusOfCode(code: string | undefined): number | undefined {
  switch (code) {
    case "authentication_error":
    case "invalid_api_key":
      return 401;
    case "permission_error":
      return 403;
    case "not_found_error":
      return 404;
    case "request_too_large":
      return 413;
    case "invalid_request_error":
      return 400;
    case "rate_limit_error":
    case "rate_limit_exceeded":
    case "insufficient_quota":
      return 429;
    case "api_error":
    case "server_error":
      return 500;
    case "timeout_error":
      return 504;
    case "overloaded_error":
      return 529;
    default:
      return /^[45]\d\d$/.test(code ?? "") ? Number(code) : undefined;
  }
}

/** Endpoints nest: `{error: {message}}`, `{message}`, `{error: "text"}`, `{detail: "text"}`, or a bare string. */
function detailOf(value: unknown): { message?: string; code?: string | number } {
  if (typeof value === "string") return { message: value };
  if (typeof value !== "object" || value === null) return {};
  if ("error" in value && value.error !== null) return detailOf(value.error);
  const message = "message" in value ? value.message : "detail" in value ? value.detail : undefined;
  const codes = ["code" in value ? value.code : undefined, "type" in value ? value.type : undefined];
  const code = codes.find((one) => typeof one === "number" || (typeof one === "string" && one !== ""));
  return {
    ...(typeof message === "string" ? { message } : {}),
    ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // Not JSON: the caller shows the text itself.
  }
}

/** The thrown thing and what it wraps; the library wraps what a stream throws. */
function causes(error: unknown): unknown[] {
  const found: unknown[] = [];
  for (let at = error; at !== undefined && found.length < 8; at = at instanceof Error ? at.cause : undefined)
    found.push(at);
  return found;
}
