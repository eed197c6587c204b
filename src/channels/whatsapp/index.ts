/**
 * WhatsApp, as one of the linked devices of a phone, through an unofficial client. Loads that client's library when an
 * account first talks to the network.
 */
import { Type } from "@sinclair/typebox";
import { Strict } from "#schemas/primitives.ts";
import { defineChannel } from "../contract.ts";
import { WhatsAppAccount } from "./account.ts";
import { parseTarget } from "./jids.ts";

/** How often the network is asked whether it is there. */
const KEEP_ALIVE_MS = 30_000;
/** Shorter than the gateway's own patience with an account that connects. */
const CONNECT_MS = 9_000;

const config = Strict({
  selfChatMode: Type.Optional(
    Type.Boolean({
      description:
        "The account is your own number: what you write into the chat with yourself is input. Off by default.",
    }),
  ),
  sendReadReceipts: Type.Optional(
    Type.Boolean({ description: "Whether people see that their messages were read. On by default." }),
  ),
  version: Type.Optional(
    Type.String({
      pattern: "^\\d{1,3}\\.\\d{1,6}\\.\\d{1,12}$",
      description:
        "Version of WhatsApp Web to connect as, such as 2.3000.1043857760, when the built-in one is too old.",
    }),
  ),
  keepAliveIntervalMs: Type.Optional(
    Type.Integer({
      minimum: 100,
      maximum: KEEP_ALIVE_MS,
      description: `How often the network is asked whether it is there. Default: ${KEEP_ALIVE_MS}.`,
    }),
  ),
  socketUrl: Type.Optional(
    Type.String({ minLength: 1, description: "Address of the network's WebSocket, for tests. Default: WhatsApp's." }),
  ),
  trustRoot: Type.Optional(
    Type.String({
      pattern: "^[A-Za-z0-9+/]{43}=$",
      description: "For tests: root key of the server at socketUrl, which must be on this host.",
    }),
  ),
  mediaRoot: Type.Optional(
    Type.String({
      minLength: 1,
      description: "For tests: where files are, with a socketUrl on this host. Default: WhatsApp's hosts.",
    }),
  ),
  connectTimeoutMs: Type.Optional(
    Type.Integer({
      minimum: 50,
      maximum: 60_000,
      description: `How long connecting may take. Default: ${CONNECT_MS}.`,
    }),
  ),
  qrTimeoutMs: Type.Optional(
    Type.Integer({
      minimum: 50,
      maximum: 60_000,
      description: "How long one code to scan is shown. Default: a minute for the first, then 20 seconds.",
    }),
  ),
});

/** The network, for the list of networks. */
export const whatsapp = defineChannel({
  id: "whatsapp",
  label: "WhatsApp",
  config,
  capabilities: {
    // The network takes 65,000; nobody reads that on a phone.
    textLimit: 4000,
    captionLimit: 1024,
    markup: "light",
    tables: "bullets",
    mediaBytes: 50 * 1024 * 1024,
    idempotent: true,
    replies: "off",
    typingMs: 10_000,
    pollOptions: 12,
    // Two pings and what the account itself grants the second before it gives up.
    receiveSilenceMs: 2 * KEEP_ALIVE_MS + 15_000,
    isHostExclusive: true,
    login: "qr",
  },
  missing({ socketUrl, trustRoot, mediaRoot }) {
    if (socketUrl !== undefined && !isSocketUrl(socketUrl)) return "socketUrl is no ws or wss URL";
    const isHere = socketUrl !== undefined && isLoopback(socketUrl);
    if (trustRoot !== undefined && !isHere) return "trustRoot goes with a socketUrl on this host only";
    if (mediaRoot !== undefined && !(isHere && isLoopback(mediaRoot)))
      return "mediaRoot goes with a socketUrl on this host only, and is on this host";
    return undefined;
  },
  parseTarget,
  open(settings, host) {
    const { socketUrl, keepAliveIntervalMs = KEEP_ALIVE_MS, connectTimeoutMs = CONNECT_MS, qrTimeoutMs } = settings;
    // Asked again here: what decides whom we trust must not rest on somebody having asked before.
    const isHere = socketUrl !== undefined && isLoopback(socketUrl);
    return new WhatsAppAccount(
      {
        ...{ socketUrl, keepAliveIntervalMs, connectTimeoutMs, qrTimeoutMs },
        version: versionOf(settings.version),
        trustRoot: isHere ? settings.trustRoot : undefined,
        mediaRoot: isHere && isLoopback(settings.mediaRoot ?? "") ? settings.mediaRoot : undefined,
        sendsReadReceipts: settings.sendReadReceipts ?? true,
        isSelfChat: settings.selfChatMode ?? false,
      },
      host,
    );
  },
});

function versionOf(text: string | undefined): [number, number, number] | undefined {
  if (text === undefined) return undefined;
  const [major = 0, minor = 0, build = 0] = text.split(".").map(Number);
  return [major, minor, build];
}

function isSocketUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^wss?:$/.test(url.protocol) && url.username === "";
}

function isLoopback(text: string): boolean {
  const host = URL.parse(text)?.hostname;
  return host === "127.0.0.1" || host === "[::1]";
}
