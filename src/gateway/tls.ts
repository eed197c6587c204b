/**
 * A certificate of our own: self-signed, P-256, written as DER by hand (RFC 5280), because a certificate authority is
 * more than a home gateway needs. Clients pin its SHA-256.
 */
import { createHash, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";

/** Certificate and key in PEM, with the fingerprint that clients pin. */
export interface Tls {
  cert: string;
  key: string;
  /** SHA-256 of the certificate, as upper-case hex pairs with colons. */
  fingerprint: string;
}

/** Validity of a certificate we make: pins outlive it, so it is long. */
const VALID_YEARS = 10;

/** Reads the owner's certificate. Throws what the file system or the parser says. */
export function readTls(certPath: string, keyPath: string): Tls {
  const cert = readFileSync(certPath, "utf8");
  return { cert, key: readFileSync(keyPath, "utf8"), fingerprint: new X509Certificate(cert).fingerprint256 };
}

/** The certificate kept in `dir`, made at the first call. */
export async function ensureTls(dir: string, names: readonly string[], nowMs: number): Promise<Tls> {
  const certPath = join(dir, "cert.pem");
  const keyPath = join(dir, "key.pem");
  if (!existsSync(certPath) || !existsSync(keyPath)) {
    const made = await makeCertificate(names, nowMs);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    writeFileSync(keyPath, made.key, { mode: 0o600 });
    writeFileSync(certPath, made.cert, { mode: 0o600 });
  }
  return readTls(certPath, keyPath);
}

async function makeCertificate(names: readonly string[], nowMs: number): Promise<{ cert: string; key: string }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const { publicKey, privateKey } = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const spki = Buffer.from(await crypto.subtle.exportKey("spki", publicKey));
  const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"));
  const name = sequence(set(sequence(oid("550403"), tlv(0x0c, Buffer.from("moltbot gateway")))));
  const serial = tlv(
    0x02,
    Buffer.concat([Buffer.from([0x01]), createHash("sha256").update(spki).digest().subarray(0, 15)]),
  );
  const ends = new Date(nowMs);
  ends.setUTCFullYear(ends.getUTCFullYear() + VALID_YEARS);
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    serial,
    ecdsaWithSha256,
    name,
    sequence(time(new Date(nowMs - 24 * 60 * 60 * 1000)), time(ends)),
    name,
    spki,
    tlv(
      0xa3,
      sequence(
        extension("551d13", sequence(tlv(0x01, Buffer.from([0xff]))), true),
        extension("551d11", sequence(...names.map(altName))),
      ),
    ),
  );
  const raw = new Uint8Array(await crypto.subtle.sign(algorithm, privateKey, body));
  const signature = sequence(integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
  const der = sequence(body, ecdsaWithSha256, tlv(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey("pkcs8", privateKey));
  return { cert: pem("CERTIFICATE", der), key: pem("PRIVATE KEY", pkcs8) };
}

function tlv(tag: number, content: Buffer): Buffer<ArrayBuffer> {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: Buffer[]) => tlv(0x30, Buffer.concat(parts));
const set = (...parts: Buffer[]) => tlv(0x31, Buffer.concat(parts));
const oid = (hex: string) => tlv(0x06, Buffer.from(hex, "hex"));

/** A positive integer: a leading zero byte where the first bit would read as a sign. */
function integer(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const body = Buffer.from(bytes.subarray(Math.max(first, 0)));
  return tlv(0x02, (body[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), body]) : body);
}

/** UTCTime ends with 2049; later dates are GeneralizedTime. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-:T]/g, "").slice(0, 14);
  return date.getUTCFullYear() < 2050
    ? tlv(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : tlv(0x18, Buffer.from(`${digits}Z`));
}

function extension(hex: string, value: Buffer, isCritical = false): Buffer {
  return sequence(oid(hex), ...(isCritical ? [tlv(0x01, Buffer.from([0xff]))] : []), tlv(0x04, value));
}

function altName(name: string): Buffer {
  if (isIP(name) === 4) return tlv(0x87, Buffer.from(name.split(".").map(Number)));
  if (name === "::1") return tlv(0x87, Buffer.concat([Buffer.alloc(15), Buffer.from([1])]));
  return tlv(0x82, Buffer.from(name));
}

function pem(label: string, der: Buffer): string {
  return `-----BEGIN ${label}-----\n${der.toString("base64").replaceAll(/.{64}/g, "$&\n").trimEnd()}\n-----END ${label}-----\n`;
}
