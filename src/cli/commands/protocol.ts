/** `moltbot protocol`: what this version speaks, from the description the generated files come from. */
import type { ProtocolDescription } from "#schemas/emit/description.ts";
import { defineBranch, defineLeaf } from "../command.ts";
import { version } from "../version.ts";

const leaf = (name: string, summary: string, emit: () => Promise<(protocol: ProtocolDescription) => string>) =>
  defineLeaf({
    name,
    summary,
    args: {},
    async run(_args, cli) {
      const { describeProtocol } = await import("../../methods/index.ts");
      const text = (await emit())(describeProtocol(version));
      cli.io.out(text.endsWith("\n") ? text : `${text}\n`);
    },
  });

const schema = leaf(
  "schema",
  "Print the protocol as JSON Schema",
  async () => (await import("#schemas/emit/json-schema.ts")).emitJsonSchema,
);
const swift = leaf(
  "swift",
  "Print the protocol as Swift models",
  async () => (await import("#schemas/emit/swift.ts")).emitSwift,
);
const docs = leaf(
  "docs",
  "Print the protocol as Markdown",
  async () => (await import("#schemas/emit/docs.ts")).emitDocs,
);

export const protocol = defineBranch({
  name: "protocol",
  summary: "Print the protocol in other languages",
  children: { schema: async () => schema, swift: async () => swift, docs: async () => docs },
});
