/** Makes pictures that fit: scaled to a width, and made smaller until their text is no longer than allowed. */
import { refuse } from "../failure.ts";
import { toBase64 } from "./base64.ts";

/** What is drawn. */
export interface Frame {
  source: CanvasImageSource;
  width: number;
  height: number;
}

export interface PictureOptions {
  format: "jpeg" | "png";
  maxWidth: number;
  /** 0 to 1; PNG has none. */
  quality: number;
  /** Longest base64. */
  maxChars: number;
}

export interface Picture {
  base64: string;
  width: number;
  height: number;
}

/** A picture may be made smaller this often before it is given up. */
const MAX_ATTEMPTS = 12;
/** Below this quality a smaller picture looks better than a worse one. */
const MIN_QUALITY = 0.5;
/** How much smaller each attempt is. */
const STEP = 0.8;

export async function encodePicture(frame: Frame, options: PictureOptions): Promise<Picture> {
  let { quality } = options;
  let scale = Math.min(1, options.maxWidth / frame.width);
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  if (context === null) return refuse("UNAVAILABLE", "this browser cannot draw");
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    canvas.width = Math.max(1, Math.round(frame.width * scale));
    canvas.height = Math.max(1, Math.round(frame.height * scale));
    context.drawImage(frame.source, 0, 0, canvas.width, canvas.height);
    const base64 = await toBase64(await blobOf(canvas, `image/${options.format}`, quality));
    if (base64.length <= options.maxChars) return { base64, width: canvas.width, height: canvas.height };
    if (options.format === "jpeg" && quality * STEP >= MIN_QUALITY) quality *= STEP;
    else scale *= STEP;
  }
  return refuse("UNAVAILABLE", "the picture is too large for the gateway: ask for a smaller maxWidth");
}

async function blobOf(canvas: HTMLCanvasElement, type: string, quality: number): Promise<Blob> {
  const { promise, resolve } = Promise.withResolvers<Blob | null>();
  canvas.toBlob(resolve, type, quality);
  return (await promise) ?? refuse("UNAVAILABLE", "this browser could not encode the picture");
}
