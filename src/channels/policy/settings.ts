/**
 * The settings that are the same for every network, per channel and per account. The keys of a network itself are
 * handed through untouched; its own schema checks them.
 */
import { type Static, Type } from "@sinclair/typebox";
import { Lenient, NonEmptyString, OneOf } from "#schemas/primitives.ts";
import { validator } from "../../lib/validate.ts";
import { chatEntry, idKey, personEntry } from "./ids.ts";

const Flag = (description: string) => Type.Optional(Type.Boolean({ description }));
const Text = (description: string) => Type.Optional(Type.String({ description, maxLength: 4096 }));
const Choice = <const T extends readonly string[]>(values: T, description: string) =>
  Type.Optional(OneOf(values, { description }));
const Whole = (description: string, minimum: number, maximum: number) =>
  Type.Optional(Type.Integer({ description, minimum, maximum }));
/** Ids are written as numbers too; one too large to be exact would silently be somebody else. */
const People = (description: string) =>
  Type.Optional(
    Type.Array(
      Type.Union([Type.String(), Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER })]),
      { description },
    ),
  );

const GroupSection = Lenient({
  requireMention: Flag("Answer only when addressed. Default: true."),
  allowFrom: People("Who may speak to the agent in this chat. Default: `groupAllowFrom`."),
  enabled: Flag("Listen in this chat at all. Default: true."),
  systemPrompt: Text("Added to the instructions of the agent in this chat."),
});

const common = {
  enabled: Flag("Run this channel. Default: true."),
  name: Text("Name shown to operators."),
  dmPolicy: Choice(["pairing", "allowlist", "open", "disabled"], "Who may write directly. Default: `pairing`."),
  allowFrom: People("Ids of people who may write directly; `*` is everybody."),
  groupPolicy: Choice(["allowlist", "open", "disabled"], "Who may speak in groups. Default: `allowlist`."),
  groupAllowFrom: People("Ids of people who may speak in groups. Default: `allowFrom`."),
  groups: Type.Optional(
    Type.Record(Type.String(), GroupSection, {
      description: "Chats by id; `*` sets defaults. With this key, only chats that are listed here are listened to.",
    }),
  ),
  mentionPatterns: Type.Optional(Type.Array(NonEmptyString, { description: "Patterns that address the agent." })),
  replyToMode: Choice(["off", "first", "all"], "Which messages quote what they answer."),
  ackReaction: Text("Emoji put on a message when work on it begins; empty for none. Default: 👀."),
  reactionNotifications: Choice(
    ["off", "own", "all"],
    "Which reactions the agent hears of with the next message. Default: `own`, those to its messages.",
  ),
  ackReactionScope: Choice(
    ["all", "direct", "group-all", "group-mentions", "off"],
    "Which messages get `ackReaction`. Default: `group-mentions`.",
  ),
  removeAckAfterReply: Flag("Take the reaction away when the answer is there. Default: false."),
  typingMode: Choice(
    ["never", "instant", "thinking", "message"],
    "When typing is shown. Default: `instant` where the agent is addressed, else `message`: not while it decides.",
  ),
  markdown: Type.Optional(Lenient({ tables: Choice(["code", "bullets", "off"], "How tables are shown.") })),
  chunkMode: Choice(["length", "newline"], "`newline` sends every paragraph by itself. Default: `length`."),
  textChunkLimit: Whole("Longest text of one message.", 64, 100_000),
  mediaMaxMb: Type.Optional(Type.Number({ description: "Largest file.", exclusiveMinimum: 0, maximum: 2048 })),
  streaming: Choice(
    ["off", "partial", "block"],
    "Show an answer while it is made: `partial` as one message that grows, `block` paragraph by paragraph. Default: `off`.",
  ),
  responsePrefix: Text("Put in front of every answer."),
  allowBots: Flag("Listen to bots that are on the lists. Default: false."),
  historyLimit: Whole("Messages of a group kept as context. Default: 50.", 0, 500),
  debounceMs: Whole("How long to wait for the next message of the same person. Default: 0.", 0, 60_000),
  rateLimit: Type.Optional(
    Lenient({
      perMinute: Whole("Messages of one person that are answered in a minute. Default: 3000.", 1, 100_000),
      botTurns: Whole("Messages of bots in a row in one chat that are answered. Default: 10.", 0, 1000),
    }),
  ),
  retry: Type.Optional(
    Lenient({
      attempts: Whole("Tries of one piece while the network is there. Default: 10.", 1, 100),
      minDelayMs: Whole("Shortest wait between tries. Default: 500.", 0, 600_000),
      maxDelayMs: Whole("Longest wait between tries. Default: 30000.", 0, 3_600_000),
      jitter: Type.Optional(
        Type.Number({ description: "Share of the wait left to chance. Default: 0.1.", minimum: 0, maximum: 1 }),
      ),
    }),
  ),
};

/** One account as it is written. */
export const AccountSection = Lenient(common);
type Written = Static<typeof AccountSection>;
type Unlisted = "allowFrom" | "groupAllowFrom" | "groups" | "markdown" | "retry" | "rateLimit" | "mentionPatterns";
type Defaulted = "enabled" | "dmPolicy" | "groupPolicy" | "chunkMode" | "allowBots" | "historyLimit" | "debounceMs";

/** Settings of one chat, as far as they were written. */
export interface GroupSettings {
  requireMention?: boolean;
  allowFrom?: readonly string[];
  enabled?: boolean;
  systemPrompt?: string;
}

/** What holds in a chat. `isListed`: the owner named it, or everything. */
export type ChatSettings = GroupSettings & { isListed: boolean };

/** The `messages` section of the configuration, as far as networks are concerned. */
export interface MessageSettings {
  responsePrefix?: string | undefined;
  ackReaction?: string | undefined;
  ackReactionScope?: string | undefined;
  removeAckAfterReply?: boolean | undefined;
  groupChat?: { historyLimit?: number | undefined; mentionPatterns?: string[] | undefined } | undefined;
  inbound?: { debounceMs?: number | undefined; byChannel?: Record<string, number> | undefined } | undefined;
}

/** What that section says, in the keys of an account. */
export function sharedSettings(messages: MessageSettings, channelId: string): Record<string, unknown> {
  const { groupChat, inbound, ...rest } = messages;
  const debounceMs = inbound?.byChannel?.[channelId] ?? inbound?.debounceMs;
  const shared = { ...rest, ...groupChat, debounceMs };
  return Object.fromEntries(Object.entries(shared).filter(([, value]) => value !== undefined));
}

/** The settings of one account with every default applied; ids are in their compared form. */
export interface Settings extends Omit<Written, Unlisted | Defaulted>, Required<Pick<Written, Defaulted>> {
  allowFrom: readonly string[];
  /** Absent: `allowFrom` holds for groups too. Empty: nobody. */
  groupAllowFrom?: readonly string[];
  /** Absent: every chat. */
  groups?: ReadonlyMap<string, GroupSettings>;
  mentionPatterns: readonly string[];
  tables?: "code" | "bullets" | "off";
  retry: RetrySettings;
  rateLimit: { perMinute: number; botTurns: number };
}

/** How often and when a piece is tried again. */
export interface RetrySettings {
  attempts: number;
  minDelayMs: number;
  maxDelayMs: number;
  /** Share of a pause that is left to chance. */
  jitter: number;
}

/** An account of a channel. */
export interface AccountEntry {
  accountId: string;
  /** Takes its credentials from the environment where it has none. */
  isDefault: boolean;
  settings: Settings;
  /** The keys of the network itself, the account's over the channel's. */
  own: Record<string, unknown>;
  /** What is wrong, for people. An account with problems is not enabled and admits nobody. */
  problems: string[];
}

/** Where a section comes from. */
export interface SectionSource {
  /** Prefixes people write before ids of this network, without the colon: its id and short forms of it. */
  prefixes?: readonly string[];
  /** Settings for all channels; each channel and account may say otherwise. */
  shared?: Record<string, unknown>;
}

export const DEFAULT_ACCOUNT = "default";
/** Base behaviour of groups: enough to follow a talk, little enough for a prompt. */
export const DEFAULT_HISTORY = 50;
/** Some three minutes of trouble, at growing distance. A network that is gone altogether costs no try. */
const DEFAULT_RETRY: RetrySettings = { attempts: 10, minDelayMs: 500, maxDelayMs: 30_000, jitter: 0.1 };
/** No person types this fast; two bots answer each other this often and no more. */
const DEFAULT_RATE = { perMinute: 3000, botTurns: 10 };

const accountCheck = validator(AccountSection);
const groupCheck = validator(GroupSection);

/** The accounts of a channel, sorted by id, each with its settings: account over channel over shared over default. */
export function accountsOf(section: unknown, source: SectionSource = {}): AccountEntry[] {
  const channel = recordOf(section);
  if (channel === undefined) return [];
  const written = recordOf(channel["accounts"]);
  const names = Object.keys(written ?? {});
  const found = new Map<string, AccountEntry>();
  for (const name of names.length > 0 ? names.sort() : [DEFAULT_ACCOUNT]) {
    const accountId = accountIdOf(name);
    const account = written === undefined ? {} : names.length > 0 ? recordOf(written[name]) : {};
    const entry = accountEntry(accountId, [recordOf(source.shared) ?? {}, channel, account ?? {}], source);
    const problems = [...entry.problems];
    if (account === undefined) problems.push(`account ${name} must be an object`);
    if (accountId === "") problems.push("an account has an empty id");
    if (found.has(accountId)) problems.push(`several accounts are called ${accountId}`);
    if (channel["accounts"] !== undefined && written === undefined) problems.push("accounts must be an object");
    found.set(accountId, closedOn(entry, [...(found.get(accountId)?.problems ?? []), ...problems]));
  }
  const entries = [...found.values()].sort((one, other) => (one.accountId < other.accountId ? -1 : 1));
  const first = found.has(DEFAULT_ACCOUNT) ? DEFAULT_ACCOUNT : entries[0]?.accountId;
  return entries.map((entry) => ({ ...entry, isDefault: entry.accountId === first }));
}

/** The one spelling of an account id: trimmed, lower case, anything unusual as `-`. */
export function accountIdOf(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 64);
}

/** What holds in one chat: its own settings over those of the places around it, the nearest first, over those of `*`. */
export function groupOf(settings: Settings, chat: { id: string; parentIds?: readonly string[] }): ChatSettings {
  const { groups } = settings;
  if (groups === undefined) return { isListed: true };
  const keys = [chat.id, ...(chat.parentIds ?? [])].map(idKey).filter((key) => key !== "*");
  const found = [...keys, "*"].flatMap((key) => groups.get(key) ?? []);
  return { ...Object.assign({}, ...found.reverse()), isListed: found.length > 0 };
}

/** Keys of the common part, which a network's own schema does not see. */
const commonKeys: ReadonlySet<string> = new Set([...Object.keys(common), "accounts", "dm"]);

function accountEntry(accountId: string, levels: Record<string, unknown>[], source: SectionSource): AccountEntry {
  const flat = levels.map(withoutNesting);
  const merged: Record<string, unknown> = Object.assign({}, ...flat);
  // Switching off holds at every level; switching on does not override it.
  if (flat.some((level) => level["enabled"] === false)) merged["enabled"] = false;
  const own = Object.fromEntries(Object.entries(merged).filter(([key]) => !commonKeys.has(key)));
  const isValid = accountCheck.check(merged);
  const problems = isValid ? [] : accountCheck.problems(merged, 4).split("; ");
  const settings = settingsOf(isValid ? merged : {}, source.prefixes ?? []);
  if (settings.dmPolicy === "open" && !settings.allowFrom.includes("*")) {
    problems.push('dmPolicy "open" needs "*" in allowFrom');
  }
  return { accountId, isDefault: false, settings, own, problems };
}

/** Older files keep direct messages in a section of their own; the newer key wins. */
function withoutNesting(level: Record<string, unknown>): Record<string, unknown> {
  const dm = recordOf(level["dm"]);
  if (dm === undefined) return level;
  const { policy = undefined, allowFrom = undefined, enabled = undefined } = dm;
  return {
    ...(policy === undefined ? {} : { dmPolicy: policy }),
    ...(allowFrom === undefined ? {} : { allowFrom }),
    ...level,
    ...(enabled === false ? { dmPolicy: "disabled" } : {}),
  };
}

function settingsOf(written: Written, prefixes: readonly string[]): Settings {
  const { allowFrom, groupAllowFrom, groups, markdown, retry, rateLimit, mentionPatterns, ...rest } = written;
  return {
    ...rest,
    enabled: rest.enabled ?? true,
    dmPolicy: rest.dmPolicy ?? "pairing",
    groupPolicy: rest.groupPolicy ?? "allowlist",
    chunkMode: rest.chunkMode ?? "length",
    allowBots: rest.allowBots ?? false,
    historyLimit: rest.historyLimit ?? DEFAULT_HISTORY,
    debounceMs: rest.debounceMs ?? 0,
    allowFrom: people(allowFrom ?? [], prefixes),
    ...(groupAllowFrom === undefined ? {} : { groupAllowFrom: people(groupAllowFrom, prefixes) }),
    ...(groups === undefined ? {} : { groups: groupsOf(groups, prefixes) }),
    mentionPatterns: mentionPatterns ?? [],
    ...(markdown?.tables === undefined ? {} : { tables: markdown.tables }),
    retry: { ...DEFAULT_RETRY, ...retry },
    rateLimit: { ...DEFAULT_RATE, ...rateLimit },
  };
}

function groupsOf(written: NonNullable<Written["groups"]>, prefixes: readonly string[]) {
  const groups = new Map<string, GroupSettings>();
  for (const [id, group] of Object.entries(written)) {
    const key = chatEntry(id, prefixes);
    if (key === undefined || !groupCheck.check(group)) continue;
    const { allowFrom, requireMention, enabled, systemPrompt } = group;
    groups.set(key, {
      ...(requireMention === undefined ? {} : { requireMention }),
      ...(enabled === undefined ? {} : { enabled }),
      ...(systemPrompt === undefined ? {} : { systemPrompt }),
      ...(allowFrom === undefined ? {} : { allowFrom: people(allowFrom, prefixes) }),
    });
  }
  return groups;
}

function people(entries: readonly (string | number)[], prefixes: readonly string[]): string[] {
  return entries.map((entry) => personEntry(String(entry), prefixes)).filter((id) => id !== undefined);
}

function closedOn(entry: AccountEntry, problems: string[]): AccountEntry {
  if (problems.length === 0) return entry;
  const settings: Settings = {
    ...entry.settings,
    enabled: false,
    dmPolicy: "disabled",
    groupPolicy: "disabled",
    allowFrom: [],
  };
  return { ...entry, settings, problems };
}

function recordOf(value: unknown): Record<string, unknown> | undefined {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? (value as Record<string, unknown>) : undefined;
}
