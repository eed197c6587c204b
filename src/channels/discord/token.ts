/** Where the bot token of an account comes from. */
import { Secret } from "../../lib/secret.ts";
import { ChannelError } from "../contract.ts";

/** Environment variable with the token of the default account. */
export const TOKEN_VARIABLE = "DISCORD_BOT_TOKEN";

/** The one account the environment speaks for. */
const DEFAULT_ACCOUNT = "default";

const ADVICE = 'reset it under "Bot" in the developer portal and set it as token';

/** Finds the token: config, then environment. Throws `auth`, because only a person can help. */
export function readToken(
  written: string | undefined,
  from: { accountId: string; env: Record<string, string | undefined> },
): Secret {
  const fromEnv = from.accountId === DEFAULT_ACCOUNT ? from.env[TOKEN_VARIABLE] : undefined;
  // Examples on the web show it with the word that goes before it in a header.
  const token = (written ?? fromEnv)?.trim().replace(/^Bot\s+/i, "") ?? "";
  if (token === "") throw new ChannelError("auth", `there is no bot token: ${ADVICE}`);
  // The client secret and the public key, which the portal shows next to it, have no dots.
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) throw new ChannelError("auth", `this is no bot token: ${ADVICE}`);
  return new Secret(token);
}
