/** A number on Signal, running: hears through the daemon's event stream, speaks through its calls. */
import { Type } from "@sinclair/typebox";
import { Lenient } from "#schemas/primitives.ts";
import { pause } from "../../lib/clock.ts";
import { parseJson } from "../../lib/json.ts";
import { validator } from "../../lib/validate.ts";
import {
  type Account,
  ChannelError,
  type ChannelHost,
  type ChatRef,
  type Inbound,
  type MessageRef,
  type Outbound,
  type Self,
  type Sent,
} from "../contract.ts";
import { SignalClient, TOO_LONG } from "./client.ts";
import { convert, type DropReason, type Facts } from "./convert.ts";
import { Received } from "./envelope.ts";
import { CallFailed, forContract, isOfCommand } from "./errors.ts";
import { fetchOf } from "./media.ts";
import { editMessage, markRead, reactTo, removeMessage, type Sender, sendMessage, showTyping } from "./send.ts";

export interface AccountSettings {
  account: string;
  httpUrl: string;
  sendReadReceipts: boolean;
}

/** Between attempts to store an event that would be lost otherwise. */
const STORE_PAUSE_MS = 1_000;

/** What should not happen, and is worth a look when it does. */
const surprising: ReadonlySet<DropReason> = new Set(["could not be decrypted", "for another account"]);

const received = validator(Received);
const contacts = validator(
  Type.Array(
    Lenient({
      number: Type.Optional(Type.Union([Type.String(), Type.Null()])),
      uuid: Type.Optional(Type.Union([Type.String(), Type.Null()])),
      profile: Type.Optional(
        Type.Union([
          Lenient({
            givenName: Type.Optional(Type.Union([Type.String(), Type.Null()])),
            familyName: Type.Optional(Type.Union([Type.String(), Type.Null()])),
          }),
          Type.Null(),
        ]),
      ),
    }),
  ),
);
const file = validator(Lenient({ data: Type.String() }));

/** The contract's account. Connects nothing before its first call. */
export class SignalAccount implements Account {
  readonly #host: ChannelHost;
  readonly #account: string;
  readonly #client: SignalClient;
  readonly #sender: Sender;
  /** There when the owner wants people to know. */
  read?: NonNullable<Account["read"]>;

  constructor({ account, httpUrl, sendReadReceipts }: AccountSettings, host: ChannelHost) {
    const { clock, ids, signal, log } = host;
    this.#host = host;
    this.#account = account;
    this.#client = new SignalClient({ httpUrl, account, clock, ids, signal });
    this.#sender = {
      client: this.#client,
      account,
      onPartial: (missed, all) => log.warn("a message did not reach everybody in its group", { missed, all }),
    };
    if (sendReadReceipts) this.read = (targets, given) => forContract(() => markRead(this.#sender, targets, given));
  }

  async run(): Promise<void> {
    try {
      await forContract(() => this.#receive());
    } catch (error) {
      // Whatever was under way when the account stopped fails; that is how it stops.
      if (!this.#host.signal.aborted) throw error;
    }
  }

  send(message: Outbound, signal: AbortSignal): Promise<Sent> {
    return forContract(async () => ({ messageIds: [await sendMessage(this.#sender, message, signal)] }));
  }

  probe(signal: AbortSignal): Promise<Self> {
    return forContract(async () => (await this.#me(signal)).self);
  }

  download(handle: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
    return forContract(async () => {
      const { method, params } = fetchOf(handle);
      // Room for base64 and for what is around it.
      const maxAnswerBytes = Math.ceil(maxBytes / 3) * 4 + 1024;
      const result = await this.#client.call(method, params, { signal, maxAnswerBytes }).catch((error: unknown) => {
        throw error instanceof CallFailed && error.message === TOO_LONG ? tooLarge() : error;
      });
      const base64 = file.check(result) ? result.data : result;
      if (typeof base64 !== "string") throw new ChannelError("rejected", "the file is not there any more");
      const bytes = new Uint8Array(Buffer.from(base64, "base64"));
      if (bytes.length > maxBytes) throw tooLarge();
      return bytes;
    });
  }

  typing(chat: ChatRef, signal: AbortSignal): Promise<void> {
    return forContract(() => showTyping(this.#sender, chat, signal));
  }

  react(target: MessageRef, emoji: string, signal: AbortSignal): Promise<void> {
    return forContract(() => reactTo(this.#sender, target, emoji, signal));
  }

  edit(target: MessageRef, message: Outbound, signal: AbortSignal): Promise<void> {
    return forContract(() => editMessage(this.#sender, target, message, signal));
  }

  remove(target: MessageRef, signal: AbortSignal): Promise<void> {
    return forContract(() => removeMessage(this.#sender, target, signal));
  }

  async #receive(): Promise<void> {
    const { self, facts } = await this.#me();
    const stream = await this.#client.events();
    this.#host.connected(self);
    for await (const events of stream) {
      // Whatever comes, be it only the comment that keeps the connection, has come.
      this.#host.heard();
      for (const { name, data } of events) if (name === "receive") await this.#take(data, facts);
    }
    throw new ChannelError("transient", "the signal-cli daemon has ended the connection");
  }

  /** Our contact card: a call the daemon answers out of its own files, and only for an account it has. */
  async #me(signal?: AbortSignal): Promise<{ self: Self; facts: Facts }> {
    const params = { recipient: [this.#account], allRecipients: true };
    const result = await this.#client.call("listContacts", params, signal ? { signal } : {}).catch((error: unknown) => {
      // It has the account, but no card it could show: the name is missing then, nothing else.
      if (error instanceof CallFailed && isOfCommand(error)) return [];
      throw error;
    });
    const card = contacts.check(result) ? result.find(({ number }) => number === this.#account) : undefined;
    const { givenName, familyName } = card?.profile ?? {};
    const name = [givenName, familyName].filter(Boolean).join(" ");
    return {
      self: { id: this.#account, ...(name === "" ? {} : { name }) },
      facts: { account: this.#account, uuid: card?.uuid ?? undefined },
    };
  }

  async #take(data: string, facts: Facts): Promise<void> {
    const { log } = this.#host;
    const parsed = parseJson(data);
    if (!parsed.ok || !received.check(parsed.value)) {
      log.warn("signal-cli told of something that cannot be read", { chars: data.length });
      return;
    }
    const converted = convert(parsed.value, facts);
    if ("event" in converted) return this.#store(converted.event);
    const write = surprising.has(converted.drop) ? log.warn : log.debug;
    write("an envelope was passed over", { reason: converted.drop });
  }

  /** The daemon tells of everything once. What cannot be stored now is kept here, and what follows waits behind it. */
  async #store(event: Inbound): Promise<void> {
    const { clock, log, signal } = this.#host;
    for (let isFirst = true; ; isFirst = false) {
      try {
        return await this.#host.receive(event);
      } catch (error) {
        if (isFirst) log.warn("a message could not be stored: trying again", { problem: error });
      }
      await pause(clock, STORE_PAUSE_MS, signal);
    }
  }
}

function tooLarge(): ChannelError {
  return new ChannelError("rejected", "the file is larger than allowed");
}
