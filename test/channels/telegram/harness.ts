/** The Bot API stand-in as the contract suite wants a network. */
import type { Account, ChatRef, InboundMedia } from "../../../src/channels/contract.ts";
import { CHECK_MS } from "../../../src/channels/telegram/hook.ts";
import { telegram } from "../../../src/channels/telegram/index.ts";
import { createWebhookRoute } from "../../../src/channels/webhooks.ts";
import type { Clock } from "../../../src/lib/clock.ts";
import { createLog } from "../../../src/lib/log.ts";
import {
  chats,
  type FileKind,
  faults,
  type SeenCall,
  startTelegramStandin,
  type TelegramStandin,
} from "../../standins/telegram.ts";
import { FakeClock } from "../../support/clock.ts";
import type { BinaryHarness, Received } from "../contract.ts";

export interface TelegramHarness extends BinaryHarness {
  readonly net: TelegramStandin;
}

/** Starts a stand-in with one bot; in real time for the executable, whose clock no test turns. */
export async function openTelegram(options: { isRealTime?: boolean } = {}): Promise<TelegramHarness> {
  const net = await startTelegramStandin(options);
  const key = net.token.split(":")[1]!;
  const settings = { botToken: net.token, apiRoot: net.apiRoot };
  return {
    net,
    id: "telegram",
    settings: { ...settings, pollTimeoutSeconds: 1 },
    target: ({ id }) => id,
    deafen: (isDeaf) => {
      net.isDeaf = isDeaf;
    },
    capabilities: telegram.capabilities,
    open: (host) => telegram.open(settings, host, {}),
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
      presses: async (chat, messageId, value) => String(userIn(net, chat).presses(Number(messageId), value)),
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
    polls: () => net.callsOf("sendPoll").map(pollOf),
    connections: () => net.polls,
    untilConnected: () => net.untilPolled(),
    untilDisconnected: () => net.untilNoPolls(),
    [Symbol.asyncDispose]: () => net[Symbol.asyncDispose](),
  };
}

/** The same, with a gateway that the network delivers to over HTTP. */
export async function openTelegramHook(): Promise<TelegramHarness & { settings: HookSettings }> {
  const harness = await openTelegram();
  const { net } = harness;
  let account: Account | undefined;
  const delivery = () => ({ webhook: telegram.webhook!(settings, {})!, account });
  const route = createWebhookRoute({
    find: (path) => (path === delivery().webhook.path ? delivery() : undefined),
    clock: new FakeClock(),
    log: createLog({ clock: new FakeClock(), level: "error", sinks: [] }),
  });
  const gateway = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => (await route(request, new URL(request.url))) ?? new Response(null, { status: 404 }),
  });
  const settings = {
    botToken: net.token,
    apiRoot: net.apiRoot,
    webhookUrl: `http://127.0.0.1:${gateway.port}/bot/main`,
    webhookSecret: "the-Secret_of-the-Hook",
  };
  let clock: Clock | undefined;
  return {
    ...harness,
    settings,
    open: (host) => {
      clock = host.clock;
      account = telegram.open(settings, host, {});
      return account;
    },
    deafen: (isDeaf) => {
      net.hook.isPaused = isDeaf;
    },
    faults: {
      ...harness.faults,
      transient: () => {
        net.fail("getWebhookInfo", faults.badGateway);
        // It is noticed when the network is asked the next time.
        if (clock instanceof FakeClock) void turnWhenWaiting(clock, CHECK_MS);
      },
    },
    secrets: [...harness.secrets, settings.webhookSecret],
    untilConnected: () => net.untilHooked(),
    async [Symbol.asyncDispose]() {
      await gateway.stop(true);
      await harness[Symbol.asyncDispose]();
    },
  };
}

interface HookSettings {
  botToken: string;
  apiRoot: string;
  webhookUrl: string;
  webhookSecret: string;
}

async function turnWhenWaiting(clock: FakeClock, ms: number): Promise<void> {
  await clock.waitsFor(ms);
  clock.advance(ms);
}

function pollOf({ payload }: SeenCall) {
  const options = (payload["options"] as { text: string }[]).map(({ text }) => text);
  const maxSelections = payload["allows_multiple_answers"] === true ? options.length : 1;
  return { chatId: String(payload["chat_id"]), question: String(payload["question"]), options, maxSelections };
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
