/** A Slack app in a workspace, running: receives through {@link Receiver}, sends through the Web API. */
import {
  type Account,
  ChannelError,
  type ChannelHost,
  type MessageRef,
  type Outbound,
  type Self,
  type Sent,
} from "../contract.ts";
import { WebApi } from "./client.ts";
import { Directory } from "./directory.ts";
import { forContract } from "./errors.ts";
import { Receiver } from "./receiver.ts";
import { editMessage, reactTo, removeMessage, sendMessage } from "./send.ts";
import { Threads } from "./threads.ts";
import { readToken, type TokenSources } from "./tokens.ts";

export interface AccountSettings extends TokenSources {
  apiRoot?: string;
}

/** The contract's account. Connects nothing and loads no library before its first call. */
export class SlackAccount implements Account {
  readonly #api: WebApi;
  readonly #host: ChannelHost;
  readonly #threads: Threads;
  #selfUserId: string | undefined;

  constructor(settings: AccountSettings, host: ChannelHost, env: Record<string, string | undefined>) {
    this.#host = host;
    this.#threads = new Threads(host.memory);
    this.#api = new WebApi({
      token: (kind) => readToken(kind, settings, { accountId: host.accountId, env }),
      apiRoot: settings.apiRoot,
      clock: host.clock,
      signal: host.signal,
    });
  }

  async run(): Promise<void> {
    try {
      await forContract(async () => {
        const self = await this.#whoAmI();
        const receiver = new Receiver({
          api: this.#api,
          host: this.#host,
          directory: new Directory(this.#api, this.#host),
          threads: this.#threads,
          self: { selfUserId: self.id, selfBotId: self.botId, username: self.username },
        });
        await receiver.run(() => this.#host.connected({ id: self.id, username: self.username }));
      });
    } catch (error) {
      // Whatever was under way when the account stopped fails; that is how it stops.
      if (!this.#host.signal.aborted) throw error;
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
