/** The camera: which there are, a photo, a clip. It is on while a command runs, and off when the command has ended. */
import { pause } from "../../../lib/clock.ts";
import type { Fields } from "../../shared/wire.ts";
import { browserErrorOf, refuse } from "../failure.ts";
import type { Command, Work } from "../invocations.ts";
import { choiceIn, numberIn, textIn, wordIn } from "../params.ts";
import { type CaptureNeeds, durationIn, requireForeground } from "./needs.ts";
import { encodePicture } from "./picture.ts";
import { planRecording, record } from "./recorder.ts";

/** Defaults and limits of the protocol (`protocol/nodes.md` section 6). */
const SNAP = { maxWidth: 1_600, quality: 0.9 } as const;
const CLIP_MS = 3_000;
/** Longest base64 of a photo. */
const MAX_PHOTO_CHARS = 5_000_000;
/** How long a camera gets to adjust to the light when the caller does not say: the first pictures are dark. */
const SETTLE_MS = 250;
const MAX_DELAY_MS = 10_000;
/** A device that the browser does not name until it is allowed to. */
const UNNAMED = "default";

export function cameraCommands(needs: CaptureNeeds): [name: string, command: Command][] {
  return [
    ["camera.list", { lane: "capture", run: () => list(needs) }],
    ["camera.snap", { lane: "capture", run: (params, work) => snap(params, work, needs) }],
    ["camera.clip", { lane: "capture", run: (params, work) => clip(params, work, needs) }],
  ];
}

async function list({ lends }: CaptureNeeds) {
  lends.requireOn("camera");
  const all = await navigator.mediaDevices.enumerateDevices();
  const cameras = all.filter(({ kind }) => kind === "videoinput");
  const devices = cameras.map(({ deviceId, label }, index) => ({
    id: deviceId === "" ? UNNAMED : deviceId,
    name: label === "" ? `Camera ${index + 1}` : label,
    position: positionOf(label),
    deviceType: "camera",
  }));
  return { devices };
}

async function snap(params: Fields, { signal }: Work, needs: CaptureNeeds) {
  requireCamera(needs);
  const maxWidth = numberIn(params, "maxWidth", { min: 1, max: 10_000, otherwise: SNAP.maxWidth });
  const quality = numberIn(params, "quality", { min: 0.1, max: 1, otherwise: SNAP.quality });
  const delayMs = numberIn(params, "delayMs", { min: 0, max: MAX_DELAY_MS, otherwise: SETTLE_MS });
  wordIn(params, "format", ["jpg", "jpeg"]);
  await using camera = await openCamera(params, { width: maxWidth, withSound: false, signal, needs });
  const video = await play(camera.stream, signal);
  await pause(needs.clock, delayMs, signal);
  const { videoWidth: width, videoHeight: height } = video;
  const maxChars = Math.min(MAX_PHOTO_CHARS, needs.maxChars());
  const picture = await encodePicture(
    { source: video, width, height },
    { format: "jpeg", maxWidth, quality, maxChars },
  );
  return { format: "jpg", ...picture };
}

async function clip(params: Fields, work: Work, needs: CaptureNeeds) {
  requireCamera(needs);
  wordIn(params, "format", ["mp4", "webm"]);
  const durationMs = durationIn(params, CLIP_MS, work);
  const wantsSound = choiceIn(params, "includeAudio");
  // Who asks for sound is told when there is none; who leaves it open gets what there is.
  if (wantsSound === true) needs.lends.require("microphone");
  const withSound = wantsSound !== false && needs.lends.isReady("microphone");
  const { signal } = work;
  const maxChars = needs.maxChars();
  const { width } = planRecording(maxChars, durationMs);
  await using camera = await openCamera(params, { width, withSound, signal, needs });
  return await record(camera.stream, { durationMs, maxChars, signal, clock: needs.clock });
}

function requireCamera({ lends }: CaptureNeeds): void {
  lends.require("camera");
  requireForeground();
}

interface CameraOptions {
  width: number;
  withSound: boolean;
  signal: AbortSignal;
  needs: CaptureNeeds;
}

async function openCamera(params: Fields, { width, withSound, signal, needs }: CameraOptions) {
  const facing = textIn(params, "facing");
  if (facing !== undefined && facing !== "front" && facing !== "back")
    return refuse("INVALID_REQUEST", "facing must be front or back");
  const deviceId = textIn(params, "deviceId");
  const video: MediaTrackConstraints = {
    width: { ideal: width },
    ...(deviceId !== undefined && deviceId !== UNNAMED && { deviceId: { exact: deviceId } }),
    ...(facing !== undefined && { facingMode: facing === "front" ? "user" : "environment" }),
  };
  const stream = await navigator.mediaDevices.getUserMedia({ video, audio: withSound }).catch((error: unknown) => {
    switch (browserErrorOf(error)) {
      case "NotAllowedError":
        needs.lends.miss("camera");
        return refuse("CAMERA_PERMISSION_REQUIRED", "somebody at the device has to allow the camera");
      case "NotFoundError":
      case "OverconstrainedError":
        return refuse("INVALID_REQUEST", "there is no such camera: ask camera.list");
      case "NotReadableError":
        return refuse("UNAVAILABLE", "the camera is used by another program");
      default:
        throw error;
    }
  });
  const stop = async () => {
    for (const track of stream.getTracks()) track.stop();
  };
  // The answer may have been given up while the camera was opening.
  if (signal.aborted) await stop();
  signal.throwIfAborted();
  return { stream, [Symbol.asyncDispose]: stop };
}

/** Shows the stream nowhere, so that pictures can be taken of it. */
async function play(stream: MediaStream, signal: AbortSignal): Promise<HTMLVideoElement> {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  const { promise: hasPicture, resolve, reject } = Promise.withResolvers<void>();
  const look = () => {
    if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth > 0) resolve();
  };
  for (const event of ["loadeddata", "resize", "playing"]) video.addEventListener(event, look, { signal });
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  await Promise.all([video.play(), hasPicture]);
  return video;
}

function positionOf(label: string): "front" | "back" | "unspecified" {
  if (/\b(?:back|rear|environment)\b/i.test(label)) return "back";
  return /\b(?:front|user|facetime)\b/i.test(label) ? "front" : "unspecified";
}
