/** `moltbot call METHOD`: any RPC method by its name; its help comes from the method's declaration. */
import type { CallOptions } from "../cli.ts";
import { defineLeaf } from "../command.ts";
import { parseObjectOption } from "../json5-option.ts";

/** How long a second answer may take: runs end within a day. */
const FINAL_TIMEOUT_MS = 24 * 60 * 60 * 1000;

export const call = defineLeaf({
  name: "call",
  summary: "Call any method of the gateway; call METHOD --help shows what it takes",
  args: {
    method: { type: "positional", required: true, description: "name of the method, for example status" },
    params: { type: "string", valueHint: "JSON5", description: "its parameters" },
    "expect-final": { type: "boolean", description: "wait for the second answer of a method that answers twice" },
  },
  async helpFor([name]) {
    if (name === undefined) return undefined;
    const { describeMethod, findMethod, methodNames } = await import("../methods.ts");
    const method = findMethod(name);
    return method
      ? describeMethod(method)
      : `no method is called ${name}; there are:\n  ${methodNames().join("\n  ")}\n`;
  },
  async run(args, cli) {
    const params = args.params === undefined ? {} : parseObjectOption("params", args.params);
    const options: CallOptions = args["expect-final"] ? { expectFinal: true, timeoutMs: FINAL_TIMEOUT_MS } : {};
    const result = await cli.call(args.method, params, options);
    cli.io.out(`${cli.json(result)}\n`);
  },
});
