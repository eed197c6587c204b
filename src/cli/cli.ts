/** What every command works with: the gateway that is meant, calls to it, and output for people or for scripts. */
import type { GatewayClient, RequestOptions } from "../client/client.ts";
import { CommandError, usageError } from "./exit-codes.ts";
import type { LinkOptions, Target } from "./gateway-link.ts";
import type { Io } from "./io.ts";
import { findPaths, type Paths } from "./paths.ts";
import { type Column, createPaint, formatTable, type Paint, safeJson } from "./terminal.ts";
import type { CliCommand, Invocation } from "./tree.ts";

/** How a method is called by a command. */
export interface CallOptions extends Omit<RequestOptions, "signal"> {
  /** Scope without its prefix, where the declared one does not do. */
  scope?: string;
}

/** What reaches a gateway; loaded by commands that do, which running the gateway itself is not. */
const gatewayLink = () => import("./gateway-link.ts");

/** The context of one command. */
export class Cli {
  readonly io: Io;
  readonly root: CliCommand;
  readonly wantsJson: boolean;
  readonly useColor: boolean;
  readonly paint: Paint;
  readonly paths: Paths;
  readonly link: LinkOptions;
  /** `option` gives the options every command has, unless the command has one of that name with a meaning of its own. */
  constructor({ io, root }: Invocation, option: (name: string) => unknown) {
    const text = (name: string) => {
      const value = option(name);
      return typeof value === "string" ? value : undefined;
    };
    this.io = io;
    this.root = root;
    this.wantsJson = option("json") === true;
    this.useColor = hasColor(io) && option("color") !== false;
    this.paint = createPaint(this.useColor);
    this.paths = findPaths({ stateDir: text("state-dir"), profile: text("profile"), env: io.env, home: io.home });
    this.link = {
      url: text("url"),
      token: text("token"),
      password: text("password"),
      tlsFingerprint: text("tls-fingerprint"),
      allowInsecure: option("allow-insecure") === true,
      timeoutMs: wholeNumber("timeout", text("timeout"), 1),
    };
  }

  /** The gateway that is meant. Throws when none is running. */
  async target(): Promise<Target> {
    const { findTarget } = await gatewayLink();
    return findTarget(this.link, this.paths);
  }

  /** Connects with these scopes, written without their prefix. */
  async connect(scopes: readonly string[], target?: Target): Promise<GatewayClient> {
    const { openLink } = await gatewayLink();
    const wire = scopes.map((scope) => `operator.${scope}`);
    return openLink(target ?? (await this.target()), wire, this.link, { io: this.io, paths: this.paths });
  }

  /** Makes one call on a connection of its own, with the least scope the method is declared with. */
  async call<T = unknown>(method: string, params: unknown = {}, options: CallOptions = {}): Promise<T> {
    const { scope = await scopeOf(method), ...request } = options;
    const client = await this.connect([scope]);
    try {
      return await client.request<T>(method, params, this.requestOptions(request));
    } finally {
      await client.close();
    }
  }

  /** With the time limit of the command line and the stop signal. */
  requestOptions(options: RequestOptions = {}): RequestOptions {
    const { timeoutMs = options.timeoutMs } = this.link;
    return { ...options, signal: this.io.signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  }

  /** Prints a result: as JSON for scripts, else as `human` words it. */
  print(value: unknown, human: () => string): void {
    this.io.out(this.wantsJson ? `${this.json(value)}\n` : `${human()}\n`);
  }

  /** JSON for this output: indented and disarmed on a terminal, plain elsewhere. */
  json(value: unknown): string {
    return this.io.isTerminal ? safeJson(value, 2) : (JSON.stringify(value) ?? "null");
  }

  table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
    return formatTable(columns, rows, this.io.columns, this.paint);
  }

  /** Asks a person before something that cannot be undone; a script is taken at its word. */
  async confirm(question: string, isSure: boolean): Promise<void> {
    if (isSure || this.wantsJson || !this.io.isInputTerminal || !this.io.isTerminal) return;
    const { consola } = await import("consola");
    const isYes = await consola.prompt(question, { type: "confirm", initial: false });
    if (isYes !== true) throw new CommandError("failed", "nothing was changed", { code: "DECLINED" });
  }
}

/** Whether output is coloured when nothing on the command line forbids it. */
export function hasColor({ isTerminal, env }: Io): boolean {
  return isTerminal && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}

/** A whole number from the command line. */
export function wholeNumber(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least ? value : usageError(`--${name} takes a whole number from ${least} up`);
}

/** The least scope that may call a method; for one we do not know, what a gateway asks for those. */
async function scopeOf(method: string): Promise<string> {
  const { findMethod } = await import("./methods.ts");
  const access = findMethod(method)?.access;
  const scope = typeof access === "object" ? access.v4 : access;
  return scope === undefined || scope === "node" ? "admin" : scope;
}
