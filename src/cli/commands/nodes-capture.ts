/** `moltbot nodes camera` and `screen`: pictures and films, written as what they are. */
import { isObject } from "../../client/frames.ts";
import { wholeNumber } from "../cli.ts";
import { defineBranch, defineLeaf } from "../command.ts";
import { usageError } from "../exit-codes.ts";
import { outArg, printSaved, saveFile } from "./nodes-file.ts";
import { given, invokeNode, nodeArg, queueArg } from "./nodes-link.ts";

/** How long a clip is when nobody says (`protocol/nodes.md` section 6). */
const CLIP_MS = 3_000;
const SCREEN_MS = 10_000;
const MAX_CLIP_MS = 60_000;
/** What starting the camera and sending the file takes on top. */
const CAPTURE_MS = 30_000;

const facing = { type: "string", valueHint: "SIDE", description: "front or back" } as const;
const device = { type: "string", valueHint: "ID", description: "the camera, from camera list" } as const;
const duration = { type: "string", valueHint: "MS", description: "how long; at most a minute" } as const;
const audio = { type: "boolean", default: true, description: "without sound" } as const;

const cameraList = defineLeaf({
  name: "list",
  summary: "List the cameras of a node",
  args: { node: nodeArg, queue: queueArg },
  async run(args, cli) {
    const { payload } = await invokeNode(cli, args.node, { command: "camera.list", params: {}, queue: args.queue });
    const devices: unknown[] = isObject(payload) && Array.isArray(payload["devices"]) ? payload["devices"] : [];
    const rows = devices.filter(isObject).map((one) => ["id", "name", "position"].map((key) => String(one[key] ?? "")));
    const columns = [{ title: "ID", isFlexible: true }, { title: "NAME", isFlexible: true }, { title: "SIDE" }];
    cli.print(payload ?? null, () => (rows.length ? cli.table(columns, rows) : "no cameras"));
  },
});

const cameraSnap = defineLeaf({
  name: "snap",
  summary: "Take a photo with a node",
  args: {
    node: nodeArg,
    facing,
    device,
    "max-width": { type: "string", valueHint: "PX", description: "widest picture" },
    quality: { type: "string", valueHint: "0..1", description: "of the JPEG" },
    delay: { type: "string", valueHint: "MS", description: "wait for light and focus" },
    out: outArg,
    queue: queueArg,
  },
  async run(args, cli) {
    const delayMs = wholeNumber("delay", args.delay, 0);
    const params = given({
      facing: sideOf(args.facing),
      deviceId: args.device,
      maxWidth: wholeNumber("max-width", args["max-width"], 1),
      quality: qualityOf(args.quality),
      delayMs,
    });
    const timeoutMs = CAPTURE_MS + (delayMs ?? 0);
    const { payload } = await invokeNode(cli, args.node, {
      command: "camera.snap",
      params,
      timeoutMs,
      queue: args.queue,
    });
    printSaved(saveFile(payload, { what: "photo", out: args.out }, cli), payload, cli);
  },
});

const cameraClip = defineLeaf({
  name: "clip",
  summary: "Film a little with a node",
  args: { node: nodeArg, facing, device, duration, audio, out: outArg, queue: queueArg },
  async run(args, cli) {
    const durationMs = durationOf(args.duration, CLIP_MS);
    const params = given({
      facing: sideOf(args.facing),
      deviceId: args.device,
      durationMs,
      includeAudio: args.audio,
    });
    const timeoutMs = CAPTURE_MS + durationMs;
    const { payload } = await invokeNode(cli, args.node, {
      command: "camera.clip",
      params,
      timeoutMs,
      queue: args.queue,
    });
    printSaved(saveFile(payload, { what: "clip", out: args.out }, cli), payload, cli);
  },
});

const screenRecord = defineLeaf({
  name: "record",
  summary: "Film the screen of a node",
  args: {
    node: nodeArg,
    screen: { type: "string", valueHint: "N", description: "which screen, from 0" },
    fps: { type: "string", valueHint: "N", description: "pictures a second" },
    duration,
    audio,
    out: outArg,
    queue: queueArg,
  },
  async run(args, cli) {
    const durationMs = durationOf(args.duration, SCREEN_MS);
    const params = given({
      screenIndex: wholeNumber("screen", args.screen, 0),
      fps: wholeNumber("fps", args.fps, 1),
      durationMs,
      includeAudio: args.audio,
    });
    const timeoutMs = CAPTURE_MS + durationMs;
    const { payload } = await invokeNode(cli, args.node, {
      command: "screen.record",
      params,
      timeoutMs,
      queue: args.queue,
    });
    printSaved(saveFile(payload, { what: "screen", out: args.out }, cli), payload, cli);
  },
});

export const nodesCamera = defineBranch({
  name: "camera",
  summary: "Take photos and clips with a node",
  children: { list: async () => cameraList, snap: async () => cameraSnap, clip: async () => cameraClip },
});

export const nodesScreen = defineBranch({
  name: "screen",
  summary: "Film the screen of a node",
  children: { record: async () => screenRecord },
});

function sideOf(text: string | undefined): string | undefined {
  return text === undefined || text === "front" || text === "back" ? text : usageError("--facing takes front or back");
}

function durationOf(text: string | undefined, otherwise: number): number {
  const durationMs = wholeNumber("duration", text, 1) ?? otherwise;
  return durationMs <= MAX_CLIP_MS ? durationMs : usageError(`--duration takes at most ${MAX_CLIP_MS} ms`);
}

/** A share of one. */
export function qualityOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const quality = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  return quality > 0 && quality <= 1 ? quality : usageError("--quality takes a number above 0 and up to 1");
}
