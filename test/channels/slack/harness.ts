/** The workspace stand-in as the contract suite wants a network. */
import type { Account, InboundMedia } from "../../../src/channels/contract.ts";
import { CHECK_MS } from "../../../src/channels/slack/hook.ts";
import { slack } from "../../../src/channels/slack/index.ts";
import { createWebhookRoute } from "../../../src/channels/webhooks.ts";
import type { Clock } from "../../../src/lib/clock.ts";
import { createLog } from "../../../src/lib/log.ts";
import { ids, type SeenCall, type SlackStandin, startSlackStandin } from "../../standins/slack.ts";
import { FakeClock } from "../../support/clock.ts";
import { type BinaryHarness, type Received, TestHost } from "../contract.ts";

export interface SlackHarness extends BinaryHarness {
  readonly net: SlackStandin;
}

/** Starts a workspace with one app in it. */
export async function openSlack(): Promise<SlackHarness> {
  const net = await startSlackStandin();
  const settings = { botToken: net.botToken, appToken: net.appToken, apiRoot: net.apiRoot };
  return {
    net,
    id: "slack",
    settings,
    target: ({ id }) => id,
    deafen: (isDeaf) => {
      net.isSilent = isDeaf;
    },
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
      presses: async (chat, messageId, value) => net.presses(chat.id, messageId, value),
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

/** The same, with a gateway that the network delivers to over HTTP. */
export async function openSlackHook(): Promise<SlackHarness & { settings: HookSettings }> {
  const harness = await openSlack();
  const { net } = harness;
  const { hook, botToken, apiRoot } = net;
  const settings: HookSettings = { botToken, apiRoot, mode: "http", signingSecret: hook.signingSecret };
  let account: Account | undefined;
  let clock: Clock = new FakeClock();
  const webhook = slack.webhook!(settings, {})!;
  const route = createWebhookRoute({
    find: (path) => (path === webhook.path ? { webhook, account } : undefined),
    clock,
    log: createLog({ clock, level: "error", sinks: [] }),
  });
  const gateway = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => (await route(request, new URL(request.url))) ?? new Response(null, { status: 404 }),
  });
  hook.url = `http://127.0.0.1:${gateway.port}/slack/events`;
  hook.nowSeconds = () => Math.floor(clock.now() / 1000);
  return {
    ...harness,
    settings,
    open: (host) => {
      clock = host.clock;
      account = slack.open(settings, host, {});
      // What was not taken comes again, once it can be.
      if (host instanceof TestHost) void host.until(() => host.self !== undefined).then(() => hook.retry());
      return account;
    },
    deafen: (isDeaf) => {
      hook.isPaused = isDeaf;
    },
    faults: {
      ...harness.faults,
      transient: () => {
        net.fail("auth.test", { status: 502, html: "<p>bad gateway</p>" });
        // It is noticed when the network is asked the next time.
        if (clock instanceof FakeClock) void turnWhenWaiting(clock, CHECK_MS);
      },
    },
    secrets: [...harness.secrets, hook.signingSecret],
    untilConnected: () => net.until(() => net.callsOf("auth.test").length > 0),
    async [Symbol.asyncDispose]() {
      await gateway.stop(true);
      await harness[Symbol.asyncDispose]();
    },
  };
}

interface HookSettings extends Record<string, unknown> {
  botToken: string;
  apiRoot: string;
  mode: "http";
  signingSecret: string;
}

async function turnWhenWaiting(clock: FakeClock, ms: number): Promise<void> {
  await clock.waitsFor(ms);
  clock.advance(ms);
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
