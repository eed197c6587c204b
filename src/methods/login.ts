/** Linking accounts by a code that a phone scans, and ending links. */
import { Type } from "@sinclair/typebox";
import { NonEmptyString, OneOf, Strict } from "#schemas/primitives.ts";
import type { Login, LoginState } from "../channels/logins.ts";
import { deadline } from "../lib/clock.ts";
import { fail } from "../lib/errors.ts";
import { defineMethod } from "./define.ts";
import type { Services } from "./services.ts";

/** How long a call waits for the first code, and for the scan, when not told; and at most. */
const START_MS = 30_000;
const WAIT_MS = 120_000;
const MAX_WAIT_MS = 180_000;

const Timeout = Type.Optional(Type.Integer({ minimum: 0 }));
const Account = Type.Optional(NonEmptyString);
const LinkState = Strict(
  {
    state: OneOf(["waiting", "linked", "failed"]),
    /** Text of the code to scan. */
    qr: Type.Optional(NonEmptyString),
    message: NonEmptyString,
  },
  { $id: "LinkState" },
);

export const loginMethods = [
  defineMethod({
    name: "channels.login.start",
    summary: "Begins to link an account and tells the text of the code to scan. The account stops meanwhile.",
    params: Strict({
      channel: NonEmptyString,
      accountId: Account,
      force: Type.Optional(Type.Boolean()),
      timeoutMs: Timeout,
    }),
    result: LinkState,
    access: "admin",
    idempotency: "none",
    handle: async ({ channel, accountId, force, timeoutMs }, app) =>
      told(await begin(app, { channel, accountId, force, timeoutMs })),
  }),
  defineMethod({
    name: "channels.login.wait",
    summary: "Waits until a link is done, has failed, or has another code to scan than `qr`.",
    params: Strict({
      channel: NonEmptyString,
      accountId: Account,
      qr: Type.Optional(Type.String()),
      timeoutMs: Timeout,
    }),
    result: LinkState,
    access: "admin",
    idempotency: "safe",
    handle: async ({ channel, accountId, qr, timeoutMs }, app) => {
      const login =
        app.channels.linking.loginOf(channel, accountId) ?? fail("INVALID_REQUEST", "no link is under way: start one");
      return told(await wait(login, app, timeoutMs, (state) => state.state !== "waiting" || state.qr !== qr));
    },
  }),
  defineMethod({
    name: "channels.logout",
    summary: "Ends the link of an account and deletes its keys.",
    params: Strict({ channel: NonEmptyString, accountId: Account }),
    result: Strict({
      channel: NonEmptyString,
      accountId: NonEmptyString,
      cleared: Type.Boolean(),
      loggedOut: Type.Boolean(),
    }),
    access: "admin",
    idempotency: "safe",
    handle: async ({ channel, accountId }, { channels }) => {
      const done = await channels.linking.logout(channel, accountId);
      if (typeof done === "string") return fail("INVALID_REQUEST", done);
      return { channel, ...done, cleared: true, loggedOut: true };
    },
  }),
  defineMethod({
    name: "web.login.start",
    summary: "Begins to link the account of the one network that is linked by a code; the code comes as a picture.",
    params: Strict({
      force: Type.Optional(Type.Boolean()),
      timeoutMs: Timeout,
      verbose: Type.Optional(Type.Boolean()),
      accountId: Account,
    }),
    result: Strict({ qrDataUrl: Type.Optional(NonEmptyString), message: NonEmptyString }),
    access: "admin",
    idempotency: "none",
    handle: async ({ accountId, force, timeoutMs }, app) => {
      const state = await begin(app, { channel: undefined, accountId, force, timeoutMs });
      return { ...(await picture(state)), message: messageOfState(state) };
    },
  }),
  defineMethod({
    name: "web.login.wait",
    summary: "Waits until that link is done; a code that replaces `currentQrDataUrl` comes as a picture.",
    params: Strict({
      timeoutMs: Timeout,
      accountId: Account,
      currentQrDataUrl: Type.Optional(Type.String({ maxLength: 16_384 })),
    }),
    result: Strict({ connected: Type.Boolean(), message: NonEmptyString, qrDataUrl: Type.Optional(NonEmptyString) }),
    access: "admin",
    idempotency: "safe",
    handle: async ({ accountId, timeoutMs, currentQrDataUrl }, app) => {
      const login = app.channels.linking.loginOf(undefined, accountId);
      if (!login) return { connected: false, message: "no link is under way: start one" };
      // A caller that shows a code wants to know when it is another; the pictures are compared, it has nothing else.
      const shown = currentQrDataUrl === undefined ? undefined : await codeOf(login, currentQrDataUrl);
      const isNews = (state: LoginState) => state.state !== "waiting" || (shown !== undefined && state.qr !== shown.qr);
      const state = await wait(login, app, timeoutMs, isNews);
      return {
        connected: state.state === "linked",
        message: messageOfState(state),
        ...(shown === undefined ? {} : await picture(state)),
      };
    },
  }),
];

async function begin(
  app: Services,
  asked: {
    channel: string | undefined;
    accountId: string | undefined;
    force: boolean | undefined;
    timeoutMs: number | undefined;
  },
): Promise<LoginState> {
  const found = await app.channels.linking.login(asked.channel, asked.accountId, asked.force ?? false);
  if (typeof found === "string")
    return fail("INVALID_REQUEST", asked.channel === undefined ? "web login provider is not available" : found);
  const isReady = (state: LoginState) => state.state !== "waiting" || state.qr !== undefined;
  return wait(found, app, asked.timeoutMs ?? START_MS, isReady);
}

/** Resolves with the first state that will do, or with the last one in time. */
async function wait(
  login: Login,
  { clock }: Services,
  timeoutMs = WAIT_MS,
  isEnough: (state: LoginState) => boolean,
): Promise<LoginState> {
  const limit = deadline(clock, Math.min(timeoutMs, MAX_WAIT_MS));
  let { state } = login;
  while (!isEnough(state) && !limit.aborted) state = await login.change(state, limit);
  return state;
}

function told(state: LoginState): typeof LinkState.static {
  const qr = state.state === "waiting" && state.qr !== undefined ? { qr: state.qr } : {};
  return { state: state.state, ...qr, message: messageOfState(state) };
}

function messageOfState(state: LoginState): string {
  if (state.state === "linked") return `linked as ${state.name}`;
  if (state.state === "failed") return state.problem;
  return state.qr === undefined ? "waiting for the network" : "scan the code with the phone";
}

/** The code a picture shows, if it is the current one. */
async function codeOf({ state }: Login, shownUrl: string): Promise<{ qr: string | undefined }> {
  const { qrDataUrl } = await picture(state);
  return { qr: state.state === "waiting" && qrDataUrl === shownUrl ? state.qr : undefined };
}

async function picture(state: LoginState): Promise<{ qrDataUrl?: string }> {
  if (state.state !== "waiting" || state.qr === undefined) return {};
  const { qrDataUrl } = await import("../lib/qr.ts");
  return { qrDataUrl: qrDataUrl(state.qr) };
}
