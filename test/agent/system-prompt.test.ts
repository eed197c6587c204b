/** The system prompt is small and carries what it was given. */
import { expect, test } from "bun:test";
import { buildSystemPrompt } from "../../src/agent/system-prompt.ts";

const parts = { agentName: "Molty", dateLine: "Thursday, 15 January 2026" };

test("it names the agent and the date, and ends with what changes most often", () => {
  const prompt = buildSystemPrompt({ ...parts, extraPrompt: "  Speak like a sailor.  " });
  expect(prompt).toStartWith("You are Molty,");
  expect(prompt).toContain("\n\nSpeak like a sailor.\n\n");
  expect(prompt).toEndWith("Today is Thursday, 15 January 2026.");
});

test("it is short, and stays bounded whatever the operator adds", () => {
  expect(buildSystemPrompt(parts).length).toBeLessThan(1_000);
  expect(buildSystemPrompt({ ...parts, extraPrompt: "x".repeat(100_000) }).length).toBeLessThan(7_000);
});
