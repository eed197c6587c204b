/** A place for hosts under test: a folder of its own, and a program that notes how it was really started. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecApprovalsFile } from "../../schemas/exec-approvals.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { ExecApprovalsDisk } from "../../src/lib/exec/approvals-file.ts";
import { bindingHash, type ExecBinding } from "../../src/lib/exec/binding.ts";
import { systemIds } from "../../src/lib/ids.ts";
import { createLog, type LogRecord } from "../../src/lib/log.ts";
import { Approvals } from "../../src/node-host/approval.ts";
import { ProcessGroups } from "../../src/node-host/groups.ts";
import { SkillBins } from "../../src/node-host/skills.ts";
import { SystemRun } from "../../src/node-host/system-run.ts";
import { FakeClock } from "../support/clock.ts";

/** How the kernel started a program: what `execve` got. */
export interface Started {
  /** Without the name it was called by, which a script does not see. */
  args: string[];
  env: Record<string, string>;
  cwd: string;
}

/** A folder that is gone when the test ends. */
export function createPlace() {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), "moltbot-host-")));
  const bin = join(dir, "bin");
  const notes = join(dir, "notes");
  const home = join(dir, "home");
  const stateDir = join(dir, "state");
  for (const folder of [bin, notes, home, stateDir]) mkdirSync(folder, { mode: 0o700 });
  return {
    dir,
    bin,
    home,
    stateDir,
    /** Puts a program there that notes each of its starts, and returns where it is. */
    stub(name = "stub", folder = bin): string {
      mkdirSync(folder, { recursive: true });
      const path = join(folder, name);
      const note = `${notes}/$$`;
      const copy = (what: string) => `/bin/cat /proc/$$/${what} > ${note}.${what}`;
      const cwd = `/usr/bin/readlink /proc/$$/cwd > ${note}.cwd`;
      writeFileSync(path, ["#!/bin/sh", copy("cmdline"), copy("environ"), cwd, `: > ${note}.done`, ""].join("\n"));
      chmodSync(path, 0o755);
      return path;
    },
    /** A program of a few shell lines. */
    script(name: string, text: string): string {
      const path = join(bin, name);
      writeFileSync(path, `#!/bin/sh\n${text}\n`);
      chmodSync(path, 0o755);
      return path;
    },
    /** What was started so far. */
    started(): Started[] {
      const ids = readdirSync(notes).flatMap((name) => (name.endsWith(".done") ? [name.slice(0, -5)] : []));
      return ids.map((id) => {
        const parts = (what: string) =>
          readFileSync(join(notes, `${id}.${what}`), "utf8")
            .split("\0")
            .slice(0, -1);
        const env = parts("environ").map((line) => [line.split("=")[0] ?? "", line.slice(line.indexOf("=") + 1)]);
        const cwd = readFileSync(join(notes, `${id}.cwd`), "utf8").trimEnd();
        return { args: parts("cmdline").slice(2), env: Object.fromEntries(env), cwd };
      });
    },
    forget(): void {
      for (const name of readdirSync(notes)) rmSync(join(notes, name));
    },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}
export type Place = ReturnType<typeof createPlace>;

export const NODE_ID = "n".repeat(64);

/** `system.run` on a place, by these rules. */
export function createRunner(
  place: Place,
  options: { rules?: Omit<ExecApprovalsFile, "version">; clock?: Clock; skills?: () => Promise<unknown> } = {},
) {
  const { clock = new FakeClock(), rules: file, skills = async () => ({ bins: [] }) } = options;
  const log: LogRecord[] = [];
  const reports: { event: string; payload: Record<string, unknown> }[] = [];
  const rules = new ExecApprovalsDisk({ path: join(place.stateDir, "exec-approvals.json"), clock, ids: systemIds });
  if (file) rules.replace({ version: 1, ...file }, undefined);
  const groups = new ProcessGroups({ log: createLog({ clock, level: "debug", sinks: [(one) => log.push(one)] }) });
  const run = new SystemRun({
    rules,
    approvals: new Approvals({ nodeId: NODE_ID, gatewayNow: () => clock.now() }),
    skills: new SkillBins({ clock, ask: skills }),
    groups,
    report: (event, payload) => reports.push({ event, payload }),
    env: { PATH: `${place.bin}:/usr/bin:/bin`, HOME: place.home },
    homeDir: place.home,
    clock,
    ids: systemIds,
  });
  return {
    rules,
    reports,
    log,
    clock,
    groups,
    prepare: (params: unknown) => run.prepare(params),
    run: (params: unknown, signal = new AbortController().signal) => run.run(params, signal),
    /** What is said when it does not run. */
    refused: async (params: unknown) => {
      try {
        return await run.run(params, new AbortController().signal);
      } catch (error) {
        return error instanceof Error && "code" in error ? `${error.code} ${error.message}` : error;
      }
    },
    [Symbol.dispose]: () => groups[Symbol.dispose](),
  };
}

/** The fields with which a gateway passes on an approval of exactly this. */
export function approvalOf(binding: Partial<ExecBinding> & { argv: readonly string[] }, nowMs: number) {
  const expiresAtMs = binding.expiresAtMs ?? nowMs + 60_000;
  const rest = { cwd: null, env: {}, resolvedPath: null, nodeId: NODE_ID, agentId: null, sessionKey: null };
  return {
    approved: true,
    approvalDecision: "allow-once",
    approvalHash: bindingHash({ ...rest, ...binding, expiresAtMs }),
    approvalExpiresAtMs: expiresAtMs,
  };
}

/** Rules of an owner. */
export type Rules = Omit<ExecApprovalsFile, "version">;
export const full: Rules = { defaults: { security: "full", ask: "off" } };
export const listed = (...patterns: string[]): Rules => ({
  defaults: { security: "allowlist", ask: "on-miss" },
  agents: { main: { allowlist: patterns.map((pattern) => ({ pattern })) } },
});
/** Said when the owner has to be asked. */
export const REQUIRED = "UNAVAILABLE SYSTEM_RUN_DENIED: approval required";
