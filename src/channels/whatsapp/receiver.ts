/** Takes decrypted messages: what each one is, who wrote it, and into the gateway's store with it. */
import type { ChannelHost } from "../contract.ts";
import { toNumber } from "./content.ts";
import { type Converted, convert, type Received } from "./convert.ts";
import type { Groups } from "./groups.ts";
import { bareJid, isSamePerson, type Names, namesOf, parseJid } from "./jids.ts";
import type { Keys } from "./keys.ts";
import type { BinaryNode, Library, proto, WASocket } from "./library.ts";
import type { Records } from "./records.ts";

interface Needs {
  library: Library;
  keys: Keys;
  records: Records;
  host: ChannelHost;
  groups: Groups;
  isSelfChat: boolean;
}

/** Receives on one connection. */
export class Receiver {
  readonly #needs: Needs;
  readonly #connectedAtMs: number;
  constructor(needs: Needs) {
    this.#needs = needs;
    this.#connectedAtMs = needs.host.clock.now();
  }

  /** Learns the name of a group before its message is worked on: while that is done nothing else may wait. */
  async prepare({ attrs }: BinaryNode, socket: WASocket): Promise<void> {
    const from = attrs["from"] ?? "";
    if (parseJid(from).kind === "group") await this.#needs.groups.learn(from, socket, this.#needs.host.signal);
  }

  /** Stores the event of a message; resolves when it is on the disk, or there is none. Rejects when it is not. */
  async take(stanza: BinaryNode, message: proto.IMessage): Promise<void> {
    const received = this.#envelope(stanza, message);
    for (const one of [received, ...this.#passedOn(received)]) await this.#store(one);
  }

  async #store(received: Received): Promise<void> {
    const { host, records, groups } = this.#needs;
    const converted = this.#convert(received, groups.find(received.chat)?.subject);
    if ("drop" in converted) return host.log.debug("a message was passed over", { reason: converted.drop });
    const { event } = converted;
    const { chat, participant, message } = received;
    const where = { chat, ...(participant === undefined ? {} : { participant }) };
    if (event.type === "message") records.noteSeen(event.messageId, { ...where, content: message });
    await host.receive(event);
  }

  /** Messages that could not be read here, as our own phone read them; the library asks it for them. */
  #passedOn({ isOwn, message }: Received): Received[] {
    const answer = message.protocolMessage?.peerDataOperationRequestResponseMessage;
    if (!isOwn || !answer) return [];
    return (answer.peerDataOperationResult ?? []).flatMap(({ placeholderMessageResendResponse: one }) => {
      if (!one?.webMessageInfoBytes) return [];
      const { key, ...info } = this.#needs.library.proto.WebMessageInfo.decode(one.webMessageInfoBytes);
      if (!info.message || !key?.id) return [];
      const from = key.remoteJid ?? "";
      const participant = key.participant || undefined;
      const author = key.fromMe ? this.#needs.keys.names : this.#complete(namesOf(participant ?? from));
      return {
        id: key.id,
        chat: bareJid(from),
        ...(participant === undefined ? {} : { participant: bareJid(participant) }),
        author,
        isOwn: key.fromMe === true,
        timeMs: (toNumber(info.messageTimestamp) ?? 0) * 1000,
        pushName: info.pushName ?? undefined,
        message: info.message,
      };
    });
  }

  #convert(received: Received, title: string | undefined): Converted {
    const { records, isSelfChat, host } = this.#needs;
    try {
      return convert(received, {
        self: this.#needs.keys.names,
        complete: (names) => this.#complete(names),
        isSent: (id) => records.isSent(id),
        title,
        connectedAtMs: this.#connectedAtMs,
        isSelfChat,
      });
    } catch (error) {
      // It will not convert the next time either; one message nobody can read must not hold up the others.
      host.log.warn("a message could not be converted", { problem: error });
      return { drop: "nothing to tell" };
    }
  }

  #envelope({ attrs }: BinaryNode, message: proto.IMessage): Received {
    const from = attrs["from"] ?? "";
    const participant = attrs["participant"];
    const author = this.#complete(
      namesOf(
        participant ?? from,
        attrs["participant_pn"] ?? attrs["sender_pn"],
        attrs["participant_lid"] ?? attrs["sender_lid"],
      ),
    );
    const isOwn = isSamePerson(author, this.#needs.keys.names);
    return {
      id: attrs["id"] ?? "",
      chat: bareJid(isOwn ? (attrs["recipient"] ?? from) : from),
      ...(participant === undefined ? {} : { participant: bareJid(participant) }),
      author,
      isOwn,
      timeMs: Number(attrs["t"] ?? 0) * 1000,
      pushName: attrs["notify"],
      message,
    };
  }

  /** Adds the other name of a person, if we were ever told. */
  #complete(names: Names): Names {
    const { keys } = this.#needs;
    const { phone, lid } = names;
    if (lid !== undefined && phone === undefined) {
      const user = keys.findMapping(parseJid(lid).user, "lid");
      return user === undefined ? names : { ...names, phone: `${user}@s.whatsapp.net` };
    }
    if (phone !== undefined && lid === undefined) {
      const user = keys.findMapping(parseJid(phone).user, "phone");
      return user === undefined ? names : { ...names, lid: `${user}@lid` };
    }
    return names;
  }
}
