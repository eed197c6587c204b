/** Records a stream for a while, in the best container this browser can write, and says which one it was. */
import type { Clock } from "../../../lib/clock.ts";
import { refuse } from "../failure.ts";
import { bytesIn, toBase64 } from "./base64.ts";

export interface RecordingOptions {
  durationMs: number;
  /** Longest base64. A recording that would be longer ends earlier. */
  maxChars: number;
  signal: AbortSignal;
  clock: Clock;
}

export interface Recording {
  format: "mp4" | "webm";
  base64: string;
  /** What was recorded, which is less than asked for when it grew too large. */
  durationMs: number;
  hasAudio: boolean;
}

/** What plays in most places first. The second is MP4 with whatever codecs the browser has for it. */
const CONTAINERS = ["video/mp4;codecs=avc1.42E01E,mp4a.40.2", "video/mp4", "video/webm;codecs=vp8,opus", "video/webm"];
/** How often the recorder hands over what it has: the size is looked at as often. */
const SLICE_MS = 250;
/** Share of the allowed size at which a recording ends; the rest is for what is still in the recorder. */
const FULL = 0.9;
/** Share of the allowed size that is planned for: encoders overshoot. */
const PLANNED = 0.7;
/** More is not seen or heard in clips of this kind. */
const MAX_VIDEO_BITS = 2_500_000;
const MAX_AUDIO_BITS = 64_000;
const MIN_AUDIO_BITS = 12_000;
/** Share of the sound when there is little room. */
const AUDIO_SHARE = 0.25;

/** What a recording of that length may use of each second so that it fits, and how wide its picture should be. */
export interface RecordingPlan {
  audioBitsPerSecond: number;
  videoBitsPerSecond: number;
  width: number;
}

export function planRecording(maxChars: number, durationMs: number): RecordingPlan {
  const bits = (bytesIn(maxChars) * 8 * PLANNED) / (durationMs / 1000);
  const audio = Math.min(MAX_AUDIO_BITS, Math.max(MIN_AUDIO_BITS, bits * AUDIO_SHARE));
  const video = Math.min(MAX_VIDEO_BITS, Math.max(1, bits - audio));
  const width = video >= 1_000_000 ? 1_280 : video >= 300_000 ? 640 : 320;
  return { audioBitsPerSecond: Math.round(audio), videoBitsPerSecond: Math.round(video), width };
}

/** Whether this browser can record at all. */
export function canRecord(): boolean {
  return containerFor() !== undefined;
}

export async function record(stream: MediaStream, options: RecordingOptions): Promise<Recording> {
  const { clock, signal, durationMs } = options;
  const maxBytes = bytesIn(options.maxChars);
  const { audioBitsPerSecond, videoBitsPerSecond } = planRecording(options.maxChars, durationMs);
  const mimeType = containerFor();
  const recorder = new MediaRecorder(stream, {
    ...(mimeType !== undefined && { mimeType }),
    audioBitsPerSecond,
    videoBitsPerSecond,
  });
  const pieces: Blob[] = [];
  let bytes = 0;
  let startedAtMs = clock.monotonic();
  let endedAtMs = startedAtMs;
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  const stop = () => {
    if (recorder.state !== "inactive") recorder.stop();
  };
  recorder.onstart = () => {
    startedAtMs = clock.monotonic();
  };
  recorder.ondataavailable = ({ data }) => {
    pieces.push(data);
    bytes += data.size;
    if (bytes >= maxBytes * FULL) stop();
  };
  // A track that ends, because a device was unplugged or the person stopped sharing, ends the recording as well.
  recorder.onstop = () => {
    endedAtMs = clock.monotonic();
    resolve();
  };
  recorder.onerror = () => reject(new Error("the browser stopped recording"));
  const timer = clock.after(durationMs, stop);
  signal.addEventListener("abort", stop, { once: true });
  try {
    recorder.start(SLICE_MS);
    await ended;
  } finally {
    timer.cancel();
    signal.removeEventListener("abort", stop);
    stop();
  }
  signal.throwIfAborted();
  if (bytes === 0) return refuse("UNAVAILABLE", "the browser recorded nothing");
  if (bytes > maxBytes)
    return refuse("UNAVAILABLE", "the recording is too large for the gateway: ask for a shorter one");
  return {
    format: recorder.mimeType.startsWith("video/mp4") ? "mp4" : "webm",
    base64: await toBase64(new Blob(pieces)),
    durationMs: Math.round(Math.min(durationMs, endedAtMs - startedAtMs)),
    hasAudio: stream.getAudioTracks().length > 0,
  };
}

function containerFor(): string | undefined {
  if (typeof MediaRecorder === "undefined") return undefined;
  return CONTAINERS.find((type) => MediaRecorder.isTypeSupported(type));
}
