/** What a file is, read from its first bytes: names and declared types are only what somebody says. Pure. */

/** A format this program recognises. */
export interface FileKind {
  mimeType: string;
  extension: string;
}

/** Bytes that are looked at. */
const HEAD_BYTES = 64;

const formats: readonly [test: (head: Buffer) => boolean, mimeType: string, extension: string][] = [
  [(head) => head.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff])), "image/jpeg", "jpg"],
  [(head) => head.subarray(0, 8).equals(Buffer.from("\x89PNG\r\n\x1a\n", "latin1")), "image/png", "png"],
  [(head) => /^GIF8[79]a/.test(latin(head)), "image/gif", "gif"],
  [(head) => /^RIFF....WEBP/s.test(latin(head)), "image/webp", "webp"],
  [(head) => /^....ftyp(?:heic|heix|mif1)/s.test(latin(head)), "image/heic", "heic"],
  [(head) => /^....ftypavi[fs]/s.test(latin(head)), "image/avif", "avif"],
  [(head) => /^....ftypM4[AB]/s.test(latin(head)), "audio/mp4", "m4a"],
  [(head) => /^....ftypqt/s.test(latin(head)), "video/quicktime", "mov"],
  [(head) => /^....ftyp/s.test(latin(head)), "video/mp4", "mp4"],
  [(head) => head.subarray(0, 4).equals(Buffer.from([0x1a, 0x45, 0xdf, 0xa3])), "video/webm", "webm"],
  [(head) => /^OggS/.test(latin(head)), "audio/ogg", "ogg"],
  [(head) => /^ID3/.test(latin(head)) || (head[0] === 0xff && ((head[1] ?? 0) & 0xe6) === 0xe2), "audio/mpeg", "mp3"],
  [(head) => /^RIFF....WAVE/s.test(latin(head)), "audio/wav", "wav"],
  [(head) => /^%PDF-/.test(latin(head)), "application/pdf", "pdf"],
  [(head) => /^PK\x03\x04/.test(latin(head)), "application/zip", "zip"],
];

/** The format of a file; undefined when it is none of those known here. */
export function sniffKind(bytes: Uint8Array): FileKind | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, HEAD_BYTES));
  const found = formats.find(([test]) => test(head));
  return found && { mimeType: found[1], extension: found[2] };
}

function latin(head: Buffer): string {
  return head.toString("latin1");
}
