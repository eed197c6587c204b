/**
 * Receives over HTTP instead of by polls: tells the network where to deliver, takes what comes, and asks from time to time
 * whether the network can deliver at all. That something came from the network is known by a secret only it was told.
 */
import type { Update, UserFromGetMe } from "grammy/types";
import { pause } from "../../lib/clock.ts";
import { parseJson } from "../../lib/json.ts";
import { Secret } from "../../lib/secret.ts";
import { ChannelError, type ChannelHost, type Webhook, type WebhookAnswer, type WebhookRequest } from "../contract.ts";
import type { BotClient } from "./client.ts";
import { Intake, wantedUpdates } from "./intake.ts";

/** How often it is asked; a few times within the silence that is still health. */
export const CHECK_MS = 15_000;
/** An update is some ten kilobytes at most. */
const MAX_BODY_BYTES = 1024 * 1024;
const SECRET_HEADER = "x-telegram-bot-api-secret-token";

export interface HookSettings {
  webhookUrl?: string;
  webhookSecret?: string;
  webhookPath?: string;
}

/** What is wrong with the settings, for people. */
export function hookProblem({ webhookUrl, webhookSecret, webhookPath }: HookSettings): string | undefined {
  if (webhookUrl === undefined) return undefined;
  const url = URL.parse(webhookUrl);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.hash !== "")
    return "webhookUrl is no https URL that Telegram could deliver to";
  if (!/^[\w-]{16,256}$/.test(webhookSecret ?? ""))
    return "webhookUrl needs webhookSecret, 16 to 256 letters, digits, _ and -, so that nobody else can deliver";
  const path = pathOf({ webhookUrl, ...(webhookPath === undefined ? {} : { webhookPath }) });
  if (!/^(\/[\w.~-]+)+$/.test(path)) return "webhookPath, or else the path of webhookUrl, is no path such as /bot/main";
  return undefined;
}

/** How deliveries are let in; undefined when updates are polled for. */
export function hookOf(settings: HookSettings): Webhook | undefined {
  if (settings.webhookUrl === undefined) return undefined;
  const secret = new Secret(settings.webhookSecret ?? "");
  return {
    path: pathOf({ ...settings, webhookUrl: settings.webhookUrl }),
    maxBytes: MAX_BODY_BYTES,
    isWelcome: (headers) => secret.equals(headers[SECRET_HEADER] ?? ""),
  };
}

/** The path as it arrives here, which a proxy before the gateway may have changed. */
function pathOf({ webhookUrl, webhookPath }: HookSettings & { webhookUrl: string }): string {
  return webhookPath ?? URL.parse(webhookUrl)?.pathname ?? "";
}

/** The receiving side of one run. */
export class Hook {
  readonly #client: BotClient;
  readonly #host: ChannelHost;
  readonly #intake: Intake;
  readonly #url: string;
  readonly #secret: Secret;

  constructor(client: BotClient, host: ChannelHost, options: { self: UserFromGetMe; url: string; secret: Secret }) {
    this.#client = client;
    this.#host = host;
    this.#intake = new Intake(host, options.self);
    this.#url = options.url;
    this.#secret = options.secret;
  }

  /** Asks the network to deliver. What waits there is kept. */
  async open(): Promise<void> {
    await this.#client.call("setWebhook", {
      url: this.#url,
      secret_token: this.#secret.reveal(),
      allowed_updates: wantedUpdates,
      drop_pending_updates: false,
    });
  }

  /** Watches until the account stops or something fails. */
  async run(): Promise<never> {
    const { clock, signal } = this.#host;
    for (let checkedAtMs = clock.now(); ; ) {
      await pause(clock, CHECK_MS, signal);
      await this.#check(checkedAtMs);
      checkedAtMs = clock.now();
    }
  }

  /** Takes one delivery. */
  async take({ body }: WebhookRequest): Promise<WebhookAnswer> {
    const parsed = parseJson(new TextDecoder().decode(body));
    if (!parsed.ok || !isUpdate(parsed.value)) return { status: 400 };
    try {
      await this.#intake.store(parsed.value);
    } catch (error) {
      this.#host.log.warn("a delivery could not be stored", { problem: error });
      // Whatever is no success comes again.
      return { status: 503 };
    }
    this.#host.heard();
    const { callback_query: query } = parsed.value;
    if (query === undefined) return { status: 200 };
    // The answer to a delivery may be a call; this one ends the spinning of the button.
    const call = { method: "answerCallbackQuery", callback_query_id: query.id };
    return { status: 200, contentType: "application/json", body: JSON.stringify(call) };
  }

  async #check(sinceMs: number): Promise<void> {
    const info = await this.#client.webhookInfo();
    if (info.url !== this.#url)
      throw new ChannelError("transient", "another program receives for this bot: stop it, or revoke the token");
    const failedAtMs = (info.last_error_date ?? 0) * 1000;
    // The network tells the time in seconds.
    const hasFailed = info.pending_update_count > 0 && failedAtMs >= sinceMs - 1000;
    if (!hasFailed) return this.#host.heard();
    const problem = (info.last_error_message ?? "").slice(0, 200);
    this.#host.log.warn("Telegram cannot deliver: check webhookUrl", { problem, waiting: info.pending_update_count });
  }
}

function isUpdate(value: unknown): value is Update {
  return typeof value === "object" && value !== null && "update_id" in value && typeof value.update_id === "number";
}
