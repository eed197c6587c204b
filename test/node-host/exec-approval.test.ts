/** An approval is for exactly one execution, and that reaches the kernel as it was approved. */
import { describe, expect, test } from "bun:test";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { showArgv } from "../../src/lib/exec/show.ts";
import { approvalOf, createPlace, createRunner, full, type Place, REQUIRED, type Rules } from "./harness.ts";

describe("threat(T09): an approval is for exactly one execution", () => {
  /** A request with an approval of it, in every field it has. */
  function approvedRun(place: Place, nowMs: number) {
    const stub = place.stub();
    const argv = ["stub", "a b", "c"];
    const cwd = place.home;
    const env = { FOO: "1", BAR: "2" };
    const whom = { agentId: "ada", sessionKey: "agent:ada:main" };
    const approval = approvalOf({ argv, cwd, env, resolvedPath: stub, ...whom }, nowMs);
    return { stub, params: { command: argv, cwd, env, ...whom, runId: "r1", ...approval } };
  }
  const asking: Rules = { defaults: { security: "allowlist", ask: "on-miss" } };

  test("exactly that runs, once, and the kernel is given exactly that", async () => {
    using place = createPlace();
    using runner = createRunner(place, { rules: asking });
    const { params } = approvedRun(place, runner.clock.now());
    expect(await runner.run(params)).toMatchObject({ exitCode: 0, success: true });
    const path = `${place.bin}:/usr/bin:/bin`;
    expect(place.started()).toEqual([
      { args: ["a b", "c"], cwd: place.home, env: { PATH: path, HOME: place.home, FOO: "1", BAR: "2" } },
    ]);
    expect(await runner.refused(params)).toBe(REQUIRED);
    expect(place.started()).toHaveLength(1);
    expect(runner.reports.map(({ event }) => event)).toEqual(["exec.finished", "exec.denied"]);
  });

  type Change = (params: Record<string, unknown>, place: Place) => Record<string, unknown>;
  test.each<[title: string, change: Change]>([
    ["an argument", (p) => ({ ...p, command: ["stub", "a b", "d"] })],
    ["one argument made two", (p) => ({ ...p, command: ["stub", "a", "b", "c"] })],
    ["an argument more", (p) => ({ ...p, command: ["stub", "a b", "c", ""] })],
    ["an argument less", (p) => ({ ...p, command: ["stub", "a b"] })],
    ["arguments in another order", (p) => ({ ...p, command: ["stub", "c", "a b"] })],
    ["a look-alike", (p) => ({ ...p, command: ["stub", "a b", "с"] })],
    ["an invisible character", (p) => ({ ...p, command: ["stub", "a b", "c\u200b"] })],
    ["the same file by another name", (p, { bin }) => ({ ...p, command: [join(bin, "stub"), "a b", "c"] })],
    ["the folder", (p, { dir }) => ({ ...p, cwd: dir })],
    ["the folder in another spelling", (p, { home }) => ({ ...p, cwd: `${home}/.` })],
    ["no folder", ({ cwd: _cwd, ...p }) => p],
    ["a variable", (p) => ({ ...p, env: { FOO: "1", BAR: "3" } })],
    ["a variable more", (p) => ({ ...p, env: { FOO: "1", BAR: "2", BAZ: "" } })],
    ["a variable that is left out anyway", (p) => ({ ...p, env: { FOO: "1", BAR: "2", LD_PRELOAD: "x" } })],
    ["a variable less", (p) => ({ ...p, env: { FOO: "1" } })],
    ["no variables", ({ env: _env, ...p }) => p],
    ["the agent", (p) => ({ ...p, agentId: "bob" })],
    ["no agent", ({ agentId: _agent, ...p }) => p],
    ["the session", (p) => ({ ...p, sessionKey: "agent:ada:other" })],
    ["no session", (p) => ({ ...p, sessionKey: null })],
    ["the hash", (p) => ({ ...p, approvalHash: "0".repeat(64) })],
    ["no hash", ({ approvalHash: _hash, ...p }) => p],
    ["a later end", (p) => ({ ...p, approvalExpiresAtMs: Number(p["approvalExpiresAtMs"]) + 1 })],
    ["no end", ({ approvalExpiresAtMs: _end, ...p }) => p],
    ["only the word", ({ approved: _approved, ...p }) => p],
    ["only the claim", ({ approvalDecision: _word, ...p }) => p],
    [
      "another file of that name, in front of the path",
      (p, { dir, bin, stub }) => {
        stub("stub", join(dir, "front"));
        return { ...p, env: { FOO: "1", BAR: "2", PATH: `${dir}/front:${bin}:/usr/bin:/bin` } };
      },
    ],
  ])("changed afterwards: %s", async (_title, change) => {
    using place = createPlace();
    using runner = createRunner(place, { rules: asking });
    const { params } = approvedRun(place, runner.clock.now());
    expect(await runner.refused(change(params, place))).toBe(REQUIRED);
    expect(place.started()).toEqual([]);
    expect(runner.reports).toMatchObject([{ event: "exec.denied", payload: { reason: "approval-required" } }]);
  });

  test("changed afterwards: the file behind the name", async () => {
    using place = createPlace();
    using runner = createRunner(place, { rules: asking });
    const { params, stub } = approvedRun(place, runner.clock.now());
    const other = place.stub("other");
    rmSync(stub);
    symlinkSync(other, stub);
    expect(await runner.refused(params)).toBe(REQUIRED);
    expect(place.started()).toEqual([]);
  });

  test("for another node, or too late", async () => {
    using place = createPlace();
    using runner = createRunner(place, { rules: asking });
    const stub = place.stub();
    const argv = ["stub"];
    const elsewhere = approvalOf({ argv, resolvedPath: stub, nodeId: "m".repeat(64) }, runner.clock.now());
    expect(await runner.refused({ command: argv, ...elsewhere })).toBe(REQUIRED);
    const late = approvalOf({ argv, resolvedPath: stub, expiresAtMs: runner.clock.now() - 11_000 }, 0);
    expect(await runner.refused({ command: argv, ...late })).toBe(REQUIRED);
    expect(place.started()).toEqual([]);
  });

  test("without the file, the arguments must name it by themselves", async () => {
    using place = createPlace();
    using runner = createRunner(place, { rules: asking });
    const stub = place.stub();
    const nowMs = runner.clock.now();
    expect(await runner.refused({ command: ["stub"], ...approvalOf({ argv: ["stub"] }, nowMs) })).toBe(REQUIRED);
    expect(await runner.run({ command: [stub], ...approvalOf({ argv: [stub] }, nowMs) })).toMatchObject({
      success: true,
    });
    expect(place.started()).toHaveLength(1);
  });

  test("a claim that does not hold is refused where everything may run; approved or not, nothing runs where nothing may", async () => {
    using place = createPlace();
    const stub = place.stub();
    using runner = createRunner(place, { rules: full });
    const claim = { approved: true, approvalDecision: "allow-once" };
    expect(await runner.refused({ command: ["stub"], ...claim })).toBe(REQUIRED);
    using denying = createRunner(createPlaceIn(place), {});
    const good = approvalOf({ argv: ["stub"], resolvedPath: stub }, denying.clock.now());
    expect(await denying.refused({ command: ["stub"], ...good })).toContain("security=deny");
    expect(place.started()).toEqual([]);
  });

  /** The same programs with another state folder. */
  function createPlaceIn(place: Place) {
    const stateDir = join(place.dir, "other-state");
    mkdirSync(stateDir);
    return { ...place, stateDir };
  }

  test("allow-always puts the file on the list", async () => {
    using place = createPlace();
    using runner = createRunner(place, { rules: asking });
    const stub = place.stub();
    const params = { command: ["stub", "a b", "c"], agentId: "ada" };
    const approval = approvalOf({ argv: params.command, agentId: "ada", resolvedPath: stub }, runner.clock.now());
    await runner.run({ ...params, ...approval, approvalDecision: "allow-always" });
    expect(runner.rules.rules().agents?.["ada"]?.allowlist).toMatchObject([
      { pattern: stub, lastUsedCommand: "stub 'a b' c" },
    ]);
    expect(await runner.run({ command: ["stub", "anything"], agentId: "ada" })).toMatchObject({ success: true });
    expect(await runner.refused({ command: ["stub"], agentId: "bob" })).toBe(REQUIRED);
  });
});

describe("threat(T09, T10): fuzzed arguments", () => {
  const pieces = [
    ..."abc XYZ019-_=/.,:@%+",
    ..."'\"\\`$&|;<>()[]{}*?~!#^",
    "\n", "\r", "\t", "\x1b[2K", "\x07", "\x7f", "\x80",
    "\u202e", "\u2066", "\u200b", "\ufeff", "\u00a0", "а", "ο", "ｒｍ", "é", "e\u0301", "😀", "⟨U+0041⟩",
    "--", "-c", "$(id)", "`id`", "${IFS}", "%n", "..", "\u0000".slice(1),
  ]; // biome-ignore format: one line per kind

  /** Small and repeatable. */
  function random(seed: number) {
    let state = seed;
    return (below: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
  }
  const fuzzed = (seed: number): string[] => {
    const next = random(seed);
    const word = () => Array.from({ length: next(6) }, () => pieces[next(pieces.length)] ?? "").join("");
    return Array.from({ length: 1 + next(5) }, word);
  };

  test("whatever is approved reaches the kernel unchanged, and its neighbour does not run", async () => {
    using place = createPlace();
    using runner = createRunner(place, { rules: { defaults: { security: "allowlist", ask: "on-miss" } } });
    const stub = place.stub();
    for (let seed = 1; seed <= 60; seed++) {
      place.forget();
      const args = fuzzed(seed);
      const argv = ["stub", ...args];
      const approval = approvalOf({ argv, resolvedPath: stub }, runner.clock.now() + seed);
      const neighbours = [[...argv, ""], ["stub", args.join(" ")], argv.map((one) => `${one} `)];
      for (const command of neighbours) {
        if (command.join("\0") === argv.join("\0")) continue;
        expect([seed, await runner.refused({ command, ...approval })]).toEqual([seed, REQUIRED]);
      }
      expect([seed, place.started()]).toEqual([seed, []]);
      expect([seed, await runner.run({ command: argv, ...approval })]).toMatchObject([seed, { success: true }]);
      expect([seed, place.started().map((one) => one.args)]).toEqual([seed, [args]]);
    }
  }, 30_000);

  test("no two lists of arguments are shown alike", () => {
    const seen = new Map<string, string>();
    for (let seed = 1; seed <= 5_000; seed++) {
      const argv = fuzzed(seed);
      const shown = showArgv(argv);
      expect(shown).toMatch(/^[\x20-\x7eÀ-ž⟨⟩]*$/);
      const key = argv.join("\0");
      expect(seen.get(shown) ?? key).toBe(key);
      seen.set(shown, key);
    }
  });
});
