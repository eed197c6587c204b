/** The tool through which an agent shows things: pages it writes, and surfaces it describes. */
import { Type } from "@sinclair/typebox";
import { OneOf, Strict } from "#schemas/primitives.ts";
import { listPages, writePage } from "../../canvas/workspace.ts";
import { fail } from "../../lib/errors.ts";
import { type AgentTool, defineTool, type ToolContext } from "./define.ts";
import { askNode, canAny, keepFile, NodeName, pickNode, recordOf } from "./device.ts";

const commands = [
  "canvas.present",
  "canvas.hide",
  "canvas.navigate",
  "canvas.eval",
  "canvas.snapshot",
  "canvas.a2ui.push",
  "canvas.a2ui.reset",
] as const;

const Params = Strict({
  action: OneOf(["write", "list", "present", "hide", "navigate", "eval", "snapshot", "a2ui_push", "a2ui_reset"], {
    description:
      "write: store a page at `path` with `content` (open pages reload). present/navigate: show `url`, such as /index.html. eval: run `javaScript` in the page and get its value. a2ui_push: show A2UI `messages` (v0.8 or v0.9).",
  }),
  node: NodeName,
  path: Type.Optional(Type.String()),
  content: Type.Optional(Type.String()),
  url: Type.Optional(Type.String()),
  javaScript: Type.Optional(Type.String()),
  messages: Type.Optional(Type.Array(Type.Record(Type.String(), Type.Unknown()))),
});
type Args = typeof Params.static;

export const canvasTools: readonly AgentTool[] = [
  defineTool({
    name: "canvas",
    description: "Shows HTML pages and forms on the owner's devices; taps in forms come back as messages.",
    params: Params,
    isUseful: (app) => app.canvas.isEnabled && canAny(app, commands),
    run: (args, context, signal) => perform(args, context, signal),
  }),
];

async function perform(
  args: Args,
  context: ToolContext,
  signal: AbortSignal,
): Promise<{ text: string; details?: unknown }> {
  const { action, node, path, content, url, javaScript, messages } = args;
  const { canvas, nodes } = context.app;
  const ask = async (command: (typeof commands)[number], params?: object) =>
    (await askNode(context, { node, command, ...(params === undefined ? {} : { params }) }, signal)).payload;
  switch (action) {
    case "write": {
      const written = await writePage(canvas.root, path ?? needed("path"), content ?? needed("content"));
      return { text: `written; show it with action present and url ${written}` };
    }
    case "list":
      return { text: JSON.stringify(await listPages(canvas.root)) };
    case "present":
      await ask("canvas.present", url === undefined ? {} : { url });
      return { text: "shown" };
    case "hide":
      await ask("canvas.hide");
      return { text: "hidden" };
    case "navigate":
      await ask("canvas.navigate", { url: url ?? needed("url") });
      return { text: "shown" };
    case "eval":
      return {
        text: String(recordOf(await ask("canvas.eval", { javaScript: javaScript ?? needed("javaScript") }))["result"]),
      };
    case "snapshot": {
      const { handle, text } = keepFile(context, await ask("canvas.snapshot", { format: "png" }));
      return { text, details: { handle } };
    }
    case "a2ui_push": {
      const { nodeId } = pickNode(context.app, node, "canvas.a2ui.push");
      nodes.get(nodeId);
      const pushed = canvas.push(nodeId, messages ?? needed("messages"));
      const isShown = pushed.messagesToSend.length > 0;
      if (isShown) await ask("canvas.a2ui.push", { messages: pushed.messagesToSend });
      // The model mends what was wrong; what was right is shown already.
      const problems = [...pushed.errors, ...pushed.warnings];
      const told = problems.length ? `; problems: ${JSON.stringify(problems)}` : "";
      return { text: `${isShown ? `shown: ${pushed.surfaces.join(", ")}` : "nothing was shown"}${told}` };
    }
    case "a2ui_reset": {
      const { nodeId } = pickNode(context.app, node, "canvas.a2ui.reset");
      canvas.reset(nodeId);
      await ask("canvas.a2ui.reset");
      return { text: "empty" };
    }
  }
}

function needed(name: string): never {
  return fail("INVALID_REQUEST", `${name} is required for this action`);
}
