/**
 * Receives over HTTP instead of a connection: takes what was signed, stores it, and then says so. Whether Slack can
 * deliver cannot be asked; that the app still is what it was can, and is.
 */
import { pause } from "../../lib/clock.ts";
import { parseJson } from "../../lib/json.ts";
import type { Secret } from "../../lib/secret.ts";
import { ChannelError, type ChannelHost, type Webhook, type WebhookAnswer, type WebhookRequest } from "../contract.ts";
import type { WebApi } from "./client.ts";
import type { Envelope } from "./convert.ts";
import type { Intake } from "./intake.ts";
import { isJson, type Json, textAt } from "./json.ts";
import { isSigned, looksSigned } from "./signature.ts";

export const DEFAULT_PATH = "/slack/events";
/** How often the network is asked whether the app may still act; a few times within the silence that is still health. */
export const CHECK_MS = 20_000;
/** Events are some kilobytes; a message with many blocks some hundred. */
const MAX_BODY_BYTES = 1024 * 1024;
/** Deliveries that may wait for the disk. The network gives up on one after three seconds, so that more is a jam. */
const MAX_WAITING = 500;

/** How deliveries are let in. */
export function hookAt(path: string = DEFAULT_PATH): Webhook {
  return { path, maxBytes: MAX_BODY_BYTES, isWelcome: looksSigned };
}

interface Needs {
  api: WebApi;
  host: ChannelHost;
  intake: Intake;
  secret: Secret;
}

/** The receiving side of one run. */
export class Hook {
  readonly #needs: Needs;
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Watches until the account stops or something fails. */
  async run(): Promise<never> {
    const { api, host } = this.#needs;
    for (;;) {
      await pause(host.clock, CHECK_MS, host.signal);
      await api.call("auth.test");
      host.heard();
    }
  }

  /** Takes one delivery. Deliveries are stored one after another, so that events of a chat stay in their order. */
  async take(request: WebhookRequest): Promise<WebhookAnswer> {
    const { host, secret } = this.#needs;
    if (!isSigned(request, secret, host.clock.now())) return { status: 401 };
    const content = parseContent(request);
    if (content === undefined) return { status: 400 };
    host.heard();
    if ("challenge" in content) return { status: 200, body: content.challenge };
    if (this.#waiting >= MAX_WAITING) return { status: 503 };
    this.#waiting++;
    const stored = this.#tail.then(() => this.#store(content.envelope));
    this.#tail = stored.finally(() => {
      this.#waiting--;
    });
    return stored;
  }

  async #store(envelope: Envelope): Promise<WebhookAnswer> {
    const { host, intake } = this.#needs;
    try {
      await intake.store(envelope, textAt(envelope.payload, "event_id") ?? envelope.type);
      return { status: 200 };
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      host.log.warn("a delivery could not be stored", { problem: error.message });
      // Whatever is no success comes again, three times within minutes.
      return { status: 503 };
    }
  }
}

/** What a delivery says: the question whether we are there, or what would be in an envelope of a connection. */
function parseContent({ headers, body }: WebhookRequest): { challenge: string } | { envelope: Envelope } | undefined {
  const text = new TextDecoder().decode(body);
  if (headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) return parseForm(text);
  const payload = objectOf(text);
  if (payload === undefined) return undefined;
  if (payload["type"] === "url_verification") return { challenge: textAt(payload, "challenge") ?? "" };
  return payload["type"] === "event_callback" ? { envelope: { type: "events_api", payload } } : undefined;
}

function parseForm(text: string): { envelope: Envelope } | undefined {
  const fields = new URLSearchParams(text);
  const inner = fields.get("payload");
  if (inner === null) return { envelope: { type: "slash_commands", payload: Object.fromEntries(fields) } };
  const payload = objectOf(inner);
  return payload === undefined ? undefined : { envelope: { type: "interactive", payload } };
}

function objectOf(text: string): Json | undefined {
  const parsed = parseJson(text);
  return parsed.ok && isJson(parsed.value) ? parsed.value : undefined;
}
