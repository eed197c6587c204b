import { expect, test } from "bun:test";
import { agentIdOf, canonicalKey, kindOf, mainKeyOf } from "../../src/sessions/keys.ts";

const settings = { mainKey: "main", defaultAgentId: "main" };
const renamed = { mainKey: "home", defaultAgentId: "work" };

test.each<[key: string, canonical: string, inRenamed: string]>([
  ["main", "agent:main:main", "agent:work:home"],
  [" MAIN ", "agent:main:main", "agent:work:home"],
  ["agent:main:main", "agent:main:main", "agent:main:home"],
  ["Agent:Other:Main", "agent:other:main", "agent:other:home"],
  ["notes", "agent:main:notes", "agent:work:notes"],
  ["telegram:group:-100", "agent:main:telegram:group:-100", "agent:work:telegram:group:-100"],
  ["agent:x:telegram:group:-100", "agent:x:telegram:group:-100", "agent:x:telegram:group:-100"],
  ["global", "global", "global"],
  ["UNKNOWN", "unknown", "unknown"],
  ["agent:", "agent:main:agent:", "agent:work:agent:"],
  ["agent::x", "agent:main:agent::x", "agent:work:agent::x"],
])("%p is stored as %p", (key, canonical, inRenamed) => {
  expect(canonicalKey(key, settings)).toBe(canonical);
  expect(canonicalKey(canonical, settings)).toBe(canonical);
  expect(canonicalKey(key, renamed)).toBe(inRenamed);
});

test.each<[key: string, agentId: string, kind: string]>([
  ["agent:main:main", "main", "direct"],
  ["agent:x:telegram:group:-100", "x", "group"],
  ["agent:x:slack:channel:c1", "x", "group"],
  ["agent:x:telegram:dm:5", "x", "direct"],
  ["global", "main", "global"],
  ["unknown", "main", "unknown"],
])("%p belongs to %p and is %p", (key, agentId, kind) => {
  expect(agentIdOf(key, settings)).toBe(agentId);
  expect(kindOf(key)).toBe(kind as ReturnType<typeof kindOf>);
});

test("the main session of an agent has the configured name", () => {
  expect(mainKeyOf("x", renamed)).toBe("agent:x:home");
});
