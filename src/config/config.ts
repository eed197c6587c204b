/** The config of a running gateway: the file, the frozen snapshot others read, and the only way to change either. */
import { fail, GatewayError, messageOf } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { Env } from "./env.ts";
import { type FoundText, hashOf, MAX_CONFIG_BYTES, readText, writeText } from "./file.ts";
import { parseSentJson5 } from "./json5.ts";
import { isBlankJson5 } from "./json5-scan.ts";
import { hasFatal, type ParsedConfig, parseConfig } from "./load.ts";
import { asWritten, changedPaths, deepFreeze, mergePatch } from "./merge.ts";
import { isObject } from "./paths.ts";
import { redact, restoreRedacted } from "./redact.ts";
import { type Config, ConfigSchema } from "./schema.ts";
import type { ConfigIssue } from "./validate.ts";

export interface ConfigFileOptions {
  path: string;
  /** Looked up for `${NAME}` in the file. */
  env: Env;
  log: Log;
}

/** The result of `config.get`. */
export interface ConfigView {
  path: string;
  exists: boolean;
  raw: string | null;
  parsed: unknown;
  valid: boolean;
  config: unknown;
  hash?: string;
  issues: { path: string; message: string }[];
  warnings: { path: string; message: string }[];
}

/** What a write did. The `config` of the reply is `view({ redact }).config`. */
export interface ConfigWritten {
  path: string;
  hash: string;
  /** Where the effective config differs from the one before, for the decision about a restart. */
  changedPaths: string[];
}

/** Called after a change of the value that `select` picks. */
interface Listener {
  notify(next: Config, previous: Config): void;
}

/** Most issues logged for one file; `config.get` has them all. */
const MAX_LOGGED_ISSUES = 20;

/** One config file, read and written by this process. Reads and writes happen one after the other. */
export class ConfigFile {
  readonly #options: ConfigFileOptions;
  readonly #listeners = new Set<Listener>();
  #found: FoundText;
  #parsed: ParsedConfig;
  #snapshot: Config;
  #lane: Promise<unknown> = Promise.resolve();

  /** Reads the file. A missing or wrong file does not throw: see {@link isFatal}. */
  static async open(options: ConfigFileOptions): Promise<ConfigFile> {
    return new ConfigFile(options, await readText(options.path));
  }

  private constructor(options: ConfigFileOptions, found: FoundText) {
    this.#options = options;
    this.#found = found;
    this.#parsed = parseFound(found, options.env);
    this.#snapshot = deepFreeze(structuredClone(this.#parsed.config));
    this.#logIssues();
  }

  get path(): string {
    return this.#options.path;
  }

  /** The config in force. After a reload of a wrong file it is still the one before; at the start, the valid part. */
  get snapshot(): Config {
    return this.#snapshot;
  }

  /** What is wrong with the file as it was last read. */
  get issues(): readonly ConfigIssue[] {
    return this.#parsed.issues;
  }

  /** The file, as last read, must not be used as it is: start in safe mode, or keep what runs. */
  get isFatal(): boolean {
    return hasFatal(this.#parsed.issues);
  }

  /** SHA-256 of the file as last read, in hex; undefined without a readable file. */
  get hash(): string | undefined {
    return this.#found.kind === "text" ? hashOf(this.#found.text) : undefined;
  }

  /** What `config.get` answers. With `redact` no secret is in it, and no text that could hold one. */
  view(options: { redact: boolean }): ConfigView {
    const { config, source, issues } = this.#parsed;
    const { hash } = this;
    const show = (value: unknown) => structuredClone(options.redact ? redact(ConfigSchema, value) : value);
    const ofSeverity = (severity: ConfigIssue["severity"]) =>
      issues.filter((issue) => issue.severity === severity).map(({ path, message }) => ({ path, message }));
    return {
      path: this.path,
      exists: this.#found.kind !== "none",
      raw: this.#found.kind === "text" && !options.redact ? this.#found.text : null,
      parsed: show(source),
      valid: !this.isFatal,
      // What a variable holds may be secret anywhere, so a redacted view shows its name.
      config: show(options.redact ? asWritten(config, source) : config),
      ...(hash !== undefined && { hash }),
      issues: ofSeverity("fatal"),
      warnings: ofSeverity("warning"),
    };
  }

  /** Replaces the file by a text (`config.set`). `baseHash` is the hash the caller edited. */
  set(raw: string, baseHash: string | undefined): Promise<ConfigWritten> {
    return this.#change(baseHash, ({ source }) => restoreRedacted(raw, source));
  }

  /** Replaces the file by a text (`config.apply`); the caller decides about the restart. */
  apply(raw: string, baseHash: string | undefined): Promise<ConfigWritten> {
    return this.set(raw, baseHash);
  }

  /** Merges a patch into the file (`config.patch`), which loses its comments. */
  patch(raw: string, baseHash: string | undefined): Promise<ConfigWritten> {
    return this.#change(baseHash, ({ source, issues }) => {
      if (issues.some((issue) => issue.path === "" && issue.severity === "fatal")) {
        fail("INVALID_REQUEST", "config invalid; fix it before patching");
      }
      const patch = parseSentJson5(restoreRedacted(raw, source)).value;
      if (!isObject(patch)) fail("INVALID_REQUEST", "config.patch raw must be an object");
      return `${Bun.JSON5.stringify(mergePatch(source, patch), null, 2)}\n`;
    });
  }

  /** Reads the file again and tells the listeners. A wrong file changes nothing but {@link issues}. */
  reload(): Promise<void> {
    return this.#inLane(async () => this.#adopt(await readText(this.path)));
  }

  /**
   * Calls `fn` after each change of what `select` picks from the snapshot, compared deeply. Ends when disposed.
   * `fn` must not throw; what it throws is logged, and the other listeners are still called.
   */
  onChange<T>(select: (config: Config) => T, fn: (value: T, previous: T) => void): Disposable {
    const listener: Listener = {
      notify(next, previous) {
        const [value, before] = [select(next), select(previous)];
        if (!Bun.deepEquals(value, before, true)) fn(value, before);
      },
    };
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #change(baseHash: string | undefined, compose: (current: ParsedConfig) => string): Promise<ConfigWritten> {
    return this.#inLane(async () => {
      const found = await readText(this.path);
      requireBase(found, baseHash);
      const text = compose(parseFound(found, this.#options.env));
      requireValid(text, this.#options.env);
      await this.#write(text);
      const before = this.#snapshot;
      this.#adopt({ kind: "text", text });
      return { path: this.path, hash: hashOf(text), changedPaths: changedPaths(before, this.#snapshot) };
    });
  }

  async #write(text: string): Promise<void> {
    try {
      await writeText(this.path, text);
    } catch (cause) {
      throw new GatewayError("UNAVAILABLE", `the config file could not be written: ${messageOf(cause)}`, { cause });
    }
  }

  #adopt(found: FoundText): void {
    this.#found = found;
    this.#parsed = parseFound(found, this.#options.env);
    this.#logIssues();
    if (this.isFatal) {
      this.#options.log.error("config file is wrong, the previous config stays in force", { path: this.path });
      return;
    }
    const previous = this.#snapshot;
    this.#snapshot = deepFreeze(structuredClone(this.#parsed.config));
    for (const listener of [...this.#listeners]) this.#notify(listener, previous);
  }

  #notify(listener: Listener, previous: Config): void {
    try {
      listener.notify(this.#snapshot, previous);
    } catch (error) {
      this.#options.log.error("a config listener failed", { error });
    }
  }

  #logIssues(): void {
    for (const { path, message, severity, line } of this.#parsed.issues.slice(0, MAX_LOGGED_ISSUES)) {
      const fields = { key: path, problem: message, ...(line !== undefined && { line }) };
      if (severity === "fatal") this.#options.log.error("config value refused", fields);
      else this.#options.log.warn("config key ignored", fields);
    }
  }

  #inLane<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#lane.then(work);
    // The caller gets the failure; the lane only waits for the end.
    this.#lane = done.catch(() => undefined);
    return done;
  }
}

function parseFound(found: FoundText, env: Env): ParsedConfig {
  if (found.kind !== "unreadable") return parseConfig(found.kind === "text" ? found.text : undefined, env);
  const issue: ConfigIssue = { path: "", message: `the config file ${found.reason}`, severity: "fatal" };
  return { config: {}, source: {}, issues: [issue] };
}

function requireBase(found: FoundText, baseHash: string | undefined): void {
  if (found.kind === "none") return;
  if (found.kind === "unreadable") {
    fail("INVALID_REQUEST", "config base hash unavailable; re-run config.get and retry");
  }
  if (!baseHash) fail("INVALID_REQUEST", "config base hash required; re-run config.get and retry");
  if (baseHash !== hashOf(found.text)) {
    fail("INVALID_REQUEST", "config changed since last load; re-run config.get and retry");
  }
}

function requireValid(text: string, env: Env): void {
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES) {
    fail("INVALID_REQUEST", `config is larger than ${MAX_CONFIG_BYTES} bytes`);
  }
  if (!isBlankJson5(text)) parseSentJson5(text);
  const issues = parseConfig(text, env).issues.filter((issue) => issue.severity === "fatal");
  if (issues.length > 0) {
    fail("INVALID_REQUEST", "invalid config", { details: { issues: issues.map(({ severity: _, ...rest }) => rest) } });
  }
}
