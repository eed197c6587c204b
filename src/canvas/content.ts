/** Answers with a file: whole, a range of it, only its headers, or that it has not changed. */
import type { OpenFile } from "./files.ts";

/** Read at once below this size; larger files are streamed in pieces of it. */
const CHUNK_BYTES = 256 * 1024;

/** Media types by ending; what is not here is downloaded, not shown. */
const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  htm: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json; charset=utf-8",
  jsonl: "application/jsonl; charset=utf-8",
  map: "application/json; charset=utf-8",
  txt: "text/plain; charset=utf-8",
  md: "text/markdown; charset=utf-8",
  csv: "text/csv; charset=utf-8",
  xml: "application/xml; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  avif: "image/avif",
  ico: "image/x-icon",
  mp4: "video/mp4",
  m4v: "video/mp4",
  webm: "video/webm",
  mov: "video/quicktime",
  mp3: "audio/mpeg",
  m4a: "audio/mp4",
  ogg: "audio/ogg",
  opus: "audio/ogg",
  wav: "audio/wav",
  flac: "audio/flac",
  pdf: "application/pdf",
  wasm: "application/wasm",
  woff: "font/woff",
  woff2: "font/woff2",
  ttf: "font/ttf",
  otf: "font/otf",
};

/** The media type of a file by its name. */
export function typeOf(name: string): string {
  const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return types[ending] ?? "application/octet-stream";
}

/** Whether a type is HTML, which gets the bridge. */
export function isHtml(type: string): boolean {
  return type.startsWith("text/html");
}

/** Reads an open file whole and closes it. */
export async function readWhole({ handle }: OpenFile): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return Uint8Array.from(await handle.readFile());
  } finally {
    await handle.close();
  }
}

/** Answers a request for an open file, which is closed when the answer is through. */
export async function answerFile(file: OpenFile, request: Request, headers: Headers): Promise<Response> {
  const etag = `"${file.tag}"`;
  headers.set("etag", etag);
  headers.set("last-modified", new Date(file.modifiedAtMs).toUTCString());
  headers.set("accept-ranges", "bytes");
  headers.set("content-type", typeOf(file.name));
  if (isUnchanged(request.headers, etag, file.modifiedAtMs)) {
    await file.handle.close();
    return new Response(null, { status: 304, headers });
  }
  const range = rangeOf(request.headers, etag, file);
  if (range === "unsatisfiable") {
    await file.handle.close();
    headers.set("content-range", `bytes */${file.sizeBytes}`);
    return new Response(null, { status: 416, headers });
  }
  const { start, end } = range ?? { start: 0, end: file.sizeBytes };
  if (range) headers.set("content-range", `bytes ${start}-${end - 1}/${file.sizeBytes}`);
  headers.set("content-length", `${end - start}`);
  const status = range ? 206 : 200;
  if (request.method === "HEAD" || end === start) {
    await file.handle.close();
    return new Response(null, { status, headers });
  }
  if (end - start > CHUNK_BYTES) return new Response(streamOf(file, start, end), { status, headers });
  try {
    const bytes = new Uint8Array(end - start);
    const { bytesRead } = await file.handle.read(bytes, 0, bytes.length, start);
    headers.set("content-length", `${bytesRead}`);
    return new Response(bytes.subarray(0, bytesRead), { status, headers });
  } finally {
    await file.handle.close();
  }
}

/** Whether the asker has this state of the file already. */
export function isUnchanged(headers: Headers, etag: string, modifiedAtMs?: number): boolean {
  const tags = headers.get("if-none-match");
  if (tags !== null) {
    return tags.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etag);
  }
  const since = Date.parse(headers.get("if-modified-since") ?? "");
  return modifiedAtMs !== undefined && since >= Math.floor(modifiedAtMs / 1000) * 1000;
}

/** One range, as players ask for; several at once are answered with the whole file. */
function rangeOf(
  headers: Headers,
  etag: string,
  { sizeBytes }: OpenFile,
): { start: number; end: number } | "unsatisfiable" | undefined {
  const condition = headers.get("if-range");
  if (condition !== null && condition !== etag) return undefined;
  const [, from = "", to = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.get("range") ?? "") ?? [];
  if (from === "" && to === "") return undefined;
  if (from === "") {
    const length = Math.min(Number(to), sizeBytes);
    return length === 0 ? "unsatisfiable" : { start: sizeBytes - length, end: sizeBytes };
  }
  const start = Number(from);
  if (start >= sizeBytes) return "unsatisfiable";
  if (to !== "" && Number(to) < start) return undefined;
  return { start, end: to === "" ? sizeBytes : Math.min(Number(to) + 1, sizeBytes) };
}

function streamOf({ handle }: OpenFile, start: number, end: number): ReadableStream<Uint8Array> {
  let at = start;
  return new ReadableStream({
    async pull(controller) {
      const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - at));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
      at += bytesRead;
      if (bytesRead > 0) controller.enqueue(chunk.subarray(0, bytesRead));
      if (bytesRead > 0 && at < end) return;
      // A file that shrank meanwhile ends here.
      await handle.close();
      controller.close();
    },
    cancel: () => handle.close(),
  });
}
