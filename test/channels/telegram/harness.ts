/** The Bot API stand-in as the contract suite wants a network. */
import type { ChatRef, InboundMedia } from "../../../src/channels/contract.ts";
import { telegram } from "../../../src/channels/telegram/index.ts";
import {
  chats,
  type FileKind,
  faults,
  type SeenCall,
  startTelegramStandin,
  type TelegramStandin,
} from "../../standins/telegram.ts";
import type { Harness, Received } from "../contract.ts";

export interface TelegramHarness extends Harness {
  readonly net: TelegramStandin;
}

/** Starts a stand-in with one bot. */
export async function openTelegram(): Promise<TelegramHarness> {
  const net = await startTelegramStandin();
  const key = net.token.split(":")[1]!;
  return {
    net,
    capabilities: telegram.capabilities,
    open: (host) => telegram.open({ botToken: net.token, apiRoot: net.apiRoot }, host, {}),
    self: { id: String(net.bot.id), name: net.bot.first_name, username: net.bot.username },
    personId: String(chats.ada),
    direct: { kind: "direct", id: String(chats.ada) },
    group: { kind: "group", id: String(chats.group) },
    person: {
      says: async (chat, text, { mentions = false, quotes } = {}) =>
        String(
          userIn(net, chat).says(text, { mentions, ...(quotes === undefined ? {} : { replyTo: Number(quotes) }) }),
        ),
      sends: async (chat, { kind, bytes, caption }) =>
        String(userIn(net, chat).sends(fileKindOf(kind), bytes, caption === undefined ? {} : { caption })),
      edits: async (chat, messageId, text) => String(userIn(net, chat).edits(Number(messageId), text)),
      reacts: async (chat, messageId, emoji) => String(userIn(net, chat).reacts(Number(messageId), emoji)),
    },
    faults: {
      auth: () => net.revoke(),
      transient: () => net.failPoll(faults.badGateway),
      repeat: () => net.repeat(),
      loseAnswer: () => net.fail("sendMessage", "reset"),
    },
    redelivers: true,
    secrets: [net.token, key],
    received: () => net.calls.flatMap(receivedOf),
    connections: () => net.polls,
    untilConnected: () => net.untilPolled(),
    untilDisconnected: () => net.untilNoPolls(),
    [Symbol.asyncDispose]: () => net[Symbol.asyncDispose](),
  };
}

function userIn(net: TelegramStandin, chat: ChatRef) {
  return net.user(Number(chat.id));
}

function fileKindOf(kind: InboundMedia["kind"]): FileKind {
  return kind === "image" ? "photo" : kind;
}

const kinds: Readonly<Record<string, Received["kind"]>> = {
  sendMessage: "text",
  sendPhoto: "media",
  sendDocument: "media",
  sendAudio: "media",
  sendVoice: "media",
  sendVideo: "media",
  sendAnimation: "media",
  sendChatAction: "typing",
  setMessageReaction: "reaction",
  editMessageText: "edit",
  deleteMessage: "remove",
};

function receivedOf({ method, payload, files }: SeenCall): Received[] {
  const kind = kinds[method];
  if (kind === undefined) return [];
  const text = payload["text"] ?? payload["caption"];
  const reply = payload["reply_parameters"] as { message_id?: number } | undefined;
  const messageId = payload["message_id"] ?? reply?.message_id;
  const [reaction] = (payload["reaction"] ?? []) as { emoji: string }[];
  const [file] = Object.values(files);
  return [
    {
      kind,
      chatId: String(payload["chat_id"]),
      ...(payload["message_thread_id"] === undefined ? {} : { threadId: String(payload["message_thread_id"]) }),
      ...(text === undefined ? {} : { text: String(text) }),
      ...(messageId === undefined ? {} : { messageId: String(messageId) }),
      ...(reaction === undefined ? {} : { emoji: reaction.emoji }),
      ...(file === undefined ? {} : { bytes: file.bytes }),
    },
  ];
}
