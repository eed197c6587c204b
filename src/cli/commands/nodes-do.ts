/** `moltbot nodes invoke`, `notify` and `location get`. */
import { isObject } from "../../client/frames.ts";
import { wholeNumber } from "../cli.ts";
import { defineBranch, defineLeaf } from "../command.ts";
import { usageError } from "../exit-codes.ts";
import { parseJson5Option } from "../json5-option.ts";
import { cleanLine } from "../terminal.ts";
import { given, invokeNode, nodeArg, queueArg } from "./nodes-link.ts";

export const nodesInvoke = defineLeaf({
  name: "invoke",
  summary: "Ask a node for any of its commands, and print what it answers",
  args: {
    node: nodeArg,
    command: { type: "positional", required: true, description: "the command, for example system.which" },
    params: { type: "string", valueHint: "JSON5", description: "its parameters" },
    queue: queueArg,
  },
  async run(args, cli) {
    const params = args.params === undefined ? {} : parseJson5Option("params", args.params);
    const result = await invokeNode(cli, args.node, { command: args.command, params, queue: args.queue });
    cli.io.out(`${cli.json(cli.wantsJson ? result : (result.payload ?? null))}\n`);
  },
});

const priorities = ["passive", "active", "timeSensitive"] as const;

export const nodesNotify = defineLeaf({
  name: "notify",
  summary: "Show a note on a node",
  args: {
    node: nodeArg,
    title: { type: "string", valueHint: "TEXT", description: "its title" },
    body: { type: "string", valueHint: "TEXT", description: "its text" },
    priority: { type: "string", valueHint: "HOW", description: priorities.join(", ") },
    queue: queueArg,
  },
  async run(args, cli) {
    const { title, body, priority } = args;
    if (!title && !body) usageError("say what to show: --title or --body");
    if (priority !== undefined && !priorities.some((one) => one === priority))
      usageError(`--priority takes ${priorities.join(", ")}`);
    const params = given({ title: title ?? "", body: body ?? "", priority });
    const result = await invokeNode(cli, args.node, { command: "system.notify", params, queue: args.queue });
    cli.print(result, () => "shown");
  },
});

const accuracies = ["coarse", "balanced", "precise"] as const;

const locationGet = defineLeaf({
  name: "get",
  summary: "Where a node is",
  args: {
    node: nodeArg,
    accuracy: { type: "string", valueHint: "HOW", description: accuracies.join(", ") },
    "max-age": { type: "string", valueHint: "MS", description: "a place known so long ago will do" },
    queue: queueArg,
  },
  async run(args, cli) {
    const { accuracy } = args;
    if (accuracy !== undefined && !accuracies.some((one) => one === accuracy))
      usageError(`--accuracy takes ${accuracies.join(", ")}`);
    const maxAgeMs = wholeNumber("max-age", args["max-age"], 0);
    const params = given({ desiredAccuracy: accuracy, maxAgeMs, timeoutMs: cli.link.timeoutMs });
    const { payload } = await invokeNode(cli, args.node, { command: "location.get", params, queue: args.queue });
    cli.print(payload ?? null, () => placeOf(payload));
  },
});

export const nodesLocation = defineBranch({
  name: "location",
  summary: "Ask a node where it is",
  default: "get",
  children: { get: async () => locationGet },
});

function placeOf(payload: unknown): string {
  const { lat, lon, accuracyMeters, timestamp } = isObject(payload) ? payload : {};
  const accuracy = typeof accuracyMeters === "number" ? ` ±${Math.round(accuracyMeters)} m` : "";
  return cleanLine(`${lat}, ${lon}${accuracy}${typeof timestamp === "string" ? ` at ${timestamp}` : ""}`);
}
