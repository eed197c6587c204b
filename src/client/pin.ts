/**
 * Certificate pinning. A first look without verification reads the certificate and compares its SHA-256 with the pin;
 * nothing is sent on that connection. Only then the socket opens with verification on, trusting that certificate and
 * checking the fingerprint again. With verification off the socket would never ask, so "look, then turn it off" is no
 * pin at all.
 */
import { isIP } from "node:net";
import { type ConnectionOptions, connect, type PeerCertificate, rootCertificates } from "node:tls";
import { messageOf } from "../lib/errors.ts";
import type { Address } from "./address.ts";
import { clientError } from "./errors.ts";

/** The TLS options of a socket that accepts exactly one certificate. */
export type PinnedTls = Pick<ConnectionOptions, "checkServerIdentity"> & { ca: string[] };

/** A SHA-256 fingerprint as it is compared: 64 hex digits in lower case; undefined when the text is none. */
export function parseFingerprint(text: string): string | undefined {
  const hex = text
    .replace(/^sha-?256[:=]/i, "")
    .replaceAll(":", "")
    .trim()
    .toLowerCase();
  return /^[0-9a-f]{64}$/.test(hex) ? hex : undefined;
}

/** Looks at the certificate of an address. Throws unless it is the pinned one. */
export async function pinnedTls(address: Address, fingerprint: string, signal: AbortSignal): Promise<PinnedTls> {
  const pin = parseFingerprint(fingerprint);
  if (!pin) {
    throw clientError("TLS_PIN_MISMATCH", "the TLS fingerprint must be a SHA-256 in hex (64 digits)", {
      stage: "connect",
    });
  }
  const certificate = await look(address, signal);
  if (fingerprintOf(certificate) !== pin) throw mismatch();
  const pem = toPem(certificate.raw);
  // A certificate that somebody else signed needs its root; the pin is checked below either way.
  const ca = isSelfSigned(certificate) ? [pem] : [pem, ...rootCertificates];
  return {
    ca,
    checkServerIdentity: (_host, presented) => (fingerprintOf(presented) === pin ? undefined : mismatch()),
  };
}

function look({ hostname, port }: Address, signal: AbortSignal): Promise<PeerCertificate> {
  const { promise, resolve, reject } = Promise.withResolvers<PeerCertificate>();
  const servername = isIP(hostname) ? {} : { servername: hostname };
  const socket = connect({ host: hostname, port, rejectUnauthorized: false, ...servername });
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  socket.once("secureConnect", () => resolve(socket.getPeerCertificate()));
  socket.once("error", (cause) => {
    const message = `no TLS gateway at ${hostname}:${port}: ${messageOf(cause)}`;
    reject(clientError("UNREACHABLE", message, { stage: "connect", retryable: true, cause }));
  });
  socket.once("close", () => {
    reject(
      clientError("UNREACHABLE", `${hostname}:${port} closed before it showed a certificate`, { stage: "connect" }),
    );
  });
  return promise.finally(() => {
    signal.removeEventListener("abort", onAbort);
    socket.destroy();
  });
}

function fingerprintOf(certificate: PeerCertificate): string | undefined {
  return certificate.fingerprint256 ? parseFingerprint(certificate.fingerprint256) : undefined;
}

function isSelfSigned({ subject, issuer }: PeerCertificate): boolean {
  return JSON.stringify(subject) === JSON.stringify(issuer);
}

function toPem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function mismatch(): Error {
  const message =
    "the gateway shows another certificate than the pinned one: somebody may be in between, or it was renewed";
  return clientError("TLS_PIN_MISMATCH", message, { stage: "connect" });
}
