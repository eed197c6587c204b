import { expect, test } from "bun:test";
import { inflateSync } from "node:zlib";
import { encode } from "uqr";
import { qrDataUrl, qrText } from "../../src/lib/qr.ts";

const link = `https://wa.me/settings/linked_devices#${"ref,".repeat(40)}`;

/** The parts of a PNG, each with its own sum checked by a slow and plain reading of the standard. */
function readPng(url: string) {
  const [head, base64 = ""] = url.split(",");
  expect(head).toBe("data:image/png;base64");
  const png = Buffer.from(base64, "base64");
  expect(png.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString("latin1", at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    expect([type, png.readUInt32BE(at + 8 + length)]).toEqual([type, slowCrc(png.subarray(at + 4, at + 8 + length))]);
    chunks.set(type, data);
    at += 12 + length;
  }
  expect([...chunks.keys()]).toEqual(["IHDR", "IDAT", "IEND"]);
  const header = chunks.get("IHDR") ?? Buffer.alloc(0);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  // Eight bits of grey, nothing interlaced.
  expect([...header.subarray(8)]).toEqual([8, 0, 0, 0, 0]);
  const rows = inflateSync(chunks.get("IDAT") ?? Buffer.alloc(0));
  expect(rows).toHaveLength(height * (width + 1));
  return { width, height, isDark: (x: number, y: number) => rows[y * (width + 1) + 1 + x] === 0, rows };
}

function slowCrc(data: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of data) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}

test.each<[text: string]>([["x"], [link], ["2@ü🦞"]])(
  "the picture of %j shows every module of the code, with white around it",
  (text) => {
    const { width, height, isDark, rows } = readPng(qrDataUrl(text));
    const { data } = encode(text, { border: 4 });
    expect([width, height]).toEqual([data.length * 4, data.length * 4]);
    let wrong = 0;
    for (let y = 0; y < height; y++) {
      if (rows[y * (width + 1)] !== 0) wrong++;
      for (let x = 0; x < width; x++) if (isDark(x, y) !== (data[y >> 2]?.[x >> 2] === true)) wrong++;
    }
    expect(wrong).toBe(0);
    // Scanners want four modules of white; the first dark one is the corner of a finder.
    expect([isDark(15, 15), isDark(16, 16), isDark(16 + 6 * 4, 16)]).toEqual([false, true, true]);
  },
);

test("the code for a terminal has two modules a character, and white around it", () => {
  const lines = qrText(link).split("\n");
  const { size } = encode(link, { border: 2 });
  expect(new Set(lines.map((line) => [...line].length))).toEqual(new Set([size]));
  expect(lines).toHaveLength(Math.ceil(size / 2));
  expect(qrText(link)).toMatch(/^[█▀▄ \n]+$/);
  expect(qrText("a")).not.toBe(qrText("b"));
});

test("a text that is too long for any code is an error, and not a picture of something else", () => {
  expect(() => qrDataUrl("x".repeat(10_000))).toThrow();
  expect(() => qrText("x".repeat(10_000))).toThrow();
});
