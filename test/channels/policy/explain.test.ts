import { expect, test } from "bun:test";
import { wordGates } from "../../../src/channels/policy/explain.ts";
import { judgeMention } from "../../../src/channels/policy/mention.ts";
import { routeOf } from "../../../src/channels/policy/route.ts";
import { judgeSender } from "../../../src/channels/policy/sender.ts";
import { grouped, settingsOf } from "./events.ts";

test("the decisions of an event read as an answer to why", () => {
  const settings = settingsOf({ groupPolicy: "open" });
  const event = grouped({ text: "secret plans", sender: { name: "Ada" } });
  const options = { channel: "net", accountId: "a", mainKey: "main", identityLinks: {}, defaultAgentId: "main" };
  const gates = [
    judgeSender(event, settings, new Set()),
    judgeMention(event, settings),
    routeOf(event, { ...options, dmScope: "main" }),
  ];
  expect(wordGates(gates)).toEqual([
    'sender: admit, groups are open (type="message", kind="group", chatId="-500", senderId="100", policy="open")',
    'mention: context, not mentioned (type="message", kind="group", chatId="-500", patterns=0)',
    'route: route, default agent (channel="net", accountId="a", kind="group", dmScope="main", agentId="main", sessionKey="agent:main:net:group:-500")',
  ]);
  expect(JSON.stringify(gates)).not.toMatch(/secret|Ada/);
});

test("an id of a stranger cannot forge a line", () => {
  const facts = { id: `a"\n\u202e\u001b[31m${"x".repeat(500)}`, count: 1, isOpen: false };
  const [line = ""] = wordGates([{ gate: "sender", verdict: "drop", reason: "r", facts }]);
  expect(line).toMatch(/^[\x20-\x7e…]*$/);
  expect(line.length).toBeLessThan(300);
  expect(wordGates([{ gate: "rate", verdict: "drop", reason: "r", facts: {} }])).toEqual(["rate: drop, r"]);
});
