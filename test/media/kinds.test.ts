import { expect, test } from "bun:test";
import { sniffKind } from "../../src/media/kinds.ts";

const bytes = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));
const box = (brand: string) => `\x00\x00\x00\x18ftyp${brand}\x00\x00\x00\x00`;

test.each<[title: string, head: string, mimeType: string | undefined]>([
  ["JPEG", "\xff\xd8\xff\xe0", "image/jpeg"],
  ["PNG", "\x89PNG\r\n\x1a\n", "image/png"],
  ["PNG whose line ends were changed", "\x89PNG\n\x1a\n", undefined],
  ["GIF", "GIF89a", "image/gif"],
  ["old GIF", "GIF87a", "image/gif"],
  ["a text about GIF", "GIF80a", undefined],
  ["WebP", "RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"],
  ["WebP with a line end in its size", "RIFF\x0a\x0d\x00\x00WEBP", "image/webp"],
  ["WAV", "RIFF\x10\x00\x00\x00WAVEfmt ", "audio/wav"],
  ["another RIFF", "RIFF\x10\x00\x00\x00AVI ", undefined],
  ["HEIC", box("heic"), "image/heic"],
  ["AVIF is a picture", box("avif"), "image/avif"],
  ["M4A", box("M4A "), "audio/mp4"],
  ["an audio book", box("M4B "), "audio/mp4"],
  ["QuickTime", box("qt  "), "video/quicktime"],
  ["MP4", box("isom"), "video/mp4"],
  ["WebM", "\x1a\x45\xdf\xa3", "video/webm"],
  ["Ogg", "OggS\x00", "audio/ogg"],
  ["MP3 with tags", "ID3\x04", "audio/mpeg"],
  ["MP3 without", "\xff\xfb\x90\x00", "audio/mpeg"],
  ["MPEG-2 layer 3", "\xff\xf3\x90\x00", "audio/mpeg"],
  ["AAC is no MP3", "\xff\xf1\x50\x80", undefined],
  ["a text in UTF-16 is no MP3", "\xff\xfea\x00", undefined],
  ["PDF", "%PDF-1.7", "application/pdf"],
  ["PDF after something else", " %PDF-1.7", undefined],
  ["ZIP", "PK\x03\x04", "application/zip"],
  ["a script", "<script>", undefined],
  ["a drawing that is a program", "<svg xmlns=", undefined],
  ["a text", "hello", undefined],
  ["one byte", "\xff", undefined],
  ["nothing", "", undefined],
])("%s", (_title, head, mimeType) => {
  expect(sniffKind(bytes(head))?.mimeType).toBe(mimeType as never);
  // A window into something larger is judged by what is in the window.
  const window = new Uint8Array(bytes(`OggS${head}`).buffer, 4);
  expect(sniffKind(window)?.mimeType).toBe(mimeType as never);
});
