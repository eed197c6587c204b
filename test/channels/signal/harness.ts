/** The signal-cli stand-in as the contract suite wants a network. */
import type { ChatRef, InboundMedia } from "../../../src/channels/contract.ts";
import { signal } from "../../../src/channels/signal/index.ts";
import {
  group,
  people,
  type SeenCall,
  type SignalStandin,
  type SignalStandinOptions,
  startSignalStandin,
} from "../../standins/signal.ts";
import type { BinaryHarness, Received } from "../contract.ts";

export interface SignalHarness extends BinaryHarness {
  readonly net: SignalStandin;
}

const types: Record<InboundMedia["kind"], string> = {
  image: "image/png",
  audio: "audio/mpeg",
  voice: "audio/aac",
  video: "video/mp4",
  document: "text/plain",
  sticker: "image/webp",
};

/** Starts a stand-in with one account. */
export async function openSignal(options: SignalStandinOptions = {}): Promise<SignalHarness> {
  const net = await startSignalStandin(options);
  const { ada } = people;
  const settings = { account: net.account, httpUrl: net.httpUrl };
  const inGroup = ({ kind }: ChatRef) => kind === "group";
  const idOf = (timestamp: number) => `${timestamp}:${ada.number}`;
  const target = (messageId: string) => {
    const [timestamp, author] = messageId.split(":");
    return { id: Number(timestamp), author: author!, authorNumber: author!, text: "…" };
  };
  const says = (chat: ChatRef, message: Record<string, unknown>) => idOf(net.says(ada, message, inGroup(chat)));
  return {
    net,
    id: "signal",
    settings,
    target: ({ kind, id }) => (kind === "group" ? `group:${id}` : id),
    deafen: (isDeaf) => {
      net.isDeaf = isDeaf;
    },
    capabilities: signal.capabilities,
    open: (host) => signal.open(settings, host, {}),
    self: { id: net.account, name: net.name },
    personId: ada.number,
    direct: { kind: "direct", id: ada.number },
    group: { kind: "group", id: group.id },
    person: {
      says: async (chat, text, { mentions = false, quotes } = {}) =>
        says(chat, {
          message: mentions ? `\uFFFC ${text}` : text,
          ...(mentions
            ? { mentions: [{ name: net.name, number: net.account, uuid: net.uuid, start: 0, length: 1 }] }
            : {}),
          ...(quotes === undefined ? {} : { quote: target(quotes) }),
        }),
      sends: async (chat, { kind, bytes, caption }) =>
        says(chat, {
          attachments: [net.file(bytes, types[kind], "file")],
          ...(caption === undefined ? {} : { message: caption }),
        }),
      edits: async (chat, messageId, text) => {
        net.edits(ada, target(messageId).id, text, inGroup(chat));
        return messageId;
      },
      deletes: async (chat, messageId) => {
        says(chat, { remoteDelete: { timestamp: target(messageId).id } });
        return messageId;
      },
      reacts: async (chat, messageId, emoji) => {
        const { id, author } = target(messageId);
        const reaction = { emoji, targetAuthor: author, targetAuthorNumber: author, targetSentTimestamp: id };
        says(chat, { reaction: { ...reaction, isRemove: false } });
        return messageId;
      },
    },
    faults: {
      auth: () => net.forgetAccount(),
      transient: () => net.restart(),
      repeat: () => net.repeat(),
      loseAnswer: () => net.fail("send", "reset"),
    },
    // The daemon tells of everything once.
    redelivers: false,
    secrets: [],
    received: () => net.calls.flatMap((call) => receivedOf(call, net.account)),
    connections: () => net.streams,
    untilConnected: () => net.untilStreams(true),
    untilDisconnected: () => net.untilStreams(false),
    [Symbol.asyncDispose]: () => net[Symbol.asyncDispose](),
  };
}

function receivedOf({ method, params }: SeenCall, account: string): Received[] {
  const [recipient] = (params["recipient"] ?? []) as string[];
  const chatId = String(params["groupId"] ?? recipient);
  const ref = (timestamp: unknown, author: unknown) => ({ messageId: `${timestamp}:${author}` });
  switch (method) {
    case "send": {
      const text = params["message"] ? { text: String(params["message"]) } : {};
      if (params["editTimestamp"]) return [{ kind: "edit", chatId, ...text, ...ref(params["editTimestamp"], account) }];
      const quote = params["quoteTimestamp"] ? ref(params["quoteTimestamp"], params["quoteAuthor"]) : {};
      const [attachment] = (params["attachments"] ?? []) as string[];
      if (attachment === undefined) return [{ kind: "text", chatId, ...text, ...quote }];
      return [{ kind: "media", chatId, ...text, ...quote, bytes: parseAttachment(attachment).bytes }];
    }
    case "sendReaction": {
      const { emoji, targetTimestamp, targetAuthor } = params;
      return [{ kind: "reaction", chatId, emoji: String(emoji), ...ref(targetTimestamp, targetAuthor) }];
    }
    case "sendTyping":
      return [{ kind: "typing", chatId }];
    case "remoteDelete":
      return [{ kind: "remove", chatId, ...ref(params["targetTimestamp"], account) }];
    default:
      return [];
  }
}

/** Takes a file out of a call: type, one escaped parameter, base64. */
export function parseAttachment(uri: string): { type: string; fileName: string; bytes: Uint8Array } {
  const form = /^data:(?<type>[^;,]+\/[^;,]+);filename=(?<name>[^;,=]+);base64,(?<data>.+)$/;
  const { type, name, data } = form.exec(uri)?.groups ?? {};
  if (type === undefined || name === undefined || data === undefined) throw new Error("no attachment the daemon takes");
  return { type, fileName: decodeURIComponent(name), bytes: new Uint8Array(Buffer.from(data, "base64")) };
}
