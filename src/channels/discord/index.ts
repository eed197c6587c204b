/** Discord, through a bot made in its developer portal. Loads the network's libraries when an account first talks to it. */
import { Type } from "@sinclair/typebox";
import { Strict } from "#schemas/primitives.ts";
import { type ChatRef, defineChannel } from "../contract.ts";
import { DiscordAccount } from "./account.ts";
import { modernize } from "./older.ts";
import { TOKEN_VARIABLE } from "./token.ts";

const config = Strict({
  token: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'Token of the bot, from "Bot" in the developer portal.',
      "x-secret": true,
    }),
  ),
  apiRoot: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        "Base URL of the REST API, for a proxy of your own; it tells where the gateway is and serves the stickers. Default: https://discord.com/api.",
    }),
  ),
  applicationId: Type.Optional(
    Type.String({
      pattern: "^\\d{15,21}$",
      description: "Id of the application, for the menu of commands. Default: the one the token belongs to.",
    }),
  ),
  intents: Type.Optional(
    Strict({
      messageContent: Type.Optional(
        Type.Boolean({
          description:
            "Read all messages of servers; needs the Message Content Intent. Without it only direct messages, mentions and answers are read. Default: true.",
        }),
      ),
      reactions: Type.Optional(Type.Boolean({ description: "Hear of reactions. Default: true." })),
    }),
  ),
  nativeCommands: Type.Optional(
    Type.Boolean({ description: "Put the gateway's commands into Discord's menu. Default: true." }),
  ),
});

/** Bits of what the gateway may be asked to tell: https://docs.discord.com/developers/events/gateway#gateway-intents. */
const intent = {
  guilds: 1 << 0,
  guildMessages: 1 << 9,
  guildReactions: 1 << 10,
  directMessages: 1 << 12,
  directReactions: 1 << 13,
  messageContent: 1 << 15,
} as const;

function intentsOf({
  messageContent = true,
  reactions = true,
}: {
  messageContent?: boolean;
  reactions?: boolean;
} = {}) {
  const always = intent.guilds | intent.guildMessages | intent.directMessages;
  return (
    always |
    (messageContent ? intent.messageContent : 0) |
    (reactions ? intent.guildReactions | intent.directReactions : 0)
  );
}

/** The network, for the list of networks. */
export const discord = defineChannel({
  id: "discord",
  label: "Discord",
  config,
  capabilities: {
    textLimit: 2000,
    captionLimit: 2000,
    markup: "markdown",
    tables: "code",
    maxLines: 17,
    mediaBytes: 8 * 1024 * 1024,
    idempotent: true,
    threads: "thread",
    replies: "off",
    typingMs: 10_000,
    // Two beats of 41 seconds and some; the connection itself is given up a little sooner.
    receiveSilenceMs: 100_000,
    pollOptions: 10,
    buttons: { rows: 5, perRow: 5, valueBytes: 100 },
  },
  missing({ token, apiRoot }, env) {
    if (apiRoot !== undefined && !isHttpUrl(apiRoot)) return "apiRoot is no http or https URL";
    if (token !== undefined || env[TOKEN_VARIABLE]) return undefined;
    return `no bot token: make a bot in the developer portal and set token or ${TOKEN_VARIABLE}`;
  },
  modernize,
  parseTarget,
  open: ({ intents, nativeCommands = true, ...settings }, host, env) =>
    new DiscordAccount({ ...settings, nativeCommands, intents: intentsOf(intents) }, host, env),
});

/** `user:ID`, `channel:ID` or the bare id of a channel or thread, the latter two with `:thread:ID` if wanted. */
function parseTarget(text: string): ChatRef | undefined {
  const found =
    /^(?:user:(?<user>\d{15,21})|<@!?(?<mentioned>\d{15,21})>|(?:channel:|<#)?(?<chat>\d{15,21})>?(?::thread:(?<thread>\d{15,21}))?)$/.exec(
      text.trim(),
    );
  const { user, mentioned, chat, thread } = found?.groups ?? {};
  const person = user ?? mentioned;
  if (person !== undefined) return { kind: "direct", id: person };
  if (chat === undefined) return undefined;
  return { kind: "channel", id: chat, ...(thread === undefined ? {} : { threadId: thread }) };
}

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.search === "" && url.hash === "";
}
