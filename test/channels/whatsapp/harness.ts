/** The stand-in as the contract suite wants a network: linked before it is handed over. */
import { join } from "node:path";
import type { Account, AccountVault, ChannelHost, ChatRef, Self } from "../../../src/channels/contract.ts";
import { whatsapp } from "../../../src/channels/whatsapp/index.ts";
import { encodeMessageId } from "../../../src/channels/whatsapp/jids.ts";
import { openVaultFile, Vault } from "../../../src/store/vault.ts";
import { type Linked, type Sent, startWhatsAppStandin, type WhatsAppStandin } from "../../standins/whatsapp.ts";
import { FakeClock } from "../../support/clock.ts";
import { type BinaryHarness, type Keys, type Received, TestHost } from "../contract.ts";

export const never = new AbortController().signal;
export const alice = { id: "+15550001111", altIds: ["88800011122@lid"] };
export const direct: ChatRef = { kind: "direct", id: alice.id };

export interface WhatsAppHarness extends BinaryHarness {
  readonly net: WhatsAppStandin;
  readonly group: ChatRef;
  /** Puts the keys of the linked account where the executable with that state folder looks for them. */
  seed(stateDir: string): void;
  /** Keys of the linked account; given to the first host that opens it. */
  readonly keys: Keys;
}

export type Settings = Parameters<typeof whatsapp.open>[0];

/** An account of that server, not yet started. */
export function openAccount(net: Pick<WhatsAppStandin, "settings">, host: ChannelHost, more: Settings = {}) {
  const settings = { ...net.settings, ...more };
  const missing = whatsapp.missing(settings, {});
  if (missing !== undefined) throw new Error(missing);
  return whatsapp.open(settings, host, {});
}

/** When turned clocks begin; what is stored then is new. */
const START_MS = new FakeClock().now();

/** A vault in memory, in which everything was stored when the clocks of the tests begin. */
export function freshKeys(): Keys {
  const file = openVaultFile(":memory:");
  return { vault: (accountId) => new Vault(file, { channel: "test", accountId }, () => START_MS) };
}

/** Links a device: the phone scans the first code it is shown. */
export async function link(
  net: WhatsAppStandin,
  host = new TestHost({ keys: freshKeys() }),
): Promise<{ self: Self; keys: Keys }> {
  const account = openAccount(net, host);
  const self = await account.login!(({ qr }) => net.scan(qr), never);
  await net.until(() => net.connections === 0);
  return { self, keys: host.keys };
}

type Change = Parameters<AccountVault["set"]>[0][number];

interface Snapshot {
  linked: Linked;
  self: Self;
  stored: readonly Change[];
}

/** Linking makes hundreds of keys; it is done once for all tests that are not about it. */
let snapshot: Promise<Snapshot> | undefined;

async function takeSnapshot(): Promise<Snapshot> {
  await using net = startWhatsAppStandin();
  const stored = new Map<string, Change>();
  const host = new TestHost({ keys: recorded(freshKeys(), stored) });
  const { self } = await link(net, host);
  return { linked: net.linked, self, stored: [...stored.values()] };
}

/** Notes what is written. */
function recorded(keys: Keys, stored: Map<string, Change>): Keys {
  return {
    vault(accountId) {
      const vault = keys.vault(accountId);
      const set: AccountVault["set"] = (changes) => {
        for (const change of changes) stored.set(`${change.type} ${change.id}`, change);
        vault.set(changes);
      };
      return { get: vault.get.bind(vault), set, forget: vault.forget.bind(vault), clear: vault.clear.bind(vault) };
    },
  };
}

/** Starts a server with a linked account. */
export async function openWhatsApp(more: Settings = {}): Promise<WhatsAppHarness> {
  snapshot ??= takeSnapshot();
  const { linked, self, stored } = await snapshot;
  const net = startWhatsAppStandin(linked);
  const keys = freshKeys();
  keys.vault("default").set(stored);
  let isFirst = true;
  const person = (chat: ChatRef) => (chat.kind === "group" ? chat.id : "direct");
  const named = (id: string) => encodeMessageId(id, alice);
  const bare = (messageId: string) => messageId.split(":")[0]!;
  return {
    net,
    keys,
    id: "whatsapp",
    settings: { ...net.settings, ...more },
    target: ({ id }) => id,
    deafen: (isDeaf) => {
      net.isDeaf = isDeaf;
    },
    seed(stateDir) {
      using file = openVaultFile(join(stateDir, "channel-keys.db"));
      new Vault(file, { channel: "whatsapp", accountId: "default" }, Date.now).set(stored);
    },
    polls: () =>
      net.callsOf("poll").map(({ chat, message }) => {
        const poll = message.pollCreationMessageV3 ?? message.pollCreationMessage;
        const { name, options, selectableOptionsCount } = poll!;
        return {
          chatId: chatIdOf(chat),
          question: name ?? "",
          options: (options ?? []).map(({ optionName }) => optionName ?? ""),
          maxSelections: selectableOptionsCount ?? 0,
        };
      }),
    capabilities: whatsapp.capabilities,
    open(host) {
      // The first start finds the keys of the login; a later one is given what an earlier one kept.
      if (isFirst) Object.assign(host, { keys });
      isFirst = false;
      return watched(net, openAccount(net, host, more));
    },
    self,
    personId: alice.id,
    direct,
    group: { kind: "group", id: net.group },
    person: {
      says: async (chat, text, { mentions = false, quotes } = {}) =>
        named(
          await net.says(person(chat), text, { mentions, ...(quotes === undefined ? {} : { quotes: bare(quotes) }) }),
        ),
      sends: async (chat, file) => named(await net.sends(person(chat), file)),
      edits: async (chat, id, text) => named(await net.edits(person(chat), bare(id), text)),
      deletes: async (chat, id) => named(await net.deletes(person(chat), bare(id))),
      reacts: async (chat, id, emoji) => named(await net.reacts(person(chat), bare(id), emoji)),
    },
    faults: {
      auth: () => net.unlink(),
      transient: () => net.drop(),
      repeat: () => net.repeat(),
    },
    redelivers: true,
    secrets: secretsOf(keys),
    received: () => receivedOf(net),
    connections: () => net.connections,
    untilConnected: () => net.until(() => net.connections > 0),
    untilDisconnected: () => net.until(() => net.connections === 0),
    [Symbol.asyncDispose]: () => net[Symbol.asyncDispose](),
  };
}

/** The network never answers to a typing mark; here it has arrived when the call is over. */
function watched(net: WhatsAppStandin, account: Account): Account {
  const typing = account.typing!.bind(account);
  account.typing = async (chat, signal) => {
    const before = net.stanzasOf("chatstate").length;
    await typing(chat, signal);
    await net.until(() => net.stanzasOf("chatstate").length > before);
  };
  return account;
}

/** Private halves of what identifies the account. */
export function secretsOf(keys: Keys): string[] {
  const creds = JSON.parse(keys.vault("default").get("creds", ["self"]).get("self")!);
  const { noiseKey, signedIdentityKey, signedPreKey, advSecretKey } = creds;
  return [noiseKey.private.data, signedIdentityKey.private.data, signedPreKey.keyPair.private.data, advSecretKey];
}

/** What arrived, as the suite names it. */
export function receivedOf(net: WhatsAppStandin): Received[] {
  const typing = net.stanzasOf("chatstate").flatMap(({ attrs, content }): Received[] => {
    const isTyping = Array.isArray(content) && content[0]?.tag === "composing";
    return isTyping ? [{ kind: "typing", chatId: chatIdOf(attrs["to"]!) }] : [];
  });
  return [...net.sent.map((one, index) => toReceived(one, net.sent[index + 1])), ...typing];
}

const kinds: Readonly<Record<Sent["kind"], Received["kind"]>> = {
  text: "text",
  media: "media",
  poll: "text",
  reaction: "reaction",
  edit: "edit",
  delete: "remove",
  other: "text",
};

function toReceived(sent: Sent, next: Sent | undefined): Received {
  const { kind, chat, message, bytes } = sent;
  // A recording carries no caption: its text comes right behind it.
  const text = textOf(message) ?? (message.audioMessage && next ? textOf(next.message) : undefined);
  const key = message.reactionMessage?.key ?? message.protocolMessage?.key;
  const quoted = message.extendedTextMessage?.contextInfo;
  const author = (isOwn: boolean) => (isOwn ? "self" : alice);
  const messageId = key?.id
    ? encodeMessageId(key.id, author(key.fromMe === true))
    : quoted?.stanzaId
      ? encodeMessageId(quoted.stanzaId, author(quoted.participant?.startsWith("15550009999") === true))
      : undefined;
  return {
    kind: kinds[kind],
    chatId: chatIdOf(chat),
    ...(text == null ? {} : { text }),
    ...(messageId === undefined ? {} : { messageId }),
    ...(message.reactionMessage?.text == null ? {} : { emoji: message.reactionMessage.text }),
    ...(bytes === undefined ? {} : { bytes }),
  };
}

function textOf(message: Sent["message"]): string | null | undefined {
  const edited = message.protocolMessage?.editedMessage;
  if (edited) return textOf(edited);
  const { imageMessage, videoMessage, documentMessage, extendedTextMessage } = message;
  return (
    extendedTextMessage?.text ?? (imageMessage ?? videoMessage ?? documentMessage)?.caption ?? message.conversation
  );
}

function chatIdOf(jid: string): string {
  return jid.endsWith("@s.whatsapp.net") ? `+${jid.split("@")[0]}` : jid;
}
