/** Where the bot token of an account comes from. */
import { readFile } from "node:fs/promises";
import { messageOf } from "../../lib/errors.ts";
import { Secret } from "../../lib/secret.ts";
import { ChannelError } from "../contract.ts";

/** Environment variable with the token of the default account. */
export const TOKEN_VARIABLE = "TELEGRAM_BOT_TOKEN";

/** The one account the environment speaks for. */
const DEFAULT_ACCOUNT = "default";

export interface TokenSources {
  botToken?: string;
  tokenFile?: string;
}

/** Finds the token: file, then config, then environment. Throws `auth`, because only a person can help. */
export async function readToken(
  sources: TokenSources,
  accountId: string,
  env: Record<string, string | undefined>,
): Promise<Secret> {
  const fromEnv = accountId === DEFAULT_ACCOUNT ? env[TOKEN_VARIABLE] : undefined;
  const text = sources.tokenFile === undefined ? (sources.botToken ?? fromEnv) : await readTokenFile(sources.tokenFile);
  const token = text?.trim() ?? "";
  if (token === "") throw new ChannelError("auth", "there is no bot token: ask @BotFather for one and set botToken");
  // The token becomes part of a URL; this also catches a whole chat message pasted into the config.
  if (!/^\d+:[\w-]+$/.test(token))
    throw new ChannelError("auth", "the bot token is not of the form 123456:ABC: copy it from @BotFather again");
  return new Secret(token);
}

async function readTokenFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new ChannelError("auth", `the file with the bot token cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
