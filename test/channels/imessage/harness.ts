/** The stand-in of imsg as the contract suite wants a network. */
import type { ChatRef, InboundMedia } from "../../../src/channels/contract.ts";
import { imessage } from "../../../src/channels/imessage/index.ts";
import {
  group,
  type IMessageStandin,
  type IMessageStandinOptions,
  people,
  type SeenCall,
  startIMessageStandin,
} from "../../standins/imessage.ts";
import type { BinaryHarness, Received } from "../contract.ts";

export interface IMessageHarness extends BinaryHarness {
  readonly net: IMessageStandin;
  readonly settings: { cliPath: string; dbPath: string; includeAttachments: boolean };
  readonly env: Record<string, string>;
}

const types: Record<InboundMedia["kind"], [mimeType: string, name: string]> = {
  image: ["image/heic", "IMG 1.HEIC"],
  audio: ["audio/mpeg", "song.mp3"],
  voice: ["audio/x-caf", "Audio Message.caf"],
  video: ["video/quicktime", "IMG_2.MOV"],
  document: ["text/plain", "notes (1).txt"],
  sticker: ["image/png", "sticker.png"],
};

/** Starts a Mac. */
export async function openIMessage(options: IMessageStandinOptions = {}): Promise<IMessageHarness> {
  const net = await startIMessageStandin(options);
  const { ada } = people;
  const isGroup = ({ kind }: ChatRef) => kind === "group";
  const settings = { cliPath: net.cliPath, dbPath: net.dbPath, includeAttachments: true };
  const env = { HOME: net.home, PATH: "/usr/bin:/bin" };
  return {
    net,
    id: "imessage",
    settings,
    env,
    target: ({ id }) => id,
    deafen: (isDeaf) => {
      net.isDeaf = isDeaf;
    },
    capabilities: imessage.capabilities,
    open: (host) => imessage.open(settings, host, env),
    self: { id: net.login },
    personId: ada.handle,
    direct: { kind: "direct", id: ada.handle },
    group: { kind: "group", id: `chat_id:${group.id}` },
    person: {
      says: async (chat, text, { mentions = false, quotes } = {}) => {
        // Nothing is told of mentions; answering a message of ours is how one is addressed.
        const answered = mentions ? net.ownerSays("here I am", isGroup(chat)) : quotes;
        return net.says(ada, text, { inGroup: isGroup(chat), ...(answered === undefined ? {} : { quotes: answered }) });
      },
      sends: async (chat, { kind, bytes, caption }) => {
        const [mimeType, name] = types[kind];
        return net.sends(ada, bytes, { mimeType, name, inGroup: isGroup(chat), ...(caption ? { caption } : {}) });
      },
      reacts: async (chat, messageId, emoji) => {
        net.reacts(ada, messageId, { type: "like", emoji }, isGroup(chat));
        return messageId;
      },
    },
    faults: {
      auth: () => {
        net.help = { status: 64, words: "Error: Unknown command: rpc" };
      },
      transient: () => net.end(1),
      repeat: () => net.repeat(),
      loseAnswer: () => net.fail("send", "exit"),
    },
    redelivers: true,
    secrets: [],
    received: () => net.calls.flatMap(receivedOf),
    connections: () => net.running,
    untilConnected: () => net.untilListening(),
    untilDisconnected: () => net.until(() => net.running === 0),
    [Symbol.asyncDispose]: () => net[Symbol.asyncDispose](),
  };
}

const emoji: Record<string, string> = { like: "👍", love: "❤️" };

function receivedOf({ method, params, file }: SeenCall): Received[] {
  const { chat_id, chat_identifier, to } = params;
  const chatId = chat_id === undefined ? String(to ?? chat_identifier) : `chat_id:${chat_id}`;
  const text = params["text"] === undefined ? {} : { text: String(params["text"]) };
  const about = { messageId: String(params["message_guid"]) };
  switch (method) {
    case "send": {
      const quote = params["reply_to"] === undefined ? {} : { messageId: String(params["reply_to"]) };
      return [{ kind: file ? "media" : "text", chatId, ...text, ...quote, ...(file ? { bytes: file } : {}) }];
    }
    case "tapback":
      return [
        { kind: "reaction", chatId, emoji: emoji[String(params["reaction"])] ?? String(params["emoji"]), ...about },
      ];
    case "typing":
      return [{ kind: "typing", chatId }];
    case "message.edit":
      return [{ kind: "edit", chatId, ...text, ...about }];
    case "message.unsend":
      return [{ kind: "remove", chatId, ...about }];
    default:
      return [];
  }
}
