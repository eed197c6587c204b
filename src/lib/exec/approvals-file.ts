/**
 * The file of rules on a host (`exec-approvals.json`, mode 0600): read, made when it is missing, replaced whole by who
 * has read the version before, and extended by `allow-always` (`protocol/nodes.md` section 7).
 */
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import {
  type ExecAgentRules,
  type ExecAllowlistEntry,
  ExecApprovalsFile,
  type ExecApprovalsSnapshot,
} from "#schemas/exec-approvals.ts";
import type { Clock } from "../clock.ts";
import { fail } from "../errors.ts";
import type { Ids } from "../ids.ts";
import { parseJson } from "../json.ts";
import { validator } from "../validate.ts";
import { MAIN_AGENT } from "./policy.ts";

/** Largest file that is read: thousands of entries. */
const MAX_FILE_BYTES = 1024 * 1024;
/** Entries `allow-always` may add for one agent; the oldest unused go first. */
const MAX_ENTRIES = 500;
/** Random bytes of the token for a companion app on the same host. */
const SOCKET_TOKEN_BYTES = 24;

const isFile = validator(ExecApprovalsFile);

/** One file of rules. Every call reads it anew: people edit it. */
export class ExecApprovalsDisk {
  readonly path: string;
  readonly #clock: Clock;
  readonly #ids: Ids;
  constructor(needs: { path: string; clock: Clock; ids: Ids }) {
    this.path = needs.path;
    this.#clock = needs.clock;
    this.#ids = needs.ids;
  }

  /** The rules in force. A file that cannot be understood allows nothing. */
  rules(): ExecApprovalsFile {
    return this.#read().file;
  }

  /** The file for who wants to see or change it, without the secret in it; it exists afterwards. */
  snapshot(): ExecApprovalsSnapshot {
    if (this.#read().raw === undefined) this.#write({ version: 1, agents: {} });
    return this.#snapshot();
  }

  /**
   * Replaces the file. Throws `INVALID_REQUEST` unless `baseHash` names the version that is there. The token for the
   * companion app stays what it was.
   */
  replace(file: ExecApprovalsFile, baseHash: string | undefined): ExecApprovalsSnapshot {
    const { raw, hash, file: before } = this.#read();
    if (raw !== undefined && baseHash === undefined) {
      fail("INVALID_REQUEST", "exec approvals base hash required; re-run exec.approvals.get and retry");
    }
    if (raw !== undefined && baseHash !== hash) {
      fail("INVALID_REQUEST", "exec approvals changed since last load; re-run exec.approvals.get and retry");
    }
    const { path } = file.socket ?? before.socket ?? {};
    const token = before.socket?.token;
    this.#write({
      ...file,
      socket: { ...(path === undefined ? {} : { path }), ...(token === undefined ? {} : { token }) },
    });
    return this.#snapshot();
  }

  /** Adds programs to an agent's list. Those that are there stay as they are. */
  allowAlways(agentId: string | undefined, paths: readonly string[], command: string): void {
    this.#change(agentId, (entries) => {
      const fresh = paths.filter((path) => !entries.some(({ pattern }) => pattern === path));
      const added = fresh.map((pattern) => ({
        id: this.#ids.uuid(),
        pattern,
        lastUsedAt: this.#clock.now(),
        lastUsedCommand: command.slice(0, 512),
        lastResolvedPath: pattern,
      }));
      return fresh.length ? [...entries, ...added].slice(-MAX_ENTRIES) : undefined;
    });
  }

  /** Notes that an entry let a command run. */
  noteUse(agentId: string | undefined, used: ExecAllowlistEntry, command: string, resolvedPath: string): void {
    this.#change(agentId, (entries) => {
      if (!entries.some(({ pattern }) => pattern === used.pattern)) return undefined;
      const note = {
        lastUsedAt: this.#clock.now(),
        lastUsedCommand: command.slice(0, 512),
        lastResolvedPath: resolvedPath,
      };
      return entries.map((entry) => (entry.pattern === used.pattern ? { ...entry, ...note } : entry));
    });
  }

  #change(
    agentId: string = MAIN_AGENT,
    change: (entries: readonly ExecAllowlistEntry[]) => ExecAllowlistEntry[] | undefined,
  ): void {
    const { file } = this.#read();
    const known = file.agents ?? {};
    const agent: ExecAgentRules = Object.hasOwn(known, agentId) ? (known[agentId] ?? {}) : {};
    const allowlist = change(agent.allowlist ?? []);
    if (allowlist) this.#write({ ...file, agents: { ...known, [agentId]: { ...agent, allowlist } } });
  }

  #snapshot(): ExecApprovalsSnapshot {
    const { raw, hash, file } = this.#read();
    const { socket, ...rest } = file;
    const path = socket?.path;
    return {
      path: this.path,
      exists: raw !== undefined,
      hash,
      file: { ...rest, ...(path === undefined ? {} : { socket: { path } }) },
    };
  }

  #read(): { raw: string | undefined; hash: string; file: ExecApprovalsFile } {
    const raw = readText(this.path);
    const hash = createHash("sha256")
      .update(raw ?? "")
      .digest("hex");
    const parsed = raw === undefined ? undefined : parseJson(raw);
    const value = parsed?.ok ? parsed.value : undefined;
    return { raw, hash, file: isFile.check(value) ? withoutLegacy(value) : { version: 1 } };
  }

  /** A new file takes the place of the old one, whatever that was: a link is replaced, not followed. */
  #write(file: ExecApprovalsFile): void {
    const token = file.socket?.token ?? this.#ids.token(SOCKET_TOKEN_BYTES);
    const text = `${JSON.stringify({ ...file, socket: { ...file.socket, token } }, null, 2)}\n`;
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    const fresh = `${this.path}.${this.#ids.uuid()}`;
    writeFileSync(fresh, text, { mode: 0o600, flag: "wx" });
    renameSync(fresh, this.path);
  }
}

/** The text of a plain file; undefined when there is none. Anything else in its place is not read. */
function readText(path: string): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return undefined;
  return found.isFile() && found.size <= MAX_FILE_BYTES ? readFileSync(path, "utf8") : "";
}

/** `agents.default` is how older files spell the main agent. */
function withoutLegacy(file: ExecApprovalsFile): ExecApprovalsFile {
  const { default: legacy, ...agents } = file.agents ?? {};
  if (!legacy) return file;
  const main = agents[MAIN_AGENT] ?? {};
  const allowlist = [...(main.allowlist ?? []), ...(legacy.allowlist ?? [])];
  return { ...file, agents: { ...agents, [MAIN_AGENT]: { ...legacy, ...main, allowlist } } };
}
