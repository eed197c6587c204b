/** A Slack app in a workspace, running: receives through {@link Receiver} or {@link Hook}, sends through the Web API. */
import { Secret } from "../../lib/secret.ts";
import {
  type Account,
  ChannelError,
  type ChannelHost,
  type MessageRef,
  type Outbound,
  type Self,
  type Sent,
  type WebhookRequest,
} from "../contract.ts";
import { WebApi } from "./client.ts";
import { Directory } from "./directory.ts";
import { forContract } from "./errors.ts";
import { Hook } from "./hook.ts";
import { Intake } from "./intake.ts";
import { Receiver } from "./receiver.ts";
import { editMessage, reactTo, removeMessage, sendMessage } from "./send.ts";
import { Threads } from "./threads.ts";
import { readToken, type TokenSources } from "./tokens.ts";

export interface AccountSettings extends TokenSources {
  apiRoot?: string;
  mode?: "socket" | "http";
  signingSecret?: string;
}

/** The contract's account. Connects nothing and loads no library before its first call. */
export class SlackAccount implements Account {
  readonly #api: WebApi;
  readonly #host: ChannelHost;
  readonly #threads: Threads;
  readonly #signingSecret: Secret | undefined;
  #selfUserId: string | undefined;
  #hook: Hook | undefined;
  /** There when the network delivers over HTTP. */
  webhook?: NonNullable<Account["webhook"]>;

  constructor(settings: AccountSettings, host: ChannelHost, env: Record<string, string | undefined>) {
    this.#host = host;
    this.#threads = new Threads(host.memory);
    this.#api = new WebApi({
      token: (kind) => readToken(kind, settings, { accountId: host.accountId, env }),
      apiRoot: settings.apiRoot,
      clock: host.clock,
      signal: host.signal,
    });
    if (settings.mode !== "http") return;
    this.#signingSecret = new Secret(settings.signingSecret ?? "");
    // Not there yet, or not any more: the network comes again.
    this.webhook = async (request: WebhookRequest) => this.#hook?.take(request) ?? { status: 503 };
  }

  async run(): Promise<void> {
    try {
      await forContract(async () => {
        const self = await this.#whoAmI();
        const api = this.#api;
        const host = this.#host;
        const intake = new Intake({
          host,
          directory: new Directory(api, host),
          threads: this.#threads,
          self: { selfUserId: self.id, selfBotId: self.botId, username: self.username },
        });
        const connected = () => host.connected({ id: self.id, username: self.username });
        const secret = this.#signingSecret;
        if (secret === undefined) return new Receiver({ api, host, intake }).run(connected);
        this.#hook = new Hook({ api, host, intake, secret });
        connected();
        return this.#hook.run();
      });
    } catch (error) {
      // Whatever was under way when the account stopped fails; that is how it stops.
      if (!this.#host.signal.aborted) throw error;
    } finally {
      this.#hook = undefined;
    }
  }

  send(message: Outbound, signal: AbortSignal): Promise<Sent> {
    return forContract(async () => {
      const { chat, replyTo } = message;
      const sent = await sendMessage(this.#api, message, signal);
      const threadId = chat.threadId ?? replyTo;
      if (threadId !== undefined) this.#threads.add(chat.id, threadId);
      return sent;
    });
  }

  probe(signal: AbortSignal): Promise<Self> {
    return forContract(async () => {
      const { id, username } = await this.#whoAmI(signal);
      return { id, username };
    });
  }

  download(handle: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
    return forContract(async () => {
      const { file } = await this.#api.call("files.info", { file: handle }, { signal });
      const url = file?.url_private_download ?? file?.url_private;
      if (url === undefined) throw new ChannelError("rejected", "the file is not there any more");
      if ((file?.size ?? 0) > maxBytes) throw new ChannelError("rejected", "the file is larger than allowed");
      const isPage = file?.mimetype?.startsWith("text/html") === true;
      return this.#api.fetchFile(url, { maxBytes, isPage }, signal);
    });
  }

  react(target: MessageRef, emoji: string, signal: AbortSignal): Promise<void> {
    const selfUserId = async () => this.#selfUserId ?? (await this.#whoAmI(signal)).id;
    return forContract(() => reactTo(this.#api, { target, emoji, selfUserId }, signal));
  }

  edit(target: MessageRef, message: Outbound, signal: AbortSignal): Promise<void> {
    return forContract(() => editMessage(this.#api, target, message, signal));
  }

  remove(target: MessageRef, signal: AbortSignal): Promise<void> {
    return forContract(() => removeMessage(this.#api, target, signal));
  }

  async #whoAmI(signal?: AbortSignal): Promise<{ id: string; username: string; botId: string | undefined }> {
    const { user_id, user, bot_id } = await this.#api.call("auth.test", {}, signal === undefined ? {} : { signal });
    if (user_id === undefined) throw new ChannelError("transient", "Slack does not say who the bot is");
    this.#selfUserId = user_id;
    return { id: user_id, username: user ?? user_id, botId: bot_id };
  }
}
