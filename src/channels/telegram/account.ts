/** A bot, running: receives through {@link UpdateLoop} or {@link Hook}, sends through the same client. */
import type { UserFromGetMe } from "grammy/types";
import { Secret } from "../../lib/secret.ts";
import {
  type Account,
  ChannelError,
  type ChannelHost,
  type ChatRef,
  type MessageRef,
  type Outbound,
  type Self,
  type Sent,
  type WebhookRequest,
} from "../contract.ts";
import { BotClient, forContract } from "./client.ts";
import { CallFailed } from "./errors.ts";
import { Hook, type HookSettings } from "./hook.ts";
import { commandMenu } from "./menu.ts";
import { editMessage, reactTo, removeMessage, sendMessage, showTyping } from "./send.ts";
import { readToken, type TokenSources } from "./token.ts";
import { UpdateLoop } from "./updates.ts";

export interface AccountSettings extends TokenSources, HookSettings {
  apiRoot?: string;
  pollTimeoutSeconds: number;
}

/** The menu is for comfort; what people write is not to wait for it longer. */
const MENU_MS = 5_000;

/** The contract's account. Connects nothing and loads no library before its first call. */
export class TelegramAccount implements Account {
  readonly #client: BotClient;
  readonly #host: ChannelHost;
  readonly #timeoutSeconds: number;
  readonly #hookAt: { url: string; secret: Secret } | undefined;
  #hook: Hook | undefined;
  /** There when the network delivers over HTTP. */
  webhook?: NonNullable<Account["webhook"]>;

  constructor(settings: AccountSettings, host: ChannelHost, env: Record<string, string | undefined>) {
    this.#host = host;
    this.#timeoutSeconds = settings.pollTimeoutSeconds;
    const { webhookUrl, webhookSecret = "" } = settings;
    if (webhookUrl !== undefined) {
      this.#hookAt = { url: webhookUrl, secret: new Secret(webhookSecret) };
      // Not there yet, or not any more: the network comes again.
      this.webhook = async (request: WebhookRequest) => this.#hook?.take(request) ?? { status: 503 };
    }
    this.#client = new BotClient({
      token: () => readToken(settings, host.accountId, env),
      apiRoot: settings.apiRoot,
      clock: host.clock,
      signal: host.signal,
    });
  }

  async run(): Promise<void> {
    try {
      await forContract(async () => {
        const self = await this.#client.me();
        await (this.#hookAt === undefined ? this.#poll(self) : this.#listen(self, this.#hookAt));
      });
    } catch (error) {
      // Whatever was under way when the account stopped fails; that is how it stops.
      if (!this.#host.signal.aborted) throw error;
    } finally {
      this.#hook = undefined;
    }
  }

  send(message: Outbound, signal: AbortSignal): Promise<Sent> {
    return forContract(() => sendMessage(this.#client, message, signal));
  }

  probe(signal: AbortSignal): Promise<Self> {
    return forContract(async () => selfOf(await this.#client.me({ signal })));
  }

  download(handle: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
    return forContract(async () => {
      const { file_path, file_size = 0 } = await this.#client.call("getFile", { file_id: handle }, { signal });
      if (file_size > maxBytes) throw new ChannelError("rejected", "the file is larger than allowed");
      if (file_path === undefined) throw new ChannelError("rejected", "the file is not there any more");
      return this.#client.fetchFile(file_path, maxBytes, signal);
    });
  }

  typing(chat: ChatRef, signal: AbortSignal): Promise<void> {
    return forContract(() => showTyping(this.#client, chat, signal));
  }

  react(target: MessageRef, emoji: string, signal: AbortSignal): Promise<void> {
    return forContract(() => reactTo(this.#client, target, emoji, signal));
  }

  edit(target: MessageRef, message: Outbound, signal: AbortSignal): Promise<void> {
    return forContract(() => editMessage(this.#client, target, message, signal));
  }

  remove(target: MessageRef, signal: AbortSignal): Promise<void> {
    return forContract(() => removeMessage(this.#client, target, signal));
  }

  async #poll(self: UserFromGetMe): Promise<void> {
    // Polling is refused while a webhook is set. What waits for it is kept.
    await this.#client.call("deleteWebhook", { drop_pending_updates: false });
    this.#host.connected(selfOf(self));
    await this.#showMenu();
    await new UpdateLoop(this.#client, this.#host, { self, timeoutSeconds: this.#timeoutSeconds }).run();
  }

  async #listen(self: UserFromGetMe, at: { url: string; secret: Secret }): Promise<void> {
    this.#hook = new Hook(this.#client, this.#host, { self, ...at });
    await this.#hook.open();
    this.#host.connected(selfOf(self));
    await this.#showMenu();
    await this.#hook.run();
  }

  async #showMenu(): Promise<void> {
    const { commands, log, signal } = this.#host;
    const menu = commandMenu(commands);
    if (menu.length === 0) return;
    try {
      await this.#client.call("setMyCommands", { commands: menu }, { ms: MENU_MS });
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      if (!signal.aborted) log.warn("the menu of commands could not be set", { reason: error.message });
    }
  }
}

function selfOf({ id, first_name, username }: UserFromGetMe): Self {
  return { id: String(id), name: first_name, username };
}
