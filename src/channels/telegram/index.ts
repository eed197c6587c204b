/** Telegram, through a bot made with BotFather. Loads grammY when an account first talks to the network. */
import { Type } from "@sinclair/typebox";
import { Strict } from "#schemas/primitives.ts";
import { type ChatRef, defineChannel } from "../contract.ts";
import { TelegramAccount } from "./account.ts";
import { hookOf, hookProblem } from "./hook.ts";
import { TOKEN_VARIABLE } from "./token.ts";

/** Longest poll the owner can ask for; `receiveSilenceMs` below rests on it. */
const MAX_POLL_SECONDS = 30;

const config = Strict({
  botToken: Type.Optional(
    Type.String({
      minLength: 1,
      description: "Token of the bot, as BotFather shows it.",
      "x-secret": true,
    }),
  ),
  tokenFile: Type.Optional(
    Type.String({ minLength: 1, description: "File that holds the token and nothing else. Wins over `botToken`." }),
  ),
  apiRoot: Type.Optional(
    Type.String({
      minLength: 1,
      description: "Base URL of the Bot API, for a server of your own. Default: https://api.telegram.org.",
    }),
  ),
  pollTimeoutSeconds: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: MAX_POLL_SECONDS,
      description: `How long one poll waits for news. Default: ${MAX_POLL_SECONDS}.`,
    }),
  ),
  webhookUrl: Type.Optional(
    Type.String({
      minLength: 1,
      description: "Public https URL of this gateway, for Telegram to deliver to. Default: the gateway polls.",
    }),
  ),
  webhookSecret: Type.Optional(
    Type.String({
      minLength: 1,
      description: "What Telegram proves itself with when it delivers: 16 to 256 letters, digits, _ and -.",
      "x-secret": true,
    }),
  ),
  webhookPath: Type.Optional(
    Type.String({
      minLength: 1,
      description: "Path on this gateway, when a proxy before it changes that. Default: the path of `webhookUrl`.",
    }),
  ),
});

/** The network, for the list of networks. */
export const telegram = defineChannel({
  id: "telegram",
  label: "Telegram",
  config,
  capabilities: {
    // The network takes 4096; what is left is room for entities that count differently there.
    textLimit: 4000,
    captionLimit: 1024,
    markup: "html",
    tables: "code",
    mediaBytes: 5 * 1024 * 1024,
    idempotent: false,
    threads: "topic",
    replies: "first",
    typingMs: 5000,
    receiveSilenceMs: (MAX_POLL_SECONDS + 15) * 1000,
    pollOptions: 12,
    // A hundred in all, eight beside one another.
    buttons: { rows: 12, perRow: 8, valueBytes: 64 },
  },
  missing({ botToken, tokenFile, apiRoot, ...hook }, env) {
    if (apiRoot !== undefined && !isHttpUrl(apiRoot)) return "apiRoot is no http or https URL";
    const problem = hookProblem(hook);
    if (problem !== undefined) return problem;
    if (tokenFile !== undefined || botToken !== undefined || env[TOKEN_VARIABLE]) return undefined;
    return `no bot token: ask @BotFather for one and set botToken, tokenFile or ${TOKEN_VARIABLE}`;
  },
  webhook: hookOf,
  parseTarget,
  open: (settings, host, env) =>
    new TelegramAccount(
      { ...settings, pollTimeoutSeconds: settings.pollTimeoutSeconds ?? MAX_POLL_SECONDS },
      host,
      env,
    ),
});

/** `123`, `-100123`, `@name`, each with `:topic:N` if wanted. Only people have ids above zero. */
function parseTarget(text: string): ChatRef | undefined {
  const found = /^(?<id>-?[1-9]\d{0,15}|@[A-Za-z]\w{3,31})(?::topic:(?<topic>[1-9]\d{0,9}))?$/.exec(text.trim());
  const { id, topic } = found?.groups ?? {};
  if (id === undefined) return undefined;
  const kind = id.startsWith("@") ? "channel" : id.startsWith("-") ? "group" : "direct";
  return { kind, id, ...(topic === undefined ? {} : { threadId: topic }) };
}

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.search === "" && url.hash === "";
}
