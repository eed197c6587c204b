/** Settings as older files have them, read through the policy all networks share. */
import { expect, test } from "bun:test";
import { modernize } from "../../../src/channels/discord/older.ts";
import { judgeSender } from "../../../src/channels/policy/sender.ts";
import { accountsOf, groupOf } from "../../../src/channels/policy/settings.ts";

const guild = "400000000000000001";
const general = { id: "500000000000000001", parentIds: [guild] };
const kitchen = { id: "500000000000000002", parentIds: [guild] };
const elsewhere = { id: "500000000000000003", parentIds: ["400000000000000002"] };
const ada = "200000000000000001";
const bob = "200000000000000002";

/** The settings of the one account of a section. */
const settingsOf = (section: object) => accountsOf(modernize({ ...section }), { prefixes: ["discord"] })[0]!.settings;

/** Who of two people may speak where. */
function admitted(section: object) {
  const settings = settingsOf(section);
  const places = { general, kitchen, elsewhere };
  return Object.entries(places).flatMap(([name, place]) =>
    [ada, bob].flatMap((id) => {
      const event = { type: "message", chat: { kind: "channel", ...place }, sender: { id } } as const;
      const who = id === ada ? "ada" : "bob";
      return judgeSender(event, settings, new Set()).verdict === "admit" ? [`${who} in ${name}`] : [];
    }),
  );
}

test.each<[title: string, section: object, expected: string[]]>([
  [
    "a server without more",
    { guilds: { [guild]: {} } },
    ["ada in general", "bob in general", "ada in kitchen", "bob in kitchen"],
  ],
  ["a server with people", { guilds: { [guild]: { users: [ada] } } }, ["ada in general", "ada in kitchen"]],
  [
    "a server with channels",
    { guilds: { [guild]: { channels: { [general.id]: { allow: true } } } } },
    ["ada in general", "bob in general"],
  ],
  [
    "channels that are switched off",
    { guilds: { [guild]: { channels: { [general.id]: { allow: false }, [kitchen.id]: { enabled: false } } } } },
    [],
  ],
  ["no channel at all", { guilds: { [guild]: { channels: {} } } }, []],
  [
    "a channel with people of its own",
    {
      guilds: {
        [guild]: { users: [ada], channels: { [general.id]: { users: [`discord:${bob}`] }, [kitchen.id]: {} } },
      },
    },
    ["bob in general", "ada in kitchen"],
  ],
  [
    "every channel but one",
    { guilds: { [guild]: { channels: { "*": { users: [ada] }, [kitchen.id]: { allow: false } } } } },
    ["ada in general"],
  ],
  ["every server", { guilds: { "*": { users: [ada] } } }, ["ada in general", "ada in kitchen", "ada in elsewhere"]],
  ["threat(T24): names open nothing", { guilds: { "friends-of-tea": { channels: { general: {} } } } }, []],
  [
    "a list for all groups goes before everybody",
    { groupAllowFrom: [bob], guilds: { [guild]: {} } },
    ["bob in general", "bob in kitchen"],
  ],
  ["the newer key wins", { guilds: { [guild]: {} }, groups: { [guild]: { enabled: false } } }, []],
  ["groups switched off", { groupPolicy: "disabled", guilds: { [guild]: {} } }, []],
  ["no such keys", { groups: { [general.id]: { allowFrom: [ada] } } }, ["ada in general"]],
])("%s", (_title, section, expected) => {
  expect(admitted(section)).toEqual(expected);
});

test("what is said of a server holds in its channels, unless they say otherwise", () => {
  const settings = settingsOf({
    guilds: {
      [guild]: {
        requireMention: false,
        channels: { [general.id]: { systemPrompt: "Be brief." }, [kitchen.id]: { requireMention: true } },
      },
    },
  });
  expect(groupOf(settings, general)).toMatchObject({ requireMention: false, systemPrompt: "Be brief." });
  expect(groupOf(settings, kitchen)).toMatchObject({ requireMention: true });
});

test("nothing else is touched", () => {
  const section = { token: "t", dm: { policy: "open" }, guilds: { [guild]: {} } };
  const before = structuredClone(section);
  expect(modernize(section)).toEqual({
    token: "t",
    dm: { policy: "open" },
    groups: { [guild]: { enabled: true, allowFrom: ["*"] } },
  });
  expect(section).toEqual(before);
});

test.each([[null], [3], ["x"], [[]]])(
  "what is no record of servers is left for the check of the settings: %p",
  (guilds) => {
    expect(modernize({ guilds })).toEqual({ guilds });
  },
);
