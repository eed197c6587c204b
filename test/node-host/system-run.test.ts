/** `system.run` under the owner's rules: what runs, what is asked about, what is refused, and what is reported. */
import { describe, expect, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { FakeClock } from "../support/clock.ts";
import { createPlace, createRunner, full, listed, REQUIRED, type Rules } from "./harness.ts";

describe("the owner's rules", () => {
  test.each<[title: string, rules: Rules | undefined, said: string | undefined, reason: string | undefined]>([
    ["no file at all", undefined, "UNAVAILABLE SYSTEM_RUN_DISABLED: security=deny", "security=deny"],
    [
      "nothing may run",
      { defaults: { security: "deny", ask: "off" } },
      "UNAVAILABLE SYSTEM_RUN_DISABLED: security=deny",
      "security=deny",
    ],
    [
      "a word nobody knows",
      { defaults: { security: "sure", ask: "off" } },
      "UNAVAILABLE SYSTEM_RUN_DISABLED: security=deny",
      "security=deny",
    ],
    ["everything may run", full, undefined, undefined],
    ["everything, but asked first", { defaults: { security: "full", ask: "always" } }, REQUIRED, "approval-required"],
    ["not on the list, asked", listed("/nosuch"), REQUIRED, "approval-required"],
    [
      "not on the list, not asked",
      { defaults: { security: "allowlist", ask: "off" } },
      "UNAVAILABLE SYSTEM_RUN_DENIED: allowlist miss",
      "allowlist-miss",
    ],
    ["only a name on the list", listed("stub"), REQUIRED, "approval-required"],
  ])("%s", async (_title, rules, said, reason) => {
    using place = createPlace();
    using runner = createRunner(place, rules ? { rules } : {});
    place.stub();
    const answer = await runner.refused({ command: ["stub", "a"], sessionKey: "main", runId: "r1" });
    if (said === undefined) expect(answer).toMatchObject({ exitCode: 0, success: true, timedOut: false, error: null });
    else expect(answer).toBe(said);
    expect(place.started()).toHaveLength(said === undefined ? 1 : 0);
    const run = { sessionKey: "main", runId: "r1", host: "node", command: "stub a" };
    expect(runner.reports).toEqual([
      reason === undefined
        ? { event: "exec.finished", payload: { ...run, exitCode: 0, timedOut: false, success: true, output: "" } }
        : { event: "exec.denied", payload: { ...run, reason } },
    ]);
  });

  test("the list holds for the file behind the links, and notes its use", async () => {
    using place = createPlace();
    const real = place.stub("real");
    symlinkSync(real, join(place.bin, "link"));
    using runner = createRunner(place, { rules: listed(join(place.bin, "re*")) });
    expect(await runner.run({ command: ["link"] })).toMatchObject({ success: true });
    expect(runner.rules.rules().agents?.["main"]?.allowlist?.[0]).toMatchObject({
      lastUsedCommand: "link",
      lastResolvedPath: real,
    });
    const evil = place.stub("evil");
    symlinkSync(evil, join(place.bin, "really"));
    expect(await runner.refused({ command: ["really"] })).toBe(REQUIRED);
    expect(place.started()).toHaveLength(1);
  });

  test("rules are per agent", async () => {
    using place = createPlace();
    const stub = place.stub();
    using runner = createRunner(place, {
      rules: { agents: { ada: { security: "allowlist", allowlist: [{ pattern: stub }] } } },
    });
    expect(await runner.refused({ command: ["stub"] })).toContain("security=deny");
    expect(await runner.refused({ command: ["stub"], agentId: "bob" })).toContain("security=deny");
    expect(await runner.run({ command: ["stub"], agentId: "ada" })).toMatchObject({ success: true });
  });

  test("programs of skills run where the owner lets them; the gateway is asked once a while, and need not answer", async () => {
    using place = createPlace();
    place.stub("skilled");
    let asked = 0;
    const skills = async () => {
      asked++;
      return { bins: ["skilled"] };
    };
    const rules = { defaults: { security: "allowlist", ask: "off", autoAllowSkills: true } };
    {
      using runner = createRunner(place, { rules, skills });
      for (let at = 0; at < 3; at++)
        expect(await runner.run({ command: ["skilled"] })).toMatchObject({ success: true });
      expect(asked).toBe(1);
      expect(await runner.refused({ command: ["ls"] })).toContain("allowlist miss");
    }
    using other = createPlace();
    other.stub("skilled");
    using deaf = createRunner(other, { rules, skills: () => Promise.reject(new Error("not connected")) });
    expect(await deaf.refused({ command: ["skilled"] })).toContain("allowlist miss");
  });
});

describe("parameters", () => {
  test.each<[title: string, params: unknown]>([
    ["none", undefined],
    ["a text", "ls"],
    ["no command", {}],
    ["an empty command", { command: [] }],
    ["an empty program", { command: [""] }],
    ["a command as text", { command: "ls" }],
    ["a number among the arguments", { command: ["ls", 1] }],
    ["a NUL", { command: ["ls", "a\0b"] }],
    [
      "too much",
      {
        command: [
          "ls",
          ..."x"
            .repeat(200)
            .split("")
            .map((one) => one.repeat(1_000)),
        ],
      },
    ],
    ["a folder that is not there", { command: ["ls"], cwd: "/nosuch" }],
    ["a folder that is a file", { command: ["ls"], cwd: "/etc/passwd" }],
    ["a folder that is not whole", { command: ["ls"], cwd: "tmp" }],
    ["a folder with a NUL", { command: ["ls"], cwd: "/tmp\0" }],
    ["a variable that is no text", { command: ["ls"], env: { A: 1 } }],
    ["a text of another command", { command: ["ls", "-l"], rawCommand: "ls" }],
    ["a text of another command in a shell", { command: ["sh", "-c", "id"], rawCommand: "sh -c id" }],
  ])("%s: INVALID_REQUEST, and nothing runs", async (_title, params) => {
    using place = createPlace();
    using runner = createRunner(place, { rules: full });
    expect(await runner.refused(params)).toStartWith("INVALID_REQUEST ");
    expect(runner.reports).toEqual([]);
  });

  test("without a folder it runs at home; a link to a folder is followed", async () => {
    using place = createPlace();
    using runner = createRunner(place, { rules: full });
    place.stub();
    await runner.run({ command: ["stub"] });
    symlinkSync(place.bin, join(place.dir, "link"));
    await runner.run({ command: ["stub"], cwd: join(place.dir, "link") });
    expect(
      place
        .started()
        .map(({ cwd }) => cwd)
        .sort(),
    ).toEqual([place.bin, place.home]);
  });

  test("a program that is not there, a screen that cannot be recorded, too many at once", async () => {
    using place = createPlace();
    using runner = createRunner(place, { rules: full });
    expect(await runner.run({ command: ["nosuch"] })).toEqual({
      timedOut: false,
      success: false,
      stdout: "",
      stderr: "",
      error: "no such program: nosuch",
    });
    expect(await runner.refused({ command: ["ls"], needsScreenRecording: true })).toBe(
      "UNAVAILABLE PERMISSION_MISSING: screenRecording",
    );
    expect(runner.reports[1]).toMatchObject({
      event: "exec.denied",
      payload: { reason: "permission:screenRecording" },
    });
    const stop = new AbortController();
    const running = Array.from({ length: 8 }, () => runner.run({ command: ["sleep", "600"] }, stop.signal));
    await Promise.resolve();
    expect(await runner.refused({ command: ["ls"] })).toContain("more than 8 commands run here");
    stop.abort();
    for (const one of await Promise.all(running)) expect(one).toMatchObject({ success: false });
    expect(await runner.run({ command: ["ls"] })).toMatchObject({ success: true });
  });

  test("its time limit is the caller's, and never more than half an hour", async () => {
    using place = createPlace();
    const clock = new FakeClock();
    using runner = createRunner(place, { rules: full, clock });
    const limits: [asked: number | undefined, limit: number][] = [
      [1_000, 1_000],
      [undefined, 1_800_000],
      [1e12, 1_800_000],
    ];
    for (const [timeoutMs, limitMs] of limits) {
      const running = runner.run({ command: ["sleep", "600"], ...(timeoutMs ? { timeoutMs } : {}) });
      await clock.waitsFor(limitMs);
      clock.advance(limitMs);
      expect(await running).toMatchObject({ timedOut: true, success: false, error: null });
    }
    expect(runner.reports.at(-1)?.payload).toMatchObject({ timedOut: true, success: false });
  });
});

test("preparing says what it comes to, and runs nothing", async () => {
  using place = createPlace();
  const stub = place.stub();
  using runner = createRunner(place, { rules: listed() });
  const asked = { command: ["stub", "a b"], env: { FOO: "1", LD_PRELOAD: "x" }, sessionKey: "main" };
  expect(await runner.prepare(asked)).toEqual({
    plan: { argv: ["stub", "a b"], cwd: place.home, commandText: "stub 'a b'", agentId: null, sessionKey: "main" },
    env: { FOO: "1" },
    resolvedPath: stub,
    verdict: "ask",
  });
  expect(await runner.prepare({ command: ["/bin/sh", "-c", "id"] })).toMatchObject({ plan: { commandText: "id" } });
  expect(await runner.prepare({ command: ["nosuch"] })).toMatchObject({ resolvedPath: null, verdict: "ask" });
  using denying = createRunner({ ...place, stateDir: place.home }, {});
  expect(await denying.prepare(asked)).toMatchObject({ verdict: "refuse", reason: "security=deny" });
  expect(place.started()).toEqual([]);
  expect(runner.reports).toEqual([]);
});
