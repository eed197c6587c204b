/** QR codes as pictures and as text. */
import { deflateSync } from "node:zlib";
import { encode, renderUnicodeCompact } from "uqr";

/** Pixels of one module, and modules of white around the code; scanners want four. */
const SCALE = 4;
const BORDER = 4;

/** A PNG of the code, as a data URL. Throws when the text is too long for any code. */
export function qrDataUrl(text: string): string {
  const { data } = encode(text, { border: BORDER });
  const side = data.length * SCALE;
  const rows = data.flatMap((row) => {
    const line = Buffer.alloc(1 + side, 0xff);
    line[0] = 0; // No filter.
    for (const [x, isDark] of row.entries()) if (isDark) line.fill(0, 1 + x * SCALE, 1 + (x + 1) * SCALE);
    return Array<Buffer>(SCALE).fill(line);
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 0, 0, 0, 0], 8); // Eight bits, grey.
  const png = Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.concat(rows))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
  return `data:image/png;base64,${png.toString("base64")}`;
}

/** The code for a terminal, two modules a character. */
export function qrText(text: string): string {
  return renderUnicodeCompact(text, { border: 2 });
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(Bun.hash.crc32(named));
  return Buffer.concat([length, named, sum]);
}
