/** What the main thread and the thread of an account tell each other. Everything crosses by structured clone. */
import type { TSchema } from "@sinclair/typebox";
import { ChannelError, type ChannelHost, type Inbound, type LoginStep, type Self } from "../contract.ts";

/** Abilities of an account that are called across the threads; all but the first two are optional. */
export const abilities = [
  "send",
  "probe",
  "download",
  "typing",
  "react",
  "edit",
  "remove",
  "read",
  "webhook",
  "login",
  "logout",
] as const;
export type Ability = (typeof abilities)[number];

/** Everything a thread needs to make its account. */
export interface Opening {
  channelId: string;
  accountId: string;
  config: unknown;
  env: Record<string, string | undefined>;
  /** What the account remembers. */
  facts: Record<string, string>;
  commands: ChannelHost["commands"];
  /** The file with the keys of all accounts. */
  vaultPath: string;
}

export type ToThread =
  | ({ type: "open" } & Opening)
  | { type: "run" }
  /** `args` without the signal, which is told by `abort`. */
  | { type: "call"; id: number; ability: Ability; args: unknown[] }
  | { type: "abort"; id: number }
  | { type: "stored"; id: number; error?: WireError }
  | { type: "stop" }
  | { type: "ping" };

export type FromThread =
  | { type: "ready"; abilities: Ability[] }
  | { type: "connected"; self: Self }
  | { type: "heard" }
  | { type: "log"; level: "debug" | "info" | "warn" | "error"; message: string; fields: Record<string, unknown> }
  | { type: "remember"; key: string; value: string }
  | { type: "receive"; id: number; event: Inbound }
  | { type: "step"; id: number; step: LoginStep }
  | { type: "result"; id: number; value: unknown }
  | { type: "failed"; id: number; error: WireError }
  | { type: "ended"; error?: WireError }
  | { type: "pong" };

/** An error as it crosses: classes do not survive a clone. */
export interface WireError {
  message: string;
  channel?: { kind: ChannelError["kind"]; sent: "no" | "unknown"; retryAfterMs?: number };
}

export function encodeError(error: unknown): WireError {
  const message = error instanceof Error ? error.message : "something that is no error was thrown";
  if (!(error instanceof ChannelError)) return { message };
  const { kind, sent, retryAfterMs } = error;
  return { message, channel: { kind, sent, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) } };
}

/** The shortest text that is taken for a secret: less would hide words. */
const MIN_SECRET_CHARS = 8;
const SECRET_NAME = /(?:token|secret|password|passphrase|key)$/i;

/**
 * Hides what an account must not say, should a library say it: the settings that are marked as secret and the
 * credentials of the environment. A second net; adapters keep them out of what they throw and log (threats T22).
 */
export function createHider(
  schema: TSchema,
  config: unknown,
  env: Record<string, string | undefined>,
): (text: string) => string {
  const properties: Record<string, TSchema> = schema["properties"] ?? {};
  const own = Object.entries(config ?? {}).filter(([key]) => properties[key]?.["x-secret"] === true);
  const given = Object.entries(env).filter(([name]) => SECRET_NAME.test(name));
  const secrets = [...own, ...given]
    .map(([, value]) => value)
    .filter((value): value is string => typeof value === "string" && value.length >= MIN_SECRET_CHARS);
  return (text) => secrets.reduce((shown, secret) => shown.replaceAll(secret, "***"), text);
}

export function parseError({ message, channel }: WireError): Error {
  return channel === undefined ? new Error(message) : new ChannelError(channel.kind, message, channel);
}
