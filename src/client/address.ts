/** Where a gateway is, and whether a secret may travel there (threats T27). Pure. */
import { isLoopback } from "../lib/ip.ts";
import { clientError } from "./errors.ts";

/** A checked address. */
export interface Address {
  /** `ws://` or `wss://`, without name, password and fragment. */
  url: string;
  hostname: string;
  port: number;
  isTls: boolean;
}

/**
 * Reads an address as people give it; `http` and `https` mean the socket on the same port, so that the address of the
 * page works too. Refuses plain text to anything but this host unless `allowInsecure`.
 */
export function parseAddress(text: string, allowInsecure: boolean): Address {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isTls = url?.protocol === "wss:" || url?.protocol === "https:";
  if (!url?.hostname || !(isTls || url.protocol === "ws:" || url.protocol === "http:")) {
    throw clientError("INVALID_URL", "the address must look like ws://host:port or wss://host:port", {
      stage: "connect",
    });
  }
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  if (!isTls && !allowInsecure && hostname !== "localhost" && !isLoopback(hostname)) {
    throw clientError(
      "INSECURE_URL",
      `refusing to send a secret unencrypted to ${hostname}: use wss://, or an SSH tunnel to its loopback port`,
      { stage: "connect" },
    );
  }
  const port = Number(url.port) || (isTls ? 443 : 80);
  return { url: `${isTls ? "wss" : "ws"}://${url.host}${url.pathname}${url.search}`, hostname, port, isTls };
}
