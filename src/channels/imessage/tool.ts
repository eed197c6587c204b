/** One installation of imsg: where it is, whether it is new enough, what it can do, and a process of it to talk to. */
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { ChannelError, type ChannelHost } from "../contract.ts";
import { type AbilityName, parseAbilities } from "./abilities.ts";
import { CallFailed, failureOf } from "./errors.ts";
import { findProgram, type Outcome, Program, runProgram } from "./process.ts";
import { CALL_MS, Rpc } from "./rpc.ts";

/** Asking the bridge takes the tool up to three seconds when it hangs; the start of an account has ten. */
const STATUS_MS = 5_000;
/** Most a command says that is read. */
const MAX_OUTPUT_CHARS = 256 * 1024;

export interface ToolSettings {
  cliPath: string;
  dbPath?: string | undefined;
}

type Env = Record<string, string | undefined>;

/** Starts programs for one account. Looks at nothing before its first call. */
export class Tool {
  readonly #settings: ToolSettings;
  readonly #host: ChannelHost;
  readonly #env: Env;

  constructor(settings: ToolSettings, host: ChannelHost, env: Env) {
    this.#settings = settings;
    this.#host = host;
    this.#env = env;
  }

  /** Throws `auth` when this imsg cannot do what is needed: then only a person can help. */
  async checkVersion(signal: AbortSignal): Promise<void> {
    const { status, words, output } = await this.#run(["rpc", "--help"], CALL_MS, signal);
    if (status !== 0) throw new CallFailed({ kind: "ended", status, words: words || output });
  }

  /** What its bridge can do now; nothing when that cannot be told. */
  async abilities(signal: AbortSignal): Promise<AbilityName[]> {
    try {
      const { status, output } = await this.#run(["status", "--json"], STATUS_MS, signal);
      return status === 0 ? parseAbilities(output) : [];
    } catch (error) {
      this.#host.log.debug("imsg does not tell what it can do", { problem: error });
      return [];
    }
  }

  /** Starts a process to talk to. Whoever asked for it closes it. */
  start(signal: AbortSignal): { program: Program; rpc: Rpc } {
    const { clock, ids, log } = this.#host;
    const { dbPath } = this.#settings;
    const options = dbPath === undefined ? [] : ["--db", dbPath];
    const program = new Program([this.#path(), "rpc", ...options], { env: this.#env, clock });
    return { program, rpc: new Rpc({ program, clock, ids, log, signal }) };
  }

  /** The folder of this computer that files of messages are in. */
  get attachments(): string {
    const { dbPath } = this.#settings;
    const database = dbPath ?? join("~", "Library", "Messages", "chat.db");
    return join(this.inHome(dirname(database)), "Attachments");
  }

  /** The path with the home folder in the place of `~`. */
  inHome(path: string): string {
    return path.startsWith("~/") ? join(this.#env["HOME"] ?? homedir(), path.slice(2)) : path;
  }

  #path(): string {
    const { cliPath } = this.#settings;
    const path = findProgram(this.inHome(cliPath), this.#env);
    if (path === undefined) throw new CallFailed({ kind: "absent", program: cliPath, reason: "it is not there" });
    return path;
  }

  async #run(options: string[], ms: number, signal: AbortSignal): Promise<Outcome> {
    const { clock } = this.#host;
    const command = [this.#path(), ...options];
    const limits = { env: this.#env, clock, ms, signals: [signal], maxChars: MAX_OUTPUT_CHARS };
    try {
      return await runProgram(command, limits);
    } catch (error) {
      throw error instanceof ChannelError ? error : new CallFailed(failureOf(error));
    }
  }
}
