/**
 * Commands that wait for their owner's word, and the words that were given. An approval is for one execution of exactly
 * what was shown (threats T09, T10): it names the arguments, folder, environment, program, node and session, is good
 * once, and soon expires.
 */
import { EventEmitter } from "node:events";
import {
  type ExecApproval,
  type ExecApprovalResolved,
  type ExecApprovalShown,
  type ExecDecision,
  execDecisions,
} from "#schemas/exec-approvals.ts";
import type { Clock, Timer } from "../lib/clock.ts";
import { fail } from "../lib/errors.ts";
import { bindingHash, isTextOf } from "../lib/exec/binding.ts";
import { MAX_SHOWN_CHARS, showArgv, showText, TOO_LONG } from "../lib/exec/show.ts";
import type { Ids } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";

/** How long a question waits when not told (`protocol/nodes.md` section 7). */
const WAIT_MS = 120_000;
/** Longest a question may wait. */
const MAX_WAIT_MS = 30 * 60 * 1000;
/** How long after its question's end an approval may still be used: the command is on its way. */
const USE_MS = 30_000;
/** How long a spent question is remembered after that, so that its id names nothing else meanwhile. */
const KEEP_MS = 60_000;
/** Questions that wait at once. */
const MAX_WAITING = 100;
/** Questions that are remembered, answered ones included; the oldest go first. */
const MAX_KEPT = 500;

/** What is to be approved. `null`: not named. */
export interface ExecQuestion {
  id?: string | undefined;
  /** As text, when the arguments are not told one by one (v3). */
  command?: string | undefined;
  argv?: readonly string[] | undefined;
  env?: Readonly<Record<string, string>> | undefined;
  cwd: string | null;
  host: string | null;
  security: string | null;
  ask: string | null;
  agentId: string | null;
  resolvedPath: string | null;
  sessionKey: string | null;
  nodeId: string | null;
  warningText?: string | null | undefined;
  timeoutMs?: number | undefined;
}

/** Who asks, or answers. */
export interface ExecParty {
  /** Undefined for the gateway itself. */
  connectionId: string | undefined;
  deviceId: string | undefined;
  /** How people know it. */
  label: string;
}

/** How a question ended. `null`: nobody answered. */
export interface ExecOutcome {
  id: string;
  decision: ExecDecision | null;
  createdAtMs: number;
  expiresAtMs: number;
  terminalReason?: "no-route" | "expired";
}

/** What is about to run on a node. */
export interface ExecUse {
  id: string;
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd: string | null;
  agentId: string | null;
  sessionKey: string | null;
  resolvedPath: string | null;
  nodeId: string | null;
}

interface Kept {
  approval: ExecApproval;
  question: ExecQuestion;
  by: ExecParty;
  timer: Timer;
  outcome: ExecOutcome | undefined;
  isUsed: boolean;
  settle: ((outcome: ExecOutcome) => void)[];
}

interface ApprovalEvents {
  requested: [{ approval: ExecApproval; by: ExecParty }];
  resolved: [{ resolved: ExecApprovalResolved; by: ExecParty }];
}

/** The questions. Emits `requested` and `resolved`. */
export class ExecApprovals extends EventEmitter<ApprovalEvents> {
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #log: Log;
  readonly #hasRoute: (by: ExecParty) => boolean;
  readonly #kept = new Map<string, Kept>();
  constructor(needs: {
    clock: Clock;
    ids: Ids;
    log: Log;
    /** Whether there is anybody to ask, besides who asks. */
    hasRoute: (by: ExecParty) => boolean;
  }) {
    super();
    this.#clock = needs.clock;
    this.#ids = needs.ids;
    this.#log = needs.log;
    this.#hasRoute = needs.hasRoute;
  }

  /**
   * Asks the owner. Throws when the question cannot be shown whole. With `isGivenUp`, a question that reaches nobody
   * ends at once instead of waiting for somebody to come (v4).
   */
  request(question: ExecQuestion, by: ExecParty, isGivenUp: boolean): ExecApproval & { isWaiting: boolean } {
    this.#prune();
    const request = show(question);
    const id = question.id ?? this.#ids.uuid();
    if (this.#kept.has(id)) fail("INVALID_REQUEST", "approval id already pending");
    if (this.#waiting().length >= MAX_WAITING)
      fail("UNAVAILABLE", `more than ${MAX_WAITING} approvals wait: answer some`, { retryAfterMs: 5_000 });
    const createdAtMs = this.#clock.now();
    const waitMs = Math.min(question.timeoutMs ?? WAIT_MS, MAX_WAIT_MS);
    const approval = { id, request, createdAtMs, expiresAtMs: createdAtMs + waitMs };
    const timer = this.#clock.after(waitMs, () => this.#end(id, { decision: null, terminalReason: "expired" }));
    this.#kept.set(id, { approval, question, by, timer, outcome: undefined, isUsed: false, settle: [] });
    if (isGivenUp && !this.#hasRoute(by)) {
      this.#end(id, { decision: null, terminalReason: "no-route" });
      return { ...approval, isWaiting: false };
    }
    this.emit("requested", { approval, by });
    return { ...approval, isWaiting: true };
  }

  /** Resolves with how a question ended; undefined when the signal aborts first. Throws for an unknown one. */
  wait(id: string, signal: AbortSignal): Promise<ExecOutcome | undefined> {
    const kept = this.#find(id);
    if (!kept) return notFound();
    if (kept.outcome) return Promise.resolve(kept.outcome);
    const { promise, resolve } = Promise.withResolvers<ExecOutcome | undefined>();
    const onAbort = () => {
      kept.settle = kept.settle.filter((one) => one !== settle);
      resolve(undefined);
    };
    const settle = (outcome: ExecOutcome) => {
      signal.removeEventListener("abort", onAbort);
      resolve(outcome);
    };
    kept.settle.push(settle);
    signal.addEventListener("abort", onAbort, { once: true });
    return promise;
  }

  /** Takes the owner's word; the same word again changes nothing. Who asked cannot be the one who answers. */
  resolve(id: string, word: string, by: ExecParty): void {
    const decision = execDecisions.find((one) => one === word) ?? fail("INVALID_REQUEST", "invalid decision");
    const kept = this.#find(id);
    if (!kept || kept.outcome?.decision === null) return notFound();
    if (kept.outcome?.decision === decision) return;
    if (kept.outcome) {
      fail("INVALID_REQUEST", "approval already resolved", { details: { reason: "APPROVAL_ALREADY_RESOLVED" } });
    }
    if (by.connectionId !== undefined && by.connectionId === kept.by.connectionId)
      fail("FORBIDDEN", "who asks for an approval cannot give it");
    this.#log.info("an execution was decided", { id, decision, by: by.label, command: kept.approval.request.command });
    this.#end(id, { decision });
    const resolved = { id, decision, resolvedBy: by.label, ts: this.#clock.now() };
    this.emit("resolved", { resolved, by: kept.by });
  }

  /** Questions that wait, newest first. */
  list(): ExecApproval[] {
    return this.#waiting()
      .map(({ approval }) => approval)
      .reverse();
  }

  /** A question that waits. */
  get(id: string): ExecApproval {
    const kept = this.#find(id);
    return kept && !kept.outcome ? kept.approval : notFound();
  }

  /**
   * Spends an approval on an execution; false unless it is for exactly that. Returns the owner's word and the hash that
   * the node compares with what it is about to do.
   */
  use(execution: ExecUse, by: ExecParty): { decision: ExecDecision; hash: string; expiresAtMs: number } | false {
    const kept = this.#find(execution.id);
    const decision = kept?.outcome?.decision;
    const refuse = (field: string) => {
      this.#log.warn("an execution without a fitting approval was refused", { id: execution.id, field, by: by.label });
      return false as const;
    };
    if (!kept || (decision !== "allow-once" && decision !== "allow-always")) return refuse("decision");
    if (kept.isUsed) return refuse("use");
    const expiresAtMs = kept.approval.expiresAtMs + USE_MS;
    if (this.#clock.now() > expiresAtMs) return refuse("expiry");
    if (kept.by.deviceId !== by.deviceId || kept.by.label !== by.label) return refuse("caller");
    const field = differenceOf(kept.question, execution);
    if (field) return refuse(field);
    kept.isUsed = true;
    return {
      decision,
      hash: bindingHash({ ...execution, resolvedPath: kept.question.resolvedPath, expiresAtMs }),
      expiresAtMs,
    };
  }

  #end(id: string, { decision, terminalReason }: Pick<ExecOutcome, "decision" | "terminalReason">): void {
    const kept = this.#kept.get(id);
    if (!kept || kept.outcome) return;
    kept.timer.cancel();
    const { createdAtMs, expiresAtMs } = kept.approval;
    kept.outcome = { id, decision, createdAtMs, expiresAtMs, ...(terminalReason ? { terminalReason } : {}) };
    for (const settle of kept.settle.splice(0)) settle(kept.outcome);
  }

  #find(id: string): Kept | undefined {
    this.#prune();
    return this.#kept.get(id);
  }

  #waiting(): Kept[] {
    return [...this.#kept.values()].filter(({ outcome }) => !outcome);
  }

  #prune(): void {
    const nowMs = this.#clock.now();
    for (const [id, { approval, outcome }] of this.#kept) {
      const isOld = outcome && (nowMs > approval.expiresAtMs + USE_MS + KEEP_MS || this.#kept.size > MAX_KEPT);
      if (isOld) this.#kept.delete(id);
    }
  }
}

function notFound(): never {
  return fail("INVALID_REQUEST", "unknown or expired approval id", {
    details: { reason: "APPROVAL_NOT_FOUND", remediation: "list what waits with exec.approval.list" },
  });
}

/** What people see. Throws when it is too much to be read, or the text is not that of the arguments. */
function show(question: ExecQuestion): ExecApprovalShown {
  const { command, argv, env = {}, cwd, host, security, ask, agentId, resolvedPath, sessionKey, nodeId } = question;
  if (argv?.length === 0 || (!argv && !command?.trim())) fail("INVALID_REQUEST", "command required");
  if (argv && command !== undefined && !isTextOf(command, argv))
    fail("INVALID_REQUEST", "command does not say what commandArgv runs");
  const shown = argv ? showArgv(argv) : showText(command ?? "");
  const variables = Object.entries(env).map(([name, value]) => [showText(name), showText(value)] as const);
  const all = [shown, ...variables.flat(), cwd ?? "", resolvedPath ?? "", question.warningText ?? ""];
  const length = all.reduce((sum, text) => sum + text.length, 0);
  if (length > MAX_SHOWN_CHARS) fail("INVALID_REQUEST", TOO_LONG, { details: { length, limit: MAX_SHOWN_CHARS } });
  const visible = (text: string | null) => (text === null ? null : showText(text));
  return {
    command: shown,
    commandLength: (argv ? argv.join(" ") : (command ?? "")).length,
    ...(argv ? { commandArgv: argv.map(showText) } : {}),
    ...(variables.length ? { env: Object.fromEntries(variables) } : {}),
    cwd: visible(cwd),
    host: visible(host),
    security: visible(security),
    ask: visible(ask),
    agentId: visible(agentId),
    resolvedPath: visible(resolvedPath),
    sessionKey: visible(sessionKey),
    ...(nodeId === null ? {} : { nodeId: visible(nodeId) }),
    ...(question.warningText ? { warningText: showText(question.warningText) } : {}),
  };
}

/**
 * The first field in which an execution is not what was approved. A question of v3 names no node and no single
 * arguments: it is for the text it showed, on whichever node is asked, and for no environment.
 */
function differenceOf(question: ExecQuestion, execution: ExecUse): string | undefined {
  const { argv, command = "", env = {} } = question;
  if (question.host !== null && question.host !== "node") return "host";
  if (argv ? !isSameList(argv, execution.argv) : !isTextOf(command, execution.argv)) return "argv";
  if (!isSameRecord(env, execution.env)) return "env";
  const isNodeNamed = question.nodeId !== null || argv !== undefined;
  if (isNodeNamed && question.nodeId !== execution.nodeId) return "nodeId";
  for (const field of ["cwd", "agentId", "sessionKey"] as const) if (question[field] !== execution[field]) return field;
  const isOtherProgram = execution.resolvedPath !== null && execution.resolvedPath !== question.resolvedPath;
  return isOtherProgram ? "resolvedPath" : undefined;
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((item, at) => item === other[at]);
}

function isSameRecord(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
