/** Tools through which an agent sees and tells by a device of its owner: camera, screen, place, notification. */
import { Type } from "@sinclair/typebox";
import { OneOf, Strict } from "#schemas/primitives.ts";
import { type AgentTool, defineTool } from "./define.ts";
import { askNode, canAny, keepFile, NodeName, recordOf } from "./device.ts";

/** Longest recording, and what it takes beside its length. */
const MAX_RECORD_MS = 60_000;
const EXTRA_MS = 30_000;

const Duration = Type.Optional(Type.Integer({ minimum: 100, maximum: MAX_RECORD_MS }));

export const senseTools: readonly AgentTool[] = [
  defineTool({
    name: "camera",
    description: "Lists cameras of the owner's devices, takes a photo (snap) or a short video (clip).",
    params: Strict({
      action: OneOf(["list", "snap", "clip"]),
      node: NodeName,
      facing: Type.Optional(OneOf(["front", "back"])),
      deviceId: Type.Optional(Type.String()),
      durationMs: Duration,
    }),
    timeoutMs: MAX_RECORD_MS + EXTRA_MS,
    isUseful: (app) => canAny(app, ["camera.list", "camera.snap", "camera.clip"]),
    run: async ({ action, node, facing, deviceId, durationMs }, context, signal) => {
      const params = {
        ...(facing === undefined ? {} : { facing }),
        ...(deviceId === undefined ? {} : { deviceId }),
        ...(durationMs === undefined ? {} : { durationMs }),
      };
      const timeoutMs = EXTRA_MS + (durationMs ?? 0);
      const { payload } = await askNode(context, { node, command: `camera.${action}`, params, timeoutMs }, signal);
      if (action === "list") return { text: JSON.stringify(payload) };
      const { handle, text } = keepFile(context, payload);
      return { text, details: { handle } };
    },
  }),
  defineTool({
    name: "screen",
    description: "Records the screen of one of the owner's devices.",
    params: Strict({ node: NodeName, durationMs: Duration }),
    timeoutMs: MAX_RECORD_MS + EXTRA_MS,
    isUseful: (app) => canAny(app, ["screen.record"]),
    run: async ({ node, durationMs = 5_000 }, context, signal) => {
      const asked = { node, command: "screen.record", params: { durationMs }, timeoutMs: EXTRA_MS + durationMs };
      const { payload } = await askNode(context, asked, signal);
      const { handle, text } = keepFile(context, payload);
      return { text, details: { handle } };
    },
  }),
  defineTool({
    name: "location",
    description: "Where one of the owner's devices is.",
    params: Strict({ node: NodeName, desiredAccuracy: Type.Optional(OneOf(["coarse", "balanced", "precise"])) }),
    isUseful: (app) => canAny(app, ["location.get"]),
    run: async ({ node, desiredAccuracy }, context, signal) => {
      const params = desiredAccuracy === undefined ? {} : { desiredAccuracy };
      const { payload } = await askNode(context, { node, command: "location.get", params }, signal);
      return { text: JSON.stringify(recordOf(payload)) };
    },
  }),
  defineTool({
    name: "notify",
    description: "Shows a notification on one of the owner's devices.",
    params: Strict({ title: Type.String({ maxLength: 200 }), body: Type.String({ maxLength: 1000 }), node: NodeName }),
    isUseful: (app) => canAny(app, ["system.notify"]),
    run: async ({ node, title, body }, context, signal) => {
      await askNode(context, { node, command: "system.notify", params: { title, body } }, signal);
      return { text: "shown" };
    },
  }),
  defineTool({
    name: "nodes",
    description: "Lists the owner's devices: name, kind, whether connected, what each can do.",
    params: Strict({}),
    isUseful: ({ nodes }) => nodes.list().length > 0,
    run: async (_args, { app }) => {
      const rows = app.nodes.list().map(({ displayName, nodeId, platform, connected, commands }) => ({
        name: displayName ?? nodeId.slice(0, 12),
        platform,
        connected,
        commands,
      }));
      return { text: JSON.stringify(rows) };
    },
  }),
];
