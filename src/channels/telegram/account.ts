/** A bot, running: receives through {@link UpdateLoop}, sends through the same client. */
import type { UserFromGetMe } from "grammy/types";
import {
  type Account,
  ChannelError,
  type ChannelHost,
  type ChatRef,
  type MessageRef,
  type Outbound,
  type Self,
  type Sent,
} from "../contract.ts";
import { BotClient, forContract } from "./client.ts";
import { editMessage, reactTo, removeMessage, sendMessage, showTyping } from "./send.ts";
import { readToken, type TokenSources } from "./token.ts";
import { UpdateLoop } from "./updates.ts";

export interface AccountSettings extends TokenSources {
  apiRoot?: string;
  pollTimeoutSeconds: number;
}

/** The contract's account. Connects nothing and loads no library before its first call. */
export class TelegramAccount implements Account {
  readonly #client: BotClient;
  readonly #host: ChannelHost;
  readonly #timeoutSeconds: number;

  constructor(settings: AccountSettings, host: ChannelHost, env: Record<string, string | undefined>) {
    this.#host = host;
    this.#timeoutSeconds = settings.pollTimeoutSeconds;
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
        // Polling is refused while a webhook is set. What waits for it is kept.
        await this.#client.call("deleteWebhook", { drop_pending_updates: false });
        this.#host.connected(selfOf(self));
        await new UpdateLoop(this.#client, this.#host, { self, timeoutSeconds: this.#timeoutSeconds }).run();
      });
    } catch (error) {
      // Whatever was under way when the account stopped fails; that is how it stops.
      if (!this.#host.signal.aborted) throw error;
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
}

function selfOf({ id, first_name, username }: UserFromGetMe): Self {
  return { id: String(id), name: first_name, username };
}
