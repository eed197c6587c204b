/** Slack, through an app with Socket Mode. Loads the Web API's library when an account first talks to the network. */
import { Type } from "@sinclair/typebox";
import { Strict } from "#schemas/primitives.ts";
import { type ChatRef, defineChannel } from "../contract.ts";
import { SlackAccount } from "./account.ts";
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
  },
  missing({ botToken, appToken, apiRoot }, env) {
    if (apiRoot !== undefined && !isApiRoot(apiRoot)) return "apiRoot is no http or https URL that ends in /api/";
    if (botToken === undefined && !env[tokenVariables.bot])
      return `no bot token: install your Slack app and set botToken or ${tokenVariables.bot}`;
    if (appToken === undefined && !env[tokenVariables.app])
      return `no app token: make one with connections:write and set appToken or ${tokenVariables.app}`;
    return undefined;
  },
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
