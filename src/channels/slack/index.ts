/** Slack, through an app with Socket Mode or with events over HTTP. Loads the Web API's library when an account first talks to the network. */
import { Type } from "@sinclair/typebox";
import { OneOf, Strict } from "#schemas/primitives.ts";
import { type ChatRef, defineChannel } from "../contract.ts";
import { SlackAccount } from "./account.ts";
import { DEFAULT_PATH, hookAt } from "./hook.ts";
import { modernize } from "./older.ts";
import { tokenVariables } from "./tokens.ts";

const config = Strict({
  botToken: Type.Optional(
    Type.String({
      minLength: 1,
      description: "Bot token of the app (xoxb-…), from OAuth & Permissions.",
      "x-secret": true,
    }),
  ),
  appToken: Type.Optional(
    Type.String({
      minLength: 1,
      description: "App-level token (xapp-…) with the scope connections:write, from Basic Information.",
      "x-secret": true,
    }),
  ),
  apiRoot: Type.Optional(
    Type.String({
      minLength: 1,
      description: "Base URL of the Web API, ending in /api/. Default: https://slack.com/api/.",
    }),
  ),
  mode: Type.Optional(
    OneOf(["socket", "http"], {
      description: "How Slack delivers: through a connection the gateway opens, or over HTTP. Default: socket.",
    }),
  ),
  signingSecret: Type.Optional(
    Type.String({
      minLength: 1,
      description: "Signing secret of the app, from Basic Information; what comes over HTTP is signed with it.",
      "x-secret": true,
    }),
  ),
  webhookPath: Type.Optional(
    Type.String({ minLength: 1, description: `Path on this gateway in the mode \`http\`. Default: ${DEFAULT_PATH}.` }),
  ),
});

/** The network, for the list of networks. */
export const slack = defineChannel({
  id: "slack",
  label: "Slack",
  config,
  capabilities: {
    textLimit: 4000,
    captionLimit: 4000,
    markup: "mrkdwn",
    tables: "code",
    mediaBytes: 20 * 1024 * 1024,
    idempotent: false,
    threads: "thread",
    replies: "off",
    // The connection is asked every ten seconds and given up after thirty without an answer.
    receiveSilenceMs: 60_000,
    buttons: { rows: 10, perRow: 5, valueBytes: 2000 },
  },
  missing({ botToken, appToken, apiRoot, mode, signingSecret = "", webhookPath = DEFAULT_PATH }, env) {
    if (apiRoot !== undefined && !isApiRoot(apiRoot)) return "apiRoot is no http or https URL that ends in /api/";
    if (botToken === undefined && !env[tokenVariables.bot])
      return `no bot token: install your Slack app and set botToken or ${tokenVariables.bot}`;
    if (mode === "http") {
      if (!/^[\w-]{16,}$/.test(signingSecret))
        return "no signing secret: copy it from Basic Information of your Slack app into signingSecret";
      if (!/^(\/[\w.~-]+)+$/.test(webhookPath)) return "webhookPath is no path such as /slack/events";
      return undefined;
    }
    if (appToken === undefined && !env[tokenVariables.app])
      return `no app token: make one with connections:write and set appToken or ${tokenVariables.app}`;
    return undefined;
  },
  modernize,
  webhook: ({ mode, webhookPath }) => (mode === "http" ? hookAt(webhookPath) : undefined),
  parseTarget,
  open: (settings, host, env) => new SlackAccount(settings, host, env),
});

/** `channel:C…`, `user:U…` or the bare id, each with `:thread:<ts>` if wanted. Names are not looked up. */
function parseTarget(text: string): ChatRef | undefined {
  const found =
    /^(?:(?:channel:)?(?<chat>[CDG][A-Z0-9]{2,30})|(?:user:)?(?<user>[UW][A-Z0-9]{2,30}))(?::thread:(?<thread>\d{1,12}\.\d{6}))?$/.exec(
      text.trim(),
    );
  const { chat, user, thread } = found?.groups ?? {};
  const id = chat ?? user;
  if (id === undefined) return undefined;
  const kind = /^[DUW]/.test(id) ? "direct" : "channel";
  return { kind, id, ...(thread === undefined ? {} : { threadId: thread }) };
}

function isApiRoot(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return false;
  return url.username === "" && url.search === "" && url.hash === "" && /\/api\/?$/.test(url.pathname);
}
