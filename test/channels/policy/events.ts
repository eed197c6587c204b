/** Events and settings for the tests of policies. No network is meant. */
import type { Inbound } from "../../../src/channels/contract.ts";
import { type AccountEntry, accountsOf, type Settings } from "../../../src/channels/policy/settings.ts";

export const types: readonly Inbound["type"][] = ["message", "edit", "delete", "reaction", "button"];

interface Told extends Partial<Omit<Inbound, "sender" | "chat">> {
  sender?: Partial<Inbound["sender"]>;
  chat?: Partial<Inbound["chat"]>;
}

export function direct({ sender, chat, ...rest }: Told = {}): Inbound {
  return {
    eventId: "e1",
    type: "message",
    messageId: "m1",
    timeMs: 0,
    text: "hello",
    ...rest,
    sender: { id: "100", ...sender },
    chat: { kind: "direct", id: "100", ...chat },
  };
}

export function grouped({ sender, chat, ...rest }: Told = {}): Inbound {
  return direct({ ...rest, sender: { ...sender }, chat: { kind: "group", id: "-500", ...chat } });
}

/** The only account of a section, which must be right. */
export function settingsOf(section: Record<string, unknown>): Settings {
  const entry = entryOf(section);
  if (entry.problems.length > 0) throw new Error(entry.problems.join("; "));
  return entry.settings;
}

export function entryOf(section: Record<string, unknown>): AccountEntry {
  const [entry] = accountsOf(section, { prefixes: ["net", "nt"] });
  if (entry === undefined) throw new Error("no account");
  return entry;
}
