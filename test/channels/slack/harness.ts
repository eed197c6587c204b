/** The workspace stand-in as the contract suite wants a network. */
import type { InboundMedia } from "../../../src/channels/contract.ts";
import { slack } from "../../../src/channels/slack/index.ts";
import { ids, type SeenCall, type SlackStandin, startSlackStandin } from "../../standins/slack.ts";
import type { Harness, Received } from "../contract.ts";

export interface SlackHarness extends Harness {
  readonly net: SlackStandin;
}

/** Starts a workspace with one app in it. */
export async function openSlack(): Promise<SlackHarness> {
  const net = await startSlackStandin();
  const settings = { botToken: net.botToken, appToken: net.appToken, apiRoot: net.apiRoot };
  return {
    net,
    capabilities: slack.capabilities,
    open: (host) => slack.open(settings, host, {}),
    self: { id: ids.bot, username: "molty" },
    personId: ids.ada,
    direct: { kind: "direct", id: ids.adaDirect },
    group: { kind: "channel", id: ids.general },
    person: {
      says: async (chat, text, { mentions = false, quotes } = {}) =>
        net.says(chat.id, text, { mentions, ...(quotes === undefined ? {} : { thread: quotes }) }),
      sends: async (chat, { kind, bytes, caption }) =>
        net.sends(chat.id, bytes, { ...fileOf(kind), ...(caption === undefined ? {} : { caption }) }),
      edits: async (chat, messageId, text) => net.edits(chat.id, messageId, text),
      deletes: async (chat, messageId) => net.deletes(chat.id, messageId),
      reacts: async (chat, messageId, emoji) => net.reacts(chat.id, messageId, emoji === "👍" ? "+1" : emoji),
    },
    faults: {
      auth: () => net.revoke(),
      transient: () => net.reset(),
      repeat: () => net.repeat(),
      loseAnswer: () => net.fail("chat.postMessage", "reset"),
    },
    redelivers: true,
    secrets: [net.botToken, net.appToken, net.ticket, net.verification],
    received: () => net.calls.flatMap((call) => receivedOf(call, net)),
    connections: () => net.connections,
    untilConnected: () => net.until(() => net.connections > 0),
    untilDisconnected: () => net.until(() => net.connections === 0),
    [Symbol.asyncDispose]: () => net[Symbol.asyncDispose](),
  };
}

function fileOf(kind: InboundMedia["kind"]): { mimeType: string; name: string } {
  return kind === "document" ? { mimeType: "text/plain", name: "a.txt" } : { mimeType: `${kind}/x`, name: `a.${kind}` };
}

const kinds: Readonly<Record<string, Received["kind"]>> = {
  "chat.postMessage": "text",
  "files.completeUploadExternal": "media",
  "reactions.add": "reaction",
  "chat.update": "edit",
  "chat.delete": "remove",
};

function receivedOf({ method, payload }: SeenCall, net: SlackStandin): Received[] {
  const kind = kinds[method];
  if (kind === undefined) return [];
  const thread = payload["thread_ts"];
  const text = payload["text"] ?? payload["initial_comment"];
  const messageId = payload["ts"] ?? payload["timestamp"] ?? thread;
  const [file] = (payload["files"] ?? []) as { id: string }[];
  const bytes = file && net.uploads.get(file.id)?.bytes;
  return [
    {
      kind,
      chatId: String(payload["channel"] ?? payload["channel_id"]),
      ...(thread === undefined ? {} : { threadId: String(thread) }),
      ...(text === undefined ? {} : { text: String(text) }),
      ...(messageId === undefined ? {} : { messageId: String(messageId) }),
      ...(payload["name"] === undefined ? {} : { emoji: payload["name"] === "+1" ? "👍" : String(payload["name"]) }),
      ...(bytes === undefined ? {} : { bytes }),
    },
  ];
}
