/** A bot, running: receives through {@link Receiver}, sends through the REST API. */
import type { APIMessage, APIUser } from "discord-api-types/v10";
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
import { RestApi } from "./client.ts";
import { registerCommands } from "./commands.ts";
import { Directory } from "./directory.ts";
import { forContract } from "./errors.ts";
import { findAttachment, parseHandle } from "./media.ts";
import { Receiver } from "./receiver.ts";
import { editMessage, type Outlet, reactTo, removeMessage, sendMessage, showTyping } from "./send.ts";
import { readToken } from "./token.ts";

export interface AccountSettings {
  token?: string;
  apiRoot?: string;
  applicationId?: string;
  nativeCommands: boolean;
  /** What the gateway is asked to tell. */
  intents: number;
}

/** The contract's account. Connects nothing and loads no library before its first call. */
export class DiscordAccount implements Account {
  readonly #settings: Omit<AccountSettings, "token">;
  readonly #host: ChannelHost;
  readonly #token: () => ReturnType<typeof readToken>;
  readonly #api: RestApi;
  readonly #outlet: Outlet;
  #selfId: string | undefined;

  constructor({ token, ...settings }: AccountSettings, host: ChannelHost, env: Record<string, string | undefined>) {
    this.#settings = settings;
    this.#host = host;
    this.#token = () => readToken(token, { accountId: host.accountId, env });
    const { clock, signal, memory } = host;
    this.#api = new RestApi({ token: this.#token, apiRoot: settings.apiRoot, clock, signal });
    this.#outlet = { api: this.#api, directory: new Directory(this.#api, memory, () => this.#selfId) };
  }

  async run(): Promise<void> {
    const host = this.#host;
    const { intents, nativeCommands, applicationId } = this.#settings;
    const ending = new AbortController();
    const over = AbortSignal.any([ending.signal, host.signal]);
    try {
      await forContract(async () => {
        const self = await this.#whoAmI();
        const { directory } = this.#outlet;
        const receiver = new Receiver({ api: this.#api, host, directory, token: this.#token, intents, self });
        await receiver.run(() => {
          host.connected(self);
          if (nativeCommands) void registerCommands({ api: this.#api, host, applicationId }, over);
        });
      });
    } catch (error) {
      // Whatever was under way when the account stopped fails; that is how it stops.
      if (!host.signal.aborted) throw error;
    } finally {
      ending.abort();
    }
  }

  send(message: Outbound, signal: AbortSignal): Promise<Sent> {
    return forContract(() => sendMessage(this.#outlet, message, signal));
  }

  probe(signal: AbortSignal): Promise<Self> {
    return forContract(() => this.#whoAmI(signal));
  }

  download(handle: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
    return forContract(async () => {
      const found = parseHandle(handle);
      if (found.kind === "sticker") {
        const { stickerId, extension } = found;
        const url = `${this.#api.cdn(extension === "gif")}/stickers/${stickerId}.${extension}`;
        return this.#api.fetchFile(url, maxBytes, signal);
      }
      const { channelId, messageId, attachmentId } = found;
      const route = `/channels/${channelId}/messages/${messageId}` as const;
      const message = await this.#api.call<APIMessage>({ name: "get message", method: "GET", route }, { signal });
      const attachment = findAttachment(message, attachmentId);
      if (attachment === undefined) throw new ChannelError("rejected", "the file is not there any more");
      if (attachment.size > maxBytes) throw new ChannelError("rejected", "the file is larger than allowed");
      return this.#api.fetchFile(attachment.url, maxBytes, signal);
    });
  }

  typing(chat: ChatRef, signal: AbortSignal): Promise<void> {
    return forContract(() => showTyping(this.#outlet, chat, signal));
  }

  react(target: MessageRef, emoji: string, signal: AbortSignal): Promise<void> {
    return forContract(() => reactTo(this.#outlet, target, emoji, signal));
  }

  edit(target: MessageRef, message: Outbound, signal: AbortSignal): Promise<void> {
    return forContract(() => editMessage(this.#outlet, target, message, signal));
  }

  remove(target: MessageRef, signal: AbortSignal): Promise<void> {
    return forContract(() => removeMessage(this.#outlet, target, signal));
  }

  async #whoAmI(signal?: AbortSignal): Promise<Required<Self>> {
    const call = { name: "get own user", method: "GET", route: "/users/@me" } as const;
    const { id, username, global_name } = await this.#api.call<APIUser>(call, signal === undefined ? {} : { signal });
    this.#selfId = id;
    return { id, name: global_name ?? username, username };
  }
}
