/**
 * `system.run` and `system.run.prepare` (`protocol/nodes.md` sections 5 and 7): a plan is made, the owner's rules and
 * approvals are asked, and only then it runs. Each run and each refusal is reported to the session that wanted it.
 */
import type { Clock } from "../lib/clock.ts";
import { type ExecTrust, pathsToAllow, type ResolvedSegment } from "../lib/exec/allowlist.ts";
import type { ExecApprovalsDisk } from "../lib/exec/approvals-file.ts";
import { type ExecAnswer, type ExecVerdict, judge, policyOf } from "../lib/exec/policy.ts";
import type { Ids } from "../lib/ids.ts";
import type { Approvals } from "./approval.ts";
import { execute } from "./execution.ts";
import { unavailable } from "./failure.ts";
import type { ProcessGroups } from "./groups.ts";
import { type Plan, planOf } from "./plan.ts";
import type { SkillBins } from "./skills.ts";

/** Programs that run at once; a host is asked to do a few things at a time, and each takes memory for its output. */
const MAX_RUNNING = 8;
/** How long a program may run, also when whoever asks names no limit. */
const MAX_RUN_MS = 30 * 60 * 1000;

/** Why something was refused, in the word of the event and in the text of the answer. */
const refusals = {
  "security=deny": "SYSTEM_RUN_DISABLED: security=deny",
  "approval-required": "SYSTEM_RUN_DENIED: approval required",
  "allowlist-miss": "SYSTEM_RUN_DENIED: allowlist miss",
  "permission:screenRecording": "PERMISSION_MISSING: screenRecording",
} as const;

/** Reports a run to the gateway. */
export type Report = (event: "exec.finished" | "exec.denied", payload: Record<string, unknown>) => void;

interface Needs {
  rules: ExecApprovalsDisk;
  approvals: Approvals;
  skills: SkillBins;
  groups: ProcessGroups;
  report: Report;
  /** The environment of programs, and where `~` and those without a folder are. */
  env: Readonly<Record<string, string>>;
  homeDir: string;
  clock: Clock;
  ids: Ids;
}

/** Runs programs under the owner's rules. */
export class SystemRun {
  readonly #needs: Needs;
  #running = 0;
  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Says what a command would come to, for whoever has to ask the owner first. Runs nothing. */
  async prepare(params: unknown): Promise<object> {
    const skillBins = await this.#skillBins(params);
    const plan = planOf(params, this.#needs);
    const { asked, argv, text, cwd, added, path } = plan;
    const verdict = this.#judge(plan, skillBins, undefined);
    return {
      plan: {
        argv,
        cwd,
        commandText: text,
        agentId: asked.agentId ?? null,
        sessionKey: asked.sessionKey ?? null,
      },
      env: added,
      resolvedPath: path ?? null,
      verdict: verdict.verdict,
      ...(verdict.verdict === "refuse" ? { reason: verdict.reason } : {}),
    };
  }

  /** Runs a command when the owner's rules or approval allow it. Resolves with how it ended, however that was. */
  async run(params: unknown, signal: AbortSignal): Promise<object> {
    const skillBins = await this.#skillBins(params);
    // From here to the start of the program nothing is awaited: what is judged is what runs.
    const plan = planOf(params, this.#needs);
    const runId = plan.asked.runId || this.#needs.ids.uuid();
    if (plan.asked.needsScreenRecording) return this.#refuse(plan, runId, "permission:screenRecording");
    if (this.#running >= MAX_RUNNING) unavailable(`more than ${MAX_RUNNING} commands run here: wait for their ends`);
    const verdict = this.#judge(plan, skillBins, this.#answerTo(plan));
    if (verdict.verdict === "ask") return this.#refuse(plan, runId, "approval-required");
    if (verdict.verdict === "refuse") return this.#refuse(plan, runId, verdict.reason);
    this.#remember(plan, verdict);
    this.#running++;
    try {
      return await this.#execute(plan, runId, signal);
    } finally {
      this.#running--;
    }
  }

  /** A claim to be approved that does not hold is a refusal, whatever the rules would have said without it. */
  #answerTo(plan: Plan): ExecAnswer {
    const { approved, approvalDecision } = plan.asked;
    if (!approved && !approvalDecision) return undefined;
    return this.#needs.approvals.spend(plan) ? (approvalDecision ?? "deny") : "deny";
  }

  /** Asks for them only where the owner lets skills count. */
  async #skillBins(params: unknown): Promise<ExecTrust["skillBins"]> {
    const { rules, skills } = this.#needs;
    const agentId = typeof params === "object" && params !== null && "agentId" in params ? params.agentId : undefined;
    const { autoAllowSkills } = policyOf(rules.rules(), typeof agentId === "string" && agentId ? agentId : undefined);
    return autoAllowSkills ? skills.get() : new Set();
  }

  #judge({ asked, segments }: Plan, skillBins: ExecTrust["skillBins"], answer: ExecAnswer): ExecVerdict {
    const { rules, homeDir } = this.#needs;
    return judge(policyOf(rules.rules(), asked.agentId || undefined), segments, { skillBins, homeDir, answer });
  }

  #remember({ asked, segments, text }: Plan, { grounds }: ExecVerdict & { verdict: "run" }): void {
    const { rules } = this.#needs;
    const agentId = asked.agentId || undefined;
    const isListed = policyOf(rules.rules(), agentId).security === "allowlist";
    if (asked.approvalDecision === "allow-always" && isListed && segments)
      rules.allowAlways(agentId, pathsToAllow(segments), text);
    for (const [at, ground] of grounds.entries())
      if (typeof ground === "object") rules.noteUse(agentId, ground, text, pathOf(segments, at));
  }

  async #execute(plan: Plan, runId: string, signal: AbortSignal): Promise<object> {
    const { clock, groups, report } = this.#needs;
    const { asked, argv, cwd, env, path, text } = plan;
    const timeoutMs = Math.min(asked.timeoutMs || MAX_RUN_MS, MAX_RUN_MS);
    const { exitCode, timedOut, output, error } =
      path === undefined
        ? { exitCode: undefined, timedOut: false, output: undefined, error: `no such program: ${argv[0]}` }
        : await execute({ path, argv, cwd, env, timeoutMs }, { clock, groups, signal });
    const success = exitCode === 0 && !timedOut && error === undefined;
    const ended = { ...(exitCode === undefined ? {} : { exitCode }), timedOut, success };
    report("exec.finished", {
      ...runOf(asked.sessionKey, runId, text),
      ...ended,
      output: output?.tail(error) ?? error ?? "",
    });
    return { ...ended, ...(output?.texts() ?? { stdout: "", stderr: "" }), error: error ?? null };
  }

  #refuse({ asked, text }: Plan, runId: string, reason: keyof typeof refusals): never {
    this.#needs.report("exec.denied", { ...runOf(asked.sessionKey, runId, text), reason });
    return unavailable(refusals[reason]);
  }
}

function runOf(sessionKey: string | null | undefined, runId: string, command: string) {
  return { ...(sessionKey ? { sessionKey } : {}), runId, host: "node", command };
}

function pathOf(segments: readonly ResolvedSegment[] | undefined, at: number): string {
  return segments?.[at]?.resolvedPath ?? "";
}
