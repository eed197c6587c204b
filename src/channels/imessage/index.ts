/** iMessage and SMS, through imsg (https://github.com/steipete/imsg) on the owner's Mac. */
import { Type } from "@sinclair/typebox";
import { OneOf, Strict } from "#schemas/primitives.ts";
import { defineChannel } from "../contract.ts";
import { IMessageAccount, PING_MS } from "./account.ts";
import { parseTarget } from "./address.ts";
import { isHost } from "./remote.ts";

const DEFAULT_CLI = "imsg";

const config = Strict({
  cliPath: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 1024,
      description: `imsg, by its name or whole path; may be a program that runs it elsewhere. Default: ${DEFAULT_CLI}.`,
    }),
  ),
  dbPath: Type.Optional(
    Type.String({ minLength: 1, maxLength: 1024, description: "The database of Messages, if not in its usual place." }),
  ),
  remoteHost: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description:
        "The Mac imsg runs on, as scp takes it, when that is another computer: files are fetched from there.",
    }),
  ),
  includeAttachments: Type.Optional(
    Type.Boolean({ description: "Pass on files that come in. Default: false, only that they came is told." }),
  ),
  sendReadReceipts: Type.Optional(
    Type.Boolean({ description: "Mark messages as read, where imsg can. Default: false." }),
  ),
  service: Type.Optional(
    OneOf(["auto", "imessage", "sms"], { description: "What messages to people go out as. Default: auto." }),
  ),
  region: Type.Optional(
    Type.String({ pattern: "^[A-Z]{2}$", description: "Country of numbers without a country code. Default: US." }),
  ),
});

/** The network, for the list of networks. */
export const imessage = defineChannel({
  id: "imessage",
  label: "iMessage",
  config,
  capabilities: {
    textLimit: 4000,
    captionLimit: 4000,
    markup: "plain",
    tables: "code",
    mediaBytes: 16 * 1024 * 1024,
    idempotent: false,
    hasMentions: false,
    replies: "off",
    typingMs: 30_000,
    receiveSilenceMs: 3 * PING_MS,
  },
  missing({ cliPath = DEFAULT_CLI, dbPath, remoteHost }) {
    if (cliPath.includes("/") && !/^(\/|~\/)/.test(cliPath))
      return "cliPath is no name of a program and no whole path: write where imsg is from / on";
    if (/\s-/.test(cliPath)) return "cliPath names a program only: put options into a script of your own and name that";
    if (dbPath !== undefined && !/^(\/|~\/)/.test(dbPath)) return "dbPath is no whole path: write it from / on";
    if (remoteHost !== undefined && !isHost(remoteHost)) return "remoteHost is no host such as me@mac.local";
    return undefined;
  },
  modernize: withChatIds,
  parseTarget,
  open: (settings, host, env) => {
    const { cliPath = DEFAULT_CLI, includeAttachments = false, sendReadReceipts = false, service = "auto" } = settings;
    return new IMessageAccount({ ...settings, cliPath, includeAttachments, sendReadReceipts, service }, host, env);
  },
});

/** Older files name groups by the bare number that `imsg chats` shows. */
function withChatIds(section: Record<string, unknown>): Record<string, unknown> {
  const { groups } = section;
  if (typeof groups !== "object" || groups === null || Array.isArray(groups)) return section;
  const named = Object.entries(groups).map(([id, group]) => [/^\d+$/.test(id) ? `chat_id:${id}` : id, group]);
  return { ...section, groups: Object.fromEntries(named) };
}
