/** `moltbot channels add|remove|login|logout`: networks in the config, and links by a code that a phone scans. */
import type { TSchema } from "@sinclair/typebox";
import { setAt, unsetAt } from "../../config/paths.ts";
import type { Cli } from "../cli.ts";
import { defineLeaf } from "../command.ts";
import { changeConfig } from "../config-access.ts";
import { CommandError, usageError } from "../exit-codes.ts";
import { cleanLine } from "../terminal.ts";

/** One wait for the scan; the gateway ends the link after three minutes by itself. */
const WAIT_MS = 60_000;

const channel = { type: "positional", required: true, description: "the network" } as const;
const account = { type: "string", valueHint: "ID", description: "account on it (default: the only one)" } as const;

interface LinkState {
  state: "waiting" | "linked" | "failed";
  qr?: string;
  message: string;
}

/** A setting of a network, from its schema. */
interface Setting {
  key: string;
  description: string;
  isSecret: boolean;
}

export const add = defineLeaf({
  name: "add",
  summary: "Put a network into the config; asks for its tokens, or reads settings as JSON from stdin",
  args: { channel, account },
  async run(args, cli) {
    const settings = await settingsOf(args.channel);
    const values = cli.io.isInputTerminal ? await ask(settings) : await readSettings(settings, cli);
    const path = args.account ? `channels.${args.channel}.accounts.${args.account}` : `channels.${args.channel}`;
    const written = await changeConfig(cli, (config) => {
      const base = setAt(config, `${path}.enabled`, true);
      return Object.entries(values).reduce((made, [key, value]) => setAt(made, `${path}.${key}`, value), base);
    });
    cli.print(written, () => `${cleanLine(args.channel)} is in the config; see: moltbot channels status`);
  },
});

export const remove = defineLeaf({
  name: "remove",
  summary: "Take a network, or one account of it, out of the config",
  args: { channel, account },
  async run(args, cli) {
    await settingsOf(args.channel);
    const path = args.account ? `channels.${args.channel}.accounts.${args.account}` : `channels.${args.channel}`;
    const written = await changeConfig(cli, (config) => unsetAt(config, path));
    cli.print(written, () => `${cleanLine(args.channel)} is not in the config any more`);
  },
});

export const login = defineLeaf({
  name: "login",
  summary: "Link an account by a code that a phone scans",
  args: { channel, account, force: { type: "boolean", description: "end a link that is there first" } },
  async run(args, cli) {
    const place = { channel: args.channel, ...(args.account === undefined ? {} : { accountId: args.account }) };
    const started = { ...place, ...(args.force ? { force: true } : {}) };
    let state = await cli.call<LinkState>("channels.login.start", started, { timeoutMs: WAIT_MS });
    while (state.state === "waiting" && state.qr !== undefined) {
      const { qrText } = await import("../../lib/qr.ts");
      cli.io.err(`${cli.wantsJson ? state.qr : qrText(state.qr)}\n${state.message}\n`);
      const params = { ...place, qr: state.qr, timeoutMs: WAIT_MS };
      state = await cli.call<LinkState>("channels.login.wait", params, { timeoutMs: WAIT_MS * 2 });
    }
    if (state.state !== "linked") throw new CommandError("failed", state.message);
    cli.print(state, () => state.message);
  },
});

export const logout = defineLeaf({
  name: "logout",
  summary: "End the link of an account and delete its keys",
  args: { channel, account },
  async run(args, cli) {
    const params = { channel: args.channel, ...(args.account === undefined ? {} : { accountId: args.account }) };
    const done = await cli.call<{ accountId: string }>("channels.logout", params);
    cli.print(done, () => `${cleanLine(args.channel)}/${cleanLine(done.accountId)} is not linked any more`);
  },
});

async function settingsOf(name: string): Promise<Setting[]> {
  const { networks } = await import("../../channels/index.ts");
  const network = networks.find(({ id }) => id === name);
  if (!network) usageError(`there is no network ${name}: ${networks.map(({ id }) => id).join(", ")}`);
  return Object.entries<TSchema>(network.config["properties"] ?? {}).map(([key, schema]) => ({
    key,
    description: schema.description ?? key,
    isSecret: schema["x-secret"] === true,
  }));
}

/** Asks a person for the secrets; everything else has a default and can be set later. */
async function ask(settings: readonly Setting[]): Promise<Record<string, unknown>> {
  const { consola } = await import("consola");
  const values: Record<string, unknown> = {};
  for (const { key, description } of settings.filter(({ isSecret }) => isSecret)) {
    const answer = await consola.prompt(`${key}: ${description} (empty: leave out)`, {
      type: "text",
      cancel: "reject",
    });
    if (typeof answer === "string" && answer.trim() !== "") values[key] = answer.trim();
  }
  return values;
}

/** Settings of a script: never on the command line, where every process of the host could read them (threats T22). */
async function readSettings(settings: readonly Setting[], cli: Cli): Promise<Record<string, unknown>> {
  const text = (await cli.io.readInput()).trim();
  if (text === "") return {};
  const { parseJson5 } = await import("../../config/json5.ts");
  const values: unknown = parseJson5(text);
  if (typeof values !== "object" || values === null || Array.isArray(values))
    usageError('pipe an object: echo \'{"botToken": "..."}\' | moltbot channels add NETWORK');
  const known = new Set([...settings.map(({ key }) => key), "dmPolicy", "allowFrom", "groupPolicy", "groups", "name"]);
  const unknown = Object.keys(values).filter((key) => !known.has(key));
  if (unknown.length) usageError(`unknown settings: ${unknown.map(cleanLine).join(", ")}`);
  return { ...values };
}
