/** Where the two tokens of an account come from. */
import { Secret } from "../../lib/secret.ts";
import { ChannelError } from "../contract.ts";

/** Which token a call is made with: the bot's, or the app's, which opens the connection and nothing else. */
export type TokenKind = "bot" | "app";

export interface TokenSources {
  botToken?: string;
  appToken?: string;
}

/** Environment variables with the tokens of the default account. */
export const tokenVariables: Readonly<Record<TokenKind, string>> = { bot: "SLACK_BOT_TOKEN", app: "SLACK_APP_TOKEN" };

/** The one account the environment speaks for. */
const DEFAULT_ACCOUNT = "default";

const advice: Readonly<Record<TokenKind, string>> = {
  bot: 'copy the "Bot User OAuth Token" (xoxb-…) from "OAuth & Permissions" of your Slack app into botToken',
  app: 'make an app-level token (xapp-…) with connections:write under "Basic Information" of your Slack app and set appToken',
};

const forms: Readonly<Record<TokenKind, RegExp>> = { bot: /^xoxb-[\w-]+$/, app: /^xapp-[\w-]+$/ };

/** Finds a token: config, then environment. Throws `auth`, because only a person can help. */
export function readToken(
  kind: TokenKind,
  sources: TokenSources,
  from: { accountId: string; env: Record<string, string | undefined> },
): Secret {
  const written = kind === "bot" ? sources.botToken : sources.appToken;
  const fromEnv = from.accountId === DEFAULT_ACCOUNT ? from.env[tokenVariables[kind]] : undefined;
  const token = (written ?? fromEnv)?.trim() ?? "";
  if (token === "") throw new ChannelError("auth", `there is no ${kind} token: ${advice[kind]}`);
  // The two are easily swapped, and the network's own words for that do not say so.
  if (!forms[kind].test(token)) throw new ChannelError("auth", `this is no ${kind} token: ${advice[kind]}`);
  return new Secret(token);
}
