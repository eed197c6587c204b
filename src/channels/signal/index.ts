/** Signal, through the HTTP daemon of signal-cli, which holds the keys and is run by the owner. */
import { Type } from "@sinclair/typebox";
import { Strict } from "#schemas/primitives.ts";
import { defineChannel } from "../contract.ts";
import { SignalAccount } from "./account.ts";
import { isNumber, parseTarget } from "./address.ts";

const DEFAULT_URL = "http://127.0.0.1:8080";

const config = Strict({
  account: Type.Optional(
    Type.String({ minLength: 1, description: "Number of the account with its country code, such as +4930123456." }),
  ),
  httpUrl: Type.Optional(
    Type.String({ minLength: 1, description: `Where the signal-cli daemon listens. Default: ${DEFAULT_URL}.` }),
  ),
  sendReadReceipts: Type.Optional(
    Type.Boolean({ description: "Let people see that what they wrote was read. Default: false." }),
  ),
});

/** The daemon writes a comment this often when nothing happens. */
const KEEP_ALIVE_MS = 15_000;

/** The network, for the list of networks. */
export const signal = defineChannel({
  id: "signal",
  label: "Signal",
  config,
  capabilities: {
    textLimit: 4000,
    captionLimit: 4000,
    markup: "plain",
    tables: "bullets",
    mediaBytes: 8 * 1024 * 1024,
    idempotent: false,
    replies: "off",
    typingMs: 15_000,
    receiveSilenceMs: 3 * KEEP_ALIVE_MS,
  },
  missing({ account, httpUrl }) {
    if (account === undefined) return "no account: set `account` to the number signal-cli is linked or registered with";
    if (!isNumber(account)) return "account is no number with a country code, such as +4930123456";
    if (httpUrl !== undefined && !isHttpUrl(httpUrl)) return "httpUrl is no http or https URL of a daemon";
    return undefined;
  },
  parseTarget,
  open: ({ account = "", httpUrl = DEFAULT_URL, sendReadReceipts = false }, host) =>
    new SignalAccount({ account, httpUrl, sendReadReceipts }, host),
});

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.search === "" && url.hash === "";
}
