/**
 * The screen: shared with one click, which the browser asks again for each time; recorded from what is shared. Sharing
 * is what the person sees and ends, so that a recording may be made while this page is behind what it shows.
 */
import type { Fields } from "../../shared/wire.ts";
import { refuse } from "../failure.ts";
import type { Command, Work } from "../invocations.ts";
import { choiceIn, numberIn, wordIn } from "../params.ts";
import { type CaptureNeeds, durationIn } from "./needs.ts";
import { record } from "./recorder.ts";

const RECORD_MS = 10_000;
const FPS = 30;

/** The screen that is shared at the moment, if one is. */
export class ScreenShare {
  readonly #onChange: () => void;
  #stream: MediaStream | undefined;
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get stream(): MediaStream | undefined {
    return this.#stream;
  }

  /** Lets the person choose what to share; from a click. Rejects when they choose nothing. */
  async start(): Promise<void> {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: true });
    this.stop();
    this.#stream = stream;
    for (const track of stream.getVideoTracks()) track.addEventListener("ended", () => this.#end(stream));
    this.#onChange();
  }

  stop(): void {
    if (this.#stream !== undefined) this.#end(this.#stream);
  }

  #end(stream: MediaStream): void {
    for (const track of stream.getTracks()) track.stop();
    if (this.#stream !== stream) return;
    this.#stream = undefined;
    this.#onChange();
  }
}

export function screenCommands(share: ScreenShare, needs: CaptureNeeds): [name: string, command: Command][] {
  return [["screen.record", { lane: "capture", run: (params, work) => recordScreen(params, work, share, needs) }]];
}

async function recordScreen(params: Fields, work: Work, share: ScreenShare, needs: CaptureNeeds) {
  needs.lends.require("screen");
  const { stream } = share;
  if (stream === undefined) return refuse("SCREEN_PERMISSION_REQUIRED", "nothing is shared on the device");
  wordIn(params, "format", ["mp4", "webm"]);
  const screenIndex = numberIn(params, "screenIndex", { min: 0, max: 99, otherwise: 0 });
  if (screenIndex !== 0) return refuse("INVALID_REQUEST", "one screen is shared: its screenIndex is 0");
  const fps = numberIn(params, "fps", { min: 1, max: 60, otherwise: FPS });
  const durationMs = durationIn(params, RECORD_MS, work);
  const withSound = choiceIn(params, "includeAudio") ?? true;
  // Copies, so that the sharing goes on when the recording has ended.
  const tracks = [...stream.getVideoTracks(), ...(withSound ? stream.getAudioTracks() : [])].map((track) =>
    track.clone(),
  );
  try {
    for (const track of tracks) if (track.kind === "video") await track.applyConstraints({ frameRate: { max: fps } });
    const recording = await record(new MediaStream(tracks), {
      durationMs,
      maxChars: needs.maxChars(),
      signal: work.signal,
      clock: needs.clock,
    });
    const frameRate = tracks[0]?.getSettings().frameRate;
    return { ...recording, ...(frameRate !== undefined && { fps: Math.round(frameRate) }), screenIndex };
  } finally {
    for (const track of tracks) track.stop();
  }
}
