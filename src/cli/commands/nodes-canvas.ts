/** `moltbot nodes canvas`: show pages and forms on a node. */
import { readFileSync } from "node:fs";
import { isObject } from "../../client/frames.ts";
import { type Cli, wholeNumber } from "../cli.ts";
import { defineBranch, defineLeaf } from "../command.ts";
import { CommandError, usageError } from "../exit-codes.ts";
import { cleanText } from "../terminal.ts";
import { qualityOf } from "./nodes-capture.ts";
import { outArg, printSaved, saveFile } from "./nodes-file.ts";
import { given, invokeNode, nodeArg, queueArg } from "./nodes-link.ts";

const page = { type: "positional", required: false, description: "address or path; none: the canvas itself" } as const;
const side = (what: string) => ({ type: "string", valueHint: "PX", description: `${what} of the window` }) as const;

const present = defineLeaf({
  name: "present",
  summary: "Show the canvas of a node",
  args: {
    node: nodeArg,
    page,
    x: side("left"),
    y: side("top"),
    width: side("width"),
    height: side("height"),
    queue: queueArg,
  },
  async run(args, cli) {
    const placement = given(
      Object.fromEntries(
        (["x", "y", "width", "height"] as const).map((name) => [name, wholeNumber(name, args[name], 0)]),
      ),
    );
    const params = given({ url: args.page, placement: Object.keys(placement).length ? placement : undefined });
    await done("canvas.present", params, args, cli, "shown");
  },
});

const hide = defineLeaf({
  name: "hide",
  summary: "Hide the canvas of a node",
  args: { node: nodeArg, queue: queueArg },
  run: (args, cli) => done("canvas.hide", {}, args, cli, "hidden"),
});

const navigate = defineLeaf({
  name: "navigate",
  summary: "Show another page in the canvas of a node",
  args: { node: nodeArg, page: { ...page, required: true }, queue: queueArg },
  run: (args, cli) => done("canvas.navigate", { url: args.page }, args, cli, "shown"),
});

const evaluate = defineLeaf({
  name: "eval",
  summary: "Run JavaScript in the page of a node's canvas, and print its value",
  args: {
    node: nodeArg,
    script: { type: "positional", required: true, description: "the script; -: from stdin" },
    queue: queueArg,
  },
  async run(args, cli) {
    const javaScript = args.script === "-" ? await cli.io.readInput() : args.script;
    const { payload } = await invokeNode(cli, args.node, {
      command: "canvas.eval",
      params: { javaScript },
      queue: args.queue,
    });
    const result = isObject(payload) ? payload["result"] : undefined;
    const text = typeof result === "string" ? result : (JSON.stringify(result ?? null) ?? "");
    cli.print(payload ?? null, () => (cli.io.isTerminal ? cleanText(text) : text));
  },
});

const formats = ["png", "jpeg"] as const;

const snapshot = defineLeaf({
  name: "snapshot",
  summary: "Take a picture of a node's canvas",
  args: {
    node: nodeArg,
    format: { type: "string", valueHint: "FORMAT", description: "png or jpeg; default: png" },
    "max-width": { type: "string", valueHint: "PX", description: "widest picture" },
    quality: { type: "string", valueHint: "0..1", description: "of a JPEG" },
    out: outArg,
    queue: queueArg,
  },
  async run(args, cli) {
    const wanted = args.format === "jpg" ? "jpeg" : (args.format ?? "png");
    const format = formats.find((one) => one === wanted) ?? usageError("--format takes png or jpeg");
    const maxWidth = wholeNumber("max-width", args["max-width"], 1);
    const params = given({ format, maxWidth, quality: qualityOf(args.quality) });
    const { payload } = await invokeNode(cli, args.node, { command: "canvas.snapshot", params, queue: args.queue });
    printSaved(saveFile(payload, { what: "canvas", out: args.out }, cli), payload, cli);
  },
});

const push = defineLeaf({
  name: "push",
  summary: "Show an A2UI form on a node; without --file the messages come from stdin, one JSON a line",
  args: {
    node: nodeArg,
    file: { type: "string", valueHint: "FILE", description: "the messages as JSON lines" },
    text: { type: "string", valueHint: "TEXT", description: "show only this text" },
    queue: queueArg,
  },
  async run(args, cli) {
    const jsonl = args.text === undefined ? await linesOf(args.file, cli) : textAsA2ui(args.text);
    await done("canvas.a2ui.pushJSONL", { jsonl }, args, cli, "shown");
  },
});

const reset = defineLeaf({
  name: "reset",
  summary: "Take A2UI forms off a node",
  args: { node: nodeArg, queue: queueArg },
  run: (args, cli) => done("canvas.a2ui.reset", {}, args, cli, "empty"),
});

export const nodesA2ui = defineBranch({
  name: "a2ui",
  summary: "Show A2UI forms on a node",
  children: { push: async () => push, reset: async () => reset },
});

export const nodesCanvas = defineBranch({
  name: "canvas",
  summary: "Show pages on a node",
  children: {
    present: async () => present,
    hide: async () => hide,
    navigate: async () => navigate,
    eval: async () => evaluate,
    snapshot: async () => snapshot,
    a2ui: async () => nodesA2ui,
  },
});

async function done(
  command: string,
  params: object,
  args: { node: string; queue?: string | undefined },
  cli: Cli,
  said: string,
): Promise<undefined> {
  const { payload } = await invokeNode(cli, args.node, { command, params, queue: args.queue });
  cli.print(payload ?? { ok: true }, () => said);
}

async function linesOf(file: string | undefined, { io }: Cli): Promise<string> {
  if (file === undefined && io.isInputTerminal) usageError("say what to show: --file FILE, --text TEXT, or on stdin");
  if (file === undefined) return io.readInput();
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new CommandError("failed", `cannot read ${file}`, { cause });
  }
}

/** A surface that holds one text, in the oldest version: every node that can show forms reads it. */
function textAsA2ui(text: string): string {
  const surfaceId = "main";
  const component = { Text: { text: { literalString: text }, usageHint: "body" } };
  const messages = [
    { surfaceUpdate: { surfaceId, components: [{ id: "root", component }] } },
    { beginRendering: { surfaceId, root: "root" } },
  ];
  return messages.map((message) => JSON.stringify(message)).join("\n");
}
