/** Who may use which tool: the matrix of origins and rules (threats T25). */
import { expect, test } from "bun:test";
import { mayUse, type RunOrigin, type ToolPolicy, type ToolRules } from "../../src/agent/tool-policy.ts";

test.each<[title: string, tool: string, origin: RunOrigin, policy: ToolPolicy, agent: ToolRules, expected: boolean]>([
  ["an operator has every tool when nothing is said", "exec", "operator", {}, {}, true],
  ["a chat has none that touches a device", "camera", "chat", {}, {}, false],
  ["a chat is told the time", "current_time", "chat", {}, {}, true],
  ["a chat gets what the owner allows chats", "camera", "chat", { chat: { allow: ["camera"] } }, {}, true],
  ["and nothing beside it", "exec", "chat", { chat: { allow: ["camera"] } }, {}, false],
  [
    "what is allowed to chats is not what is denied to all",
    "camera",
    "chat",
    { deny: ["camera"], chat: { allow: ["*"] } },
    {},
    false,
  ],
  ["a denial for chats holds for chats only", "canvas", "operator", { chat: { deny: ["*"] } }, {}, true],
  ["an agent has no more than its own rules", "exec", "operator", {}, { allow: ["canvas"] }, false],
  ["nor more than the rules of all", "exec", "operator", { allow: ["canvas"] }, { allow: ["*"] }, false],
  ["an empty list is nothing", "canvas", "operator", { allow: [] }, {}, false],
  ["a tap may change the canvas", "canvas", "node", {}, {}, true],
  ["a device may not have others recorded", "camera", "node", {}, {}, false],
  ["nor programs run", "exec", "node", { chat: { allow: ["*"] } }, {}, false],
])("threat(T25): %s", (_title, tool, origin, policy, agent, expected) => {
  expect(mayUse(tool, origin, policy, agent)).toBe(expected);
});
