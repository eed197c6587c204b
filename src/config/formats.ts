/** The text formats of the config: how each is checked and what it is called in messages. */
import { isIP } from "node:net";

/** One format: `expected` completes the sentence "expected ...". */
export interface TextFormat {
  expected: string;
  matches(text: string): boolean;
}

/** The formats by the name the schema gives in `format`. */
export const textFormats: Readonly<Record<string, TextFormat>> = {
  ip: { expected: "an IP address", matches: (text) => isIP(text) !== 0 },
  "ip-range": { expected: "an IP address or a CIDR range", matches: isIpRange },
  origin: { expected: "a web origin such as https://example.org", matches: isOrigin },
  "http-url": {
    expected: "an http or https address",
    matches: (text) => /^https?:\/\/[^/?#\s]/i.test(text) && URL.canParse(text),
  },
  duration: {
    expected: "a span of time such as 30s, 30m or 2h",
    matches: (text) => /^\d{1,9}(ms|s|m|h|d)$/.test(text),
  },
};

function isIpRange(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

function isOrigin(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false;
  return new URL(text).origin === text.toLowerCase();
}
