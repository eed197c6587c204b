/** From the configuration to accounts: what each is, what it lacks, and what of the environment it may see. Pure. */
import { validator } from "../lib/validate.ts";
import type { Channel } from "./contract.ts";
import { type AccountEntry, accountsOf, type MessageSettings, sharedSettings } from "./policy/settings.ts";

/** Why an account cannot run as it is configured; undefined when it can. */
export function problemOf(
  channel: Channel,
  entry: AccountEntry,
  env: Record<string, string | undefined>,
): string | undefined {
  const { settings, own, problems } = entry;
  if (problems.length) return `channels.${channel.id}: ${problems.join("; ")}`;
  if (!settings.enabled) return "disabled";
  const check = validator(channel.config);
  if (!check.check(own)) return `channels.${channel.id}: ${check.problems(own, 4)}`;
  return channel.missing(own, env);
}

/** The accounts of a network as the configuration names them; `written` is its section. Never throws. */
export function entriesOf(channel: Channel, written: unknown, messages: MessageSettings): AccountEntry[] {
  if (written === undefined) return [];
  const source = { prefixes: [channel.id], shared: sharedSettings(messages, channel.id) };
  return accountsOf(modernized(channel, written), source);
}

/** A section with what older files say in the network's own words, at both levels. */
function modernized(channel: Channel, written: unknown): unknown {
  if (!channel.modernize || !isRecord(written)) return written;
  const { accounts, ...section } = written;
  const own = (one: unknown) => (isRecord(one) && channel.modernize ? channel.modernize(one) : one);
  const named = isRecord(accounts)
    ? { accounts: Object.fromEntries(Object.entries(accounts).map(([id, one]) => [id, own(one)])) }
    : accounts === undefined
      ? {}
      : { accounts };
  return { ...channel.modernize(section), ...named };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What programs need of an environment. The rest, with the credentials in it, is the default account's. */
const plainVariables = ["PATH", "HOME", "USER", "LANG", "SSH_AUTH_SOCK"] as const;

export function withoutCredentials(env: Record<string, string | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(plainVariables.map((name) => [name, env[name]]));
}
