/** The Discord stand-in as the contract suite wants a network. */
import type { ChatRef, InboundMedia } from "../../../src/channels/contract.ts";
import { discord } from "../../../src/channels/discord/index.ts";
import {
  type DiscordStandin,
  type DiscordStandinOptions,
  ids,
  type SeenCall,
  startDiscordStandin,
} from "../../standins/discord.ts";
import type { BinaryHarness, Received } from "../contract.ts";

export interface DiscordHarness extends BinaryHarness {
  readonly net: DiscordStandin;
}

/** The direct chat with Ada, the channel, and the thread in it, as the contract has them. */
export const chats = {
  ada: { kind: "direct", id: ids.ada },
  general: { kind: "channel", id: ids.general },
  thread: { kind: "channel", id: ids.general, threadId: ids.thread },
} as const satisfies Record<string, ChatRef>;

/** Starts a stand-in with one bot in one server. */
export async function openDiscord(options: DiscordStandinOptions = {}): Promise<DiscordHarness> {
  const net = await startDiscordStandin(options);
  const settings = { token: net.token, apiRoot: net.apiRoot };
  return {
    net,
    id: discord.id,
    settings,
    target: ({ kind, id, threadId }) =>
      kind === "direct" ? `user:${id}` : `channel:${id}${threadId === undefined ? "" : `:thread:${threadId}`}`,
    deafen: (isDeaf) => {
      net.isSilent = isDeaf;
    },
    capabilities: discord.capabilities,
    open: (host) => discord.open(settings, host, {}),
    self: { id: ids.bot, name: "Molty", username: "molty" },
    personId: ids.ada,
    direct: chats.ada,
    group: chats.general,
    person: {
      says: async (chat, text, options) => net.says(channelOf(chat), text, options),
      sends: async (chat, { kind, bytes, caption }) =>
        net.sends(channelOf(chat), bytes, { ...fileOf(kind), ...(caption === undefined ? {} : { caption }) }),
      edits: async (chat, messageId, text) => net.edits(channelOf(chat), messageId, text),
      deletes: async (chat, messageId) => net.deletes(channelOf(chat), messageId),
      reacts: async (chat, messageId, name) => net.reacts(channelOf(chat), messageId, { id: null, name }),
      presses: async (chat, messageId, value) => net.presses(channelOf(chat), messageId, value),
    },
    faults: {
      auth: () => net.revoke(),
      transient: () => net.close(4000),
      repeat: () => net.repeat(),
      loseAnswer: () => net.fail("createMessage", "reset"),
    },
    redelivers: true,
    secrets: [net.token, net.token.split(".")[2]!, net.interactionToken],
    received: () => net.calls.flatMap(receivedOf),
    polls: () => net.callsOf("createMessage").flatMap(pollOf),
    connections: () => net.connections,
    untilConnected: () => net.until(() => net.listening > 0),
    untilDisconnected: () => net.until(() => net.connections === 0),
    [Symbol.asyncDispose]: () => net[Symbol.asyncDispose](),
  };
}

/** The network's channel of a chat. */
export function channelOf({ kind, id, threadId }: ChatRef): string {
  if (kind === "direct") return id === ids.bob ? ids.bobDirect : ids.adaDirect;
  return threadId ?? id;
}

function fileOf(kind: InboundMedia["kind"]): { mimeType: string; name: string } {
  return kind === "document" ? { mimeType: "text/plain", name: "a.txt" } : { mimeType: `${kind}/x`, name: `a.${kind}` };
}

const kinds: Readonly<Record<string, Received["kind"]>> = {
  createMessage: "text",
  showTyping: "typing",
  addReaction: "reaction",
  editMessage: "edit",
  deleteMessage: "remove",
};

const refs: Readonly<Record<string, { chatId: string; threadId?: string }>> = {
  [ids.adaDirect]: { chatId: ids.ada },
  [ids.bobDirect]: { chatId: ids.bob },
  [ids.thread]: { chatId: ids.general, threadId: ids.thread },
};

function receivedOf({ name, parts, body, files }: SeenCall): Received[] {
  const kind = kinds[name];
  if (kind === undefined) return [];
  const [channelId = "", messageId, emoji] = parts;
  const reference = body["message_reference"] as { message_id: string } | undefined;
  const id = messageId ?? reference?.message_id;
  const [file] = files;
  return [
    {
      kind: file === undefined ? kind : "media",
      ...(refs[channelId] ?? { chatId: channelId }),
      ...(body["content"] === undefined ? {} : { text: String(body["content"]) }),
      ...(id === undefined ? {} : { messageId: id }),
      ...(emoji === undefined ? {} : { emoji }),
      ...(file === undefined ? {} : { bytes: file.bytes }),
    },
  ];
}

function pollOf({ parts: [channelId = ""], body }: SeenCall) {
  if (body["poll"] === undefined) return [];
  const { question, answers, allow_multiselect } = body["poll"] as {
    question: { text: string };
    answers: { poll_media: { text: string } }[];
    allow_multiselect: boolean;
  };
  const options = answers.map(({ poll_media }) => poll_media.text);
  const maxSelections = allow_multiselect ? options.length : 1;
  return [{ chatId: refs[channelId]?.chatId ?? channelId, question: question.text, options, maxSelections }];
}
