/** `moltbot config`: reads and changes the config, through a running gateway so that it applies at once, else on the file. */
import { parseJson5 } from "../../config/json5.ts";
import { getAt, setAt, unsetAt } from "../../config/paths.ts";
import { defineBranch, defineLeaf } from "../command.ts";
import { changeConfig, configFile, readConfig } from "../config-access.ts";
import { CommandError } from "../exit-codes.ts";
import { cleanLine } from "../terminal.ts";

const path = { type: "positional", required: true, description: "key, for example gateway.port" } as const;
const anyPath = { type: "positional", required: false, description: "key; default: everything" } as const;

const get = defineLeaf({
  name: "get",
  summary: "Print a value as it is in the file; secrets are hidden",
  args: { key: anyPath },
  async run(args, cli) {
    const { parsed } = await readConfig(cli);
    const value = args.key ? getAt(parsed, args.key) : parsed;
    if (value === undefined) throw new CommandError("failed", `${args.key} is not set`);
    cli.print(value, () => (typeof value === "string" ? cleanLine(value) : cli.json(value)));
  },
});

const set = defineLeaf({
  name: "set",
  summary: "Set a value",
  args: {
    key: path,
    value: { type: "positional", required: true, description: "the value as JSON5; anything else is text" },
  },
  async run(args, cli) {
    const value = asValue(args.value);
    const written = await changeConfig(cli, (config) => setAt(config, args.key, value));
    cli.print(written, () => `${cleanLine(args.key)} is set${afterwards(written.restartKeys)}`);
  },
});

const unset = defineLeaf({
  name: "unset",
  summary: "Remove a value, so that its default applies",
  args: { key: path },
  async run(args, cli) {
    const written = await changeConfig(cli, (config) => unsetAt(config, args.key));
    cli.print(written, () => `${cleanLine(args.key)} is not set${afterwards(written.restartKeys)}`);
  },
});

const schema = defineLeaf({
  name: "schema",
  summary: "Print what the config may hold, as JSON Schema",
  args: { key: anyPath },
  async run(args, cli) {
    const { configSchemaResult, lookup } = await import("../../config/json-schema.ts");
    const { version } = await import("../version.ts");
    const now = new Date(cli.io.clock.now()).toISOString();
    const found = args.key ? lookup(args.key) : configSchemaResult(version, now).schema;
    if (!found) throw new CommandError("failed", `the config has no key ${args.key}`);
    cli.io.out(`${JSON.stringify(found, null, 2)}\n`);
  },
});

const validate = defineLeaf({
  name: "validate",
  summary: "Check the file",
  args: {},
  async run(_args, cli) {
    const file = await configFile(cli);
    const { issues, path: where } = file;
    cli.print({ ok: !file.isFatal, path: where, issues }, () => {
      const lines = issues.map(({ severity, path: key, message, line }) =>
        [
          cli.paint(severity === "fatal" ? "red" : "yellow", severity),
          line === undefined ? "" : `line ${line}`,
          cleanLine(`${key}${key ? ": " : ""}${message}`),
        ]
          .filter(Boolean)
          .join("  "),
      );
      return [...lines, file.isFatal ? `${where} cannot be used as it is` : `${where} is valid`].join("\n");
    });
    return file.isFatal ? 1 : 0;
  },
});

const where = defineLeaf({
  name: "path",
  summary: "Print where the file is",
  args: {},
  async run(_args, cli) {
    const { configPath } = cli.paths;
    cli.print({ path: configPath }, () => configPath);
  },
});

export const config = defineBranch({
  name: "config",
  summary: "Read and change the config",
  children: {
    get: async () => get,
    set: async () => set,
    unset: async () => unset,
    schema: async () => schema,
    validate: async () => validate,
    path: async () => where,
  },
});

/** `true`, `18789`, `["a"]` mean what JSON5 says; a bare word means itself. */
function asValue(text: string): unknown {
  try {
    return parseJson5(text);
  } catch {
    return text; // Not JSON5: people do not quote words on a command line.
  }
}

function afterwards(restartKeys: readonly string[]): string {
  return restartKeys.length ? `; restart the gateway for ${restartKeys.map(cleanLine).join(", ")}` : "";
}
