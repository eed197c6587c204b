/** Whether a host runs a command, asks or refuses: a table of all the rules. */
import { describe, expect, test } from "bun:test";
import type { ExecApprovalsFile } from "#schemas/exec-approvals.ts";
import type { ResolvedSegment } from "../../../src/lib/exec/allowlist.ts";
import { type ExecAnswer, judge, policyOf } from "../../../src/lib/exec/policy.ts";

const make: ResolvedSegment[] = [{ operator: "start", argv: ["tool", "all"], resolvedPath: "/usr/bin/tool" }];
const fileOf = (main: object, more: object = {}): ExecApprovalsFile => ({ version: 1, agents: { main, ...more } });
const listed = { allowlist: [{ pattern: "/usr/bin/tool" }] };

function verdict(file: ExecApprovalsFile, answer: ExecAnswer): string {
  const given = { skillBins: new Set(["tool"]), homeDir: "/home/ada", ...(answer === undefined ? {} : { answer }) };
  const judged = judge(policyOf(file, "main"), make, given);
  return judged.verdict === "refuse" ? judged.reason : judged.verdict;
}

describe("verdicts", () => {
  test.each<[title: string, rules: object, answer: ExecAnswer, expected: string]>([
    ["nothing said: deny", {}, undefined, "security=deny"],
    ["deny wins over an approval", { security: "deny" }, "allow-once", "security=deny"],
    ["full runs", { security: "full" }, undefined, "run"],
    ["full with ask always asks", { security: "full", ask: "always" }, undefined, "ask"],
    ["listed runs", { security: "allowlist", ...listed }, undefined, "run"],
    ["listed with ask always asks", { security: "allowlist", ask: "always", ...listed }, undefined, "ask"],
    ["not listed asks", { security: "allowlist" }, undefined, "ask"],
    ["not listed and never asked is refused", { security: "allowlist", ask: "off" }, undefined, "allowlist-miss"],
    ["approved once runs", { security: "allowlist" }, "allow-once", "run"],
    ["approved always runs", { security: "allowlist" }, "allow-always", "run"],
    ["denied is refused", { security: "full" }, "deny", "approval-required"],
    ["unanswered is refused", { security: "allowlist" }, "none", "approval-required"],
    ["unanswered may fall back to all", { security: "allowlist", askFallback: "full" }, "none", "run"],
    ["or to the list", { security: "allowlist", askFallback: "allowlist", ask: "always", ...listed }, "none", "run"],
    ["which does not have it", { security: "allowlist", askFallback: "allowlist" }, "none", "approval-required"],
    ["skills count when they are let", { security: "allowlist", autoAllowSkills: true }, undefined, "run"],
    ["a word nobody knows is the strictest", { security: "everything" }, undefined, "security=deny"],
    ["so is another kind of asking", { security: "full", ask: "sometimes" }, undefined, "ask"],
  ])("%s", (_title, rules, answer, expected) => {
    expect(verdict(fileOf(rules), answer)).toBe(expected as never);
  });

  test("what could not be read is asked about, and never on the list", () => {
    const rules = { security: "allowlist", allowlist: [{ pattern: "/**" }] };
    const given = { skillBins: new Set<string>(), homeDir: "/" };
    expect(judge(policyOf(fileOf(rules)), undefined, given).verdict).toBe("ask");
    expect(judge(policyOf(fileOf({ ...rules, ask: "off" })), undefined, given)).toEqual({
      verdict: "refuse",
      reason: "allowlist-miss",
    });
  });
});

describe("whose rules", () => {
  test.each<[title: string, file: ExecApprovalsFile, agentId: string, expected: string]>([
    ["the agent's own", fileOf({ security: "full" }, { "*": { security: "deny" } }), "main", "full"],
    ["else everybody's", fileOf({}, { "*": { security: "full" } }), "main", "full"],
    ["else the defaults", { version: 1, defaults: { security: "full" } }, "main", "full"],
    ["never another agent's", fileOf({ security: "full" }), "other", "deny"],
    ["never an inherited name", fileOf({ security: "full" }), "constructor", "deny"],
    ["and * is no agent", { version: 1, agents: { "*": { security: "full" } } }, "*", "full"],
  ])("%s", (_title, file, agentId, expected) => {
    expect(policyOf(file, agentId).security).toBe(expected as never);
  });

  test("lists add up, everybody's first; the stricter of file and configuration holds", () => {
    const file = fileOf({ security: "full", ask: "off", ...listed }, { "*": { allowlist: [{ pattern: "/a" }] } });
    const policy = policyOf(file, "main", { security: "allowlist", ask: "on-miss" });
    expect(policy).toMatchObject({ security: "allowlist", ask: "on-miss" });
    expect(policy.allowlist.map(({ pattern }) => pattern)).toEqual(["/a", "/usr/bin/tool"]);
    expect(
      policyOf(fileOf({ security: "deny", ask: "always" }), "main", { security: "full", ask: "off" }),
    ).toMatchObject({
      security: "deny",
      ask: "always",
    });
    expect(policyOf({ version: 1 }, "main", { security: "full", ask: "off" })).toMatchObject({
      security: "full",
      ask: "off",
    });
  });
});
