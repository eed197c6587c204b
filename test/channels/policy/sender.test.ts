import { describe, expect, test } from "bun:test";
import type { Inbound } from "../../../src/channels/contract.ts";
import { judgeSender, senderKey } from "../../../src/channels/policy/sender.ts";
import { direct, entryOf, grouped, settingsOf, types } from "./events.ts";

const nobody: ReadonlySet<string> = new Set();
const verdict = (event: Inbound, section: Record<string, unknown>, approved = nobody) =>
  judgeSender(event, settingsOf(section), approved).verdict;

describe("direct messages", () => {
  test.each<[title: string, section: Record<string, unknown>, expected: string]>([
    ["a stranger is paired when nothing is said", {}, "pair"],
    ["a stranger is paired", { dmPolicy: "pairing", allowFrom: ["200"] }, "pair"],
    ["who is listed is admitted", { dmPolicy: "pairing", allowFrom: ["100"] }, "admit"],
    ["a number in the list is an id", { dmPolicy: "allowlist", allowFrom: [100] }, "admit"],
    ["a stranger is dropped by a list", { dmPolicy: "allowlist", allowFrom: ["200"] }, "drop"],
    ["an empty list lists nobody", { dmPolicy: "allowlist", allowFrom: [] }, "drop"],
    ["empty entries list nobody", { dmPolicy: "allowlist", allowFrom: ["", " ", "net:", "user:"] }, "drop"],
    ["everybody is admitted by a star", { dmPolicy: "open", allowFrom: ["*"] }, "admit"],
    ["a star with space around it is a star", { dmPolicy: "open", allowFrom: [" * "] }, "admit"],
    ["a star in a list is a star", { dmPolicy: "allowlist", allowFrom: ["*"] }, "admit"],
    ["a star in an id is none", { dmPolicy: "allowlist", allowFrom: ["1*"] }, "drop"],
    ["off is off, also for who is listed", { dmPolicy: "disabled", allowFrom: ["100", "*"] }, "drop"],
    ["an account that is off hears nobody", { enabled: false, allowFrom: ["100"] }, "drop"],
    ["the list of groups says nothing", { dmPolicy: "allowlist", groupAllowFrom: ["100"] }, "drop"],
    ["the older form: policy and list", { dm: { policy: "allowlist", allowFrom: ["100"] } }, "admit"],
    ["the older form: off", { dm: { enabled: false }, allowFrom: ["100"] }, "drop"],
    [
      "the newer form goes before the older",
      { dm: { allowFrom: ["100"] }, dmPolicy: "allowlist", allowFrom: [] },
      "drop",
    ],
  ])("%s", (_title, section, expected) => {
    expect(verdict(direct(), section)).toBe(expected as never);
  });

  test("open without a star is a problem, and admits nobody", () => {
    const { problems, settings } = entryOf({ dmPolicy: "open", allowFrom: ["100"] });
    expect(problems).toEqual(['dmPolicy "open" needs "*" in allowFrom']);
    expect(judgeSender(direct(), settings, new Set(["100"])).verdict).toBe("drop");
    const forced = { ...settingsOf({}), dmPolicy: "open" as const };
    expect(judgeSender(direct(), forced, new Set(["100"])).verdict).toBe("drop");
  });

  test.each<[policy: string, section: Record<string, unknown>, expected: string]>([
    ["pairing", {}, "admit"],
    ["allowlist", { dmPolicy: "allowlist" }, "admit"],
    ["disabled", { dmPolicy: "disabled" }, "drop"],
  ])("who was approved, with policy %s", (_policy, section, expected) => {
    expect(verdict(direct({ sender: { id: "ABC" } }), section, new Set(["abc"]))).toBe(expected as never);
  });
});

describe("prefixes", () => {
  const listed = (entry: string, id: string) =>
    verdict(direct({ sender: { id } }), { dmPolicy: "allowlist", allowFrom: [entry] }) === "admit";

  test.each<[entry: string, id: string]>([
    ["net:100", "100"],
    ["NT:100", "100"],
    [" user:100 ", "100"],
    ["net:user:100", "100"],
    ["U0ABC", "u0abc"],
    ["u0abc", "U0ABC"],
    ["uuid:AB-1", "uuid:ab-1"],
    ["+1 (555) 010-20", "+155501020"],
    ["a@example.org", "A@example.org"],
  ])("%s means %s", (entry, id) => {
    expect(listed(entry, id)).toBe(true);
  });

  test.each<[title: string, entry: string, id: string]>([
    ["an id is not stripped like an entry", "100", "net:100"],
    ["an id is not stripped of a kind", "100", "user:100"],
    ["an entry of another network is not ours", "other:100", "100"],
    ["a group is not a person", "group:100", "100"],
    ["a group is not a person that is called so", "group:100", "group:100"],
    ["a chat is not a person", "net:channel:100", "100"],
    ["a part of an id is no id", "10", "100"],
    ["a longer id is another", "100", "1001"],
    ["a phone number without its plus is another id", "15550102030", "+15550102030"],
    ["a letter that folds to an ASCII one is another", "kim", "\u212aim"],
    ["a letter with a dot is another", "i", "\u0130"],
    ["full-width digits are others", "100", "１００"],
    ["an invisible character makes another", "100", "1\u200b00"],
    ["a star that writes", "100", "*"],
  ])("%s", (_title, entry, id) => {
    expect(listed(entry, id)).toBe(false);
  });

  test("an id too large to be exact as a number is a problem, and admits nobody", () => {
    const { problems, settings } = entryOf({ dmPolicy: "allowlist", allowFrom: [2 ** 53] });
    expect(problems).not.toEqual([]);
    expect(judgeSender(direct({ sender: { id: "9007199254740992" } }), settings, nobody).verdict).toBe("drop");
  });
});

describe("groups", () => {
  test.each<[title: string, section: Record<string, unknown>, expected: string]>([
    ["nobody is heard when nothing is said", {}, "drop"],
    ["who is listed is heard", { groupAllowFrom: ["100"] }, "admit"],
    ["who is listed for direct messages is heard", { allowFrom: ["100"] }, "admit"],
    ["an empty list of groups does not fall back", { allowFrom: ["100"], groupAllowFrom: [] }, "drop"],
    ["off is off", { groupPolicy: "disabled", groupAllowFrom: ["*"] }, "drop"],
    ["open is open", { groupPolicy: "open" }, "admit"],
    ["a chat that is not listed", { groupPolicy: "open", groups: { "-501": {} } }, "drop"],
    ["a chat that is listed", { groupPolicy: "open", groups: { "-500": {} } }, "admit"],
    ["a chat that is listed with its prefix", { groupPolicy: "open", groups: { "net:group:-500": {} } }, "admit"],
    ["every chat is listed", { groupPolicy: "open", groups: { "*": {} } }, "admit"],
    ["no chat is listed", { groupPolicy: "open", groups: {} }, "drop"],
    ["a chat that is switched off", { groupPolicy: "open", groups: { "*": {}, "-500": { enabled: false } } }, "drop"],
    [
      "off by default, on here",
      { groupPolicy: "open", groups: { "*": { enabled: false }, "-500": { enabled: true } } },
      "admit",
    ],
    ["a listed chat does not list its people", { groups: { "-500": {} } }, "drop"],
    ["the list of the chat", { groups: { "-500": { allowFrom: ["100"] } } }, "admit"],
    [
      "the list of the chat goes before that of groups",
      { groupAllowFrom: ["100"], groups: { "-500": { allowFrom: ["2"] } } },
      "drop",
    ],
    [
      "the list of the chat holds in open groups too",
      { groupPolicy: "open", groups: { "-500": { allowFrom: ["2"] } } },
      "drop",
    ],
    ["the list of all chats", { groups: { "*": { allowFrom: ["100"] } } }, "admit"],
    ["direct messages off does not matter", { dmPolicy: "disabled", groupAllowFrom: ["100"] }, "admit"],
    ["a person of that id does not list the chat", { groupPolicy: "open", groups: { "user:-500": {} } }, "drop"],
  ])("%s", (_title, section, expected) => {
    expect(verdict(grouped(), section)).toBe(expected as never);
    expect(verdict(grouped({ chat: { kind: "channel" } }), section)).toBe(expected as never);
  });

  test("who was approved for direct messages is not heard in groups, and nobody is paired there", () => {
    expect(verdict(grouped(), {}, new Set(["100"]))).toBe("drop");
    for (const type of types) expect(verdict(grouped({ type }), { dmPolicy: "pairing" })).toBe("drop");
  });

  test("the id of a group is not the id of a person, whoever speaks in its name", () => {
    const asChat = grouped({ sender: { id: "-500" } });
    expect(verdict(asChat, { groupAllowFrom: ["-500"], allowFrom: ["-500"] })).toBe("drop");
    expect(verdict(asChat, { groupPolicy: "open" })).toBe("admit");
    // The chat's id in a list of people does not let its members in.
    expect(verdict(grouped(), { groupAllowFrom: ["-500", "group:-500"] })).toBe("drop");
    // A person's id as the key of a chat does not let the person in.
    expect(verdict(direct(), { dmPolicy: "allowlist", groups: { "100": { allowFrom: ["*"] } } })).toBe("drop");
  });
});

describe("who never is heard", () => {
  const open = { dmPolicy: "open", allowFrom: ["*"], groupPolicy: "open", groups: { "*": { allowFrom: ["*"] } } };

  test.each<[title: string, told: Parameters<typeof direct>[0]]>([
    ["ourselves", { sender: { isSelf: true } }],
    ["a bot", { sender: { isBot: true } }],
    ["an empty id", { sender: { id: "" } }],
    ["an id of spaces", { sender: { id: " \t" } }],
    ["a star for an id", { sender: { id: "*" } }],
    ["a chat without an id", { chat: { id: " " } }],
  ])("%s", (_title, told) => {
    for (const type of types) {
      expect(verdict(direct({ ...told, type }), open)).toBe("drop");
      expect(verdict(grouped({ ...told, type }), open)).toBe("drop");
      expect(verdict(direct({ ...told, type }), {}, new Set(["", " ", "*"]))).toBe("drop");
    }
  });

  test("a listed bot is heard with allowBots, one that is not listed is not told a code", () => {
    const bot = direct({ sender: { isBot: true } });
    expect(verdict(bot, { allowFrom: ["100"] })).toBe("drop");
    expect(verdict(bot, { allowFrom: ["100"], allowBots: true })).toBe("admit");
    expect(verdict(bot, { allowBots: true })).toBe("drop");
  });
});

describe("every kind of event is judged by the same rule", () => {
  test.each(types.map((type) => [type]))("%s of a stranger is not admitted anywhere", (type) => {
    for (const dmPolicy of ["pairing", "allowlist", "disabled"]) {
      const found = verdict(direct({ type }), { dmPolicy, allowFrom: ["200"], groupAllowFrom: ["100"] });
      expect(found).toBe(type === "message" && dmPolicy === "pairing" ? "pair" : "drop");
    }
    for (const groupPolicy of ["allowlist", "disabled"]) {
      expect(verdict(grouped({ type }), { groupPolicy, groupAllowFrom: ["200"] })).toBe("drop");
    }
  });

  test.each(types.map((type) => [type]))("%s of somebody listed is admitted", (type) => {
    expect(verdict(direct({ type }), { allowFrom: ["100"] })).toBe("admit");
    expect(verdict(grouped({ type }), { groupAllowFrom: ["100"] })).toBe("admit");
  });
});

test("a stranger who takes the owner's names stays a stranger", () => {
  const owner = { name: "Ada", username: "ada" };
  for (const entry of ["ada", "Ada", "@ada", "net:ada", "100"]) {
    const event = direct({ sender: { id: "666", ...owner }, chat: { id: "666" } });
    expect(verdict(event, { allowFrom: [entry] }, new Set(["ada", "@ada", "100"]))).toBe("pair");
    expect(
      verdict(grouped({ sender: { id: "666", ...owner }, chat: { title: "100" } }), { groupAllowFrom: [entry] }),
    ).toBe("drop");
  }
});

test("the decision says what it was made from, and nothing that was written", () => {
  const { verdict: _, ...gate } = judgeSender(
    direct({ text: "secret", sender: { name: "Ada" } }),
    settingsOf({}),
    nobody,
  );
  expect(gate).toEqual({
    gate: "sender",
    reason: "the sender is not paired",
    facts: { type: "message", kind: "direct", chatId: "100", senderId: "100", policy: "pairing" },
  });
  expect(senderKey(" AbC ")).toBe("abc");
});

describe("people with several ids", () => {
  const lid = { id: "lid-7", altIds: ["+15550102030", "Other"] };
  const section = (list: string[]) => ({ dmPolicy: "allowlist", allowFrom: list });

  test.each<[title: string, list: string[], expected: string]>([
    ["by their id", ["lid-7"], "admit"],
    ["by another id of theirs", ["+1 555 010 20 30"], "admit"],
    ["by another id, however it is spelt", ["OTHER"], "admit"],
    ["not by a part of one", ["+1555010203"], "drop"],
    ["not by nothing", ["", " "], "drop"],
  ])("are listed %s", (_title, list, expected) => {
    expect(verdict(direct({ sender: lid }), section(list))).toBe(expected as never);
    expect(verdict(grouped({ sender: lid }), { groupAllowFrom: list })).toBe(expected as never);
  });

  test("are paired by any of them, and told as strangers by none", () => {
    expect(verdict(direct({ sender: lid }), {}, new Set(["other"]))).toBe("admit");
    expect(verdict(direct({ sender: lid }), {}, new Set(["another"]))).toBe("pair");
    expect(verdict(grouped({ sender: lid }), {}, new Set(["other"]))).toBe("drop");
  });

  test.each<[altId: string]>([[""], [" "], ["*"]])("%j is no id of anybody", (altId) => {
    const sender = { id: "666", altIds: [altId] };
    expect(verdict(direct({ sender }), {}, new Set(["", "*"]))).toBe("pair");
    const forced = { ...settingsOf({ groupPolicy: "allowlist" }), groupAllowFrom: ["", "x"] };
    expect(judgeSender(grouped({ sender }), forced, nobody).verdict).toBe("drop");
  });

  test("do not have the id of the group they speak in", () => {
    const sender = { id: "666", altIds: ["-500"] };
    expect(verdict(grouped({ sender }), { groupAllowFrom: ["-500"], allowFrom: ["-500"] })).toBe("drop");
    expect(verdict(grouped({ sender: { id: "666", altIds: ["-500", "100"] } }), { groupAllowFrom: ["100"] })).toBe(
      "admit",
    );
  });

  test("a stranger whose names read like ids stays a stranger", () => {
    const sender = { id: "666", name: "+15550102030", username: "+15550102030" };
    expect(verdict(direct({ sender }), section(["+15550102030"]))).toBe("drop");
  });
});

describe("what waited since before we connected", () => {
  test("of a stranger is dropped without a word, whatever it is", () => {
    for (const type of types) expect(verdict(direct({ type, isBacklog: true }), {})).toBe("drop");
    expect(judgeSender(direct({ isBacklog: true }), settingsOf({}), nobody).reason).toContain("before");
    expect(verdict(direct({ isBacklog: false }), {})).toBe("pair");
  });

  test("of somebody known is heard like everything else", () => {
    expect(verdict(direct({ isBacklog: true }), { allowFrom: ["100"] })).toBe("admit");
    expect(verdict(direct({ isBacklog: true }), {}, new Set(["100"]))).toBe("admit");
    expect(verdict(grouped({ isBacklog: true }), { groupAllowFrom: ["100"] })).toBe("admit");
    expect(verdict(grouped({ isBacklog: true }), {})).toBe("drop");
  });
});
