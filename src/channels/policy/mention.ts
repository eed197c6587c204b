/** Decides whether a message of a group is meant for the agent, or only heard (channel behaviour: mention gate). */
import type { Inbound } from "../contract.ts";
import type { Facts, Gate } from "./explain.ts";
import { idKey } from "./ids.ts";
import { compilePattern, type Pattern } from "./pattern.ts";
import { groupOf, type Settings } from "./settings.ts";

/** `context`: not answered, but kept for when somebody asks. */
export type MentionGate = Gate<"admit" | "context">;

/** What the gate knows beside the event and the settings. */
export interface MentionOptions {
  /** Compiled `mentionPatterns`, of the account and of the agent. */
  patterns?: MentionPatterns;
  /** Whether the network has mentions of its own. Default: yes. */
  hasNativeMention?: boolean;
  /** Whether the sender is admitted and wrote a command for the gateway itself. */
  isCommand?: boolean;
  /** What the owner chose for this session; goes before the settings. */
  activation?: "mention" | "always";
}

/** Patterns ready for use, and those that cannot be used. */
export interface MentionPatterns {
  readonly patterns: readonly Pattern[];
  readonly refused: readonly { pattern: string; reason: string }[];
}

/** More would be tried on every message of every group. */
const MAX_PATTERNS = 32;

/** Compiles what people wrote as `mentionPatterns`; called once per change of the config. Never throws. */
export function mentionPatterns(written: readonly string[]): MentionPatterns {
  const patterns: Pattern[] = [];
  const refused: { pattern: string; reason: string }[] = [];
  for (const pattern of new Set(written)) {
    const made = patterns.length < MAX_PATTERNS ? compilePattern(pattern) : `more than ${MAX_PATTERNS} patterns`;
    if (typeof made === "string") refused.push({ pattern, reason: made });
    else patterns.push(made);
  }
  return { patterns, refused };
}

/** Called for an event whose sender was admitted. */
export function judgeMention(
  event: Pick<Inbound, "type" | "chat" | "text" | "mentionsSelf" | "quote">,
  settings: Settings,
  options: MentionOptions = {},
): MentionGate {
  const { chat } = event;
  const patterns = options.patterns ?? mentionPatterns(settings.mentionPatterns);
  const facts: Facts = {
    type: event.type,
    kind: chat.kind,
    chatId: idKey(chat.id),
    patterns: patterns.patterns.length,
  };
  const admit = (reason: string): MentionGate => ({ gate: "mention", verdict: "admit", reason, facts });

  if (chat.kind === "direct") return admit("direct message");
  if (event.type !== "message" && event.type !== "edit") return admit("not a message");
  if (!isRequired(chat, settings, options)) return admit("no mention is required here");
  if (event.mentionsSelf === true) return admit("mentioned");
  if (event.quote?.isOfSelf === true) return admit("answers a message of ours");
  const found = patterns.patterns.findIndex((pattern) => pattern.isIn(event.text ?? ""));
  if (found >= 0) return admit("a pattern matches");
  if (options.isCommand === true) return admit("command");
  // A pattern that was refused is still a wish to be addressed by name: the gate stays shut.
  const isPossible = options.hasNativeMention !== false || patterns.patterns.length + patterns.refused.length > 0;
  if (!isPossible) return admit("there is no way to mention here");
  return { gate: "mention", verdict: "context", reason: "not mentioned", facts };
}

function isRequired(chat: Inbound["chat"], settings: Settings, { activation }: MentionOptions): boolean {
  if (activation !== undefined) return activation === "mention";
  return groupOf(settings, chat).requireMention ?? true;
}
