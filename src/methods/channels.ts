/** Channels: the state of their accounts, and starting and stopping them. */
import { Type } from "@sinclair/typebox";
import { AnyObject, NonEmptyString, OneOf, Strict, TimestampMs } from "#schemas/primitives.ts";
import type { AccountReport } from "../channels/channels.ts";
import { deadline } from "../lib/clock.ts";
import { fail } from "../lib/errors.ts";
import { defineMethod } from "./define.ts";
import type { Services } from "./services.ts";

/** How long a probe of one account may take, at least and when not told. */
const MIN_PROBE_MS = 1_000;
const PROBE_MS = 10_000;

const TextMap = Type.Record(Type.String(), NonEmptyString);
const Moment = Type.Optional(TimestampMs);

/** One account of a network. */
const AccountRow = Strict(
  {
    accountId: NonEmptyString,
    name: Type.Optional(Type.String()),
    enabled: Type.Boolean(),
    configured: Type.Boolean(),
    running: Type.Boolean(),
    connected: Type.Boolean(),
    healthState: OneOf(["stopped", "starting", "running", "stale", "waiting", "failed"]),
    reconnectAttempts: Type.Integer({ minimum: 0 }),
    lastError: Type.Optional(Type.String()),
    lastStartAt: Moment,
    lastConnectedAt: Moment,
    lastInboundAt: Moment,
    lastOutboundAt: Moment,
    lastTransportActivityAt: Moment,
    dmPolicy: Type.Optional(Type.String()),
    allowFrom: Type.Optional(Type.Array(Type.String())),
    probe: Type.Optional(AnyObject),
    lastProbeAt: Moment,
  },
  { $id: "ChannelAccount" },
);

const Status = Strict({
  ts: TimestampMs,
  channelOrder: Type.Array(NonEmptyString),
  channelLabels: TextMap,
  channelDetailLabels: TextMap,
  channelSystemImages: TextMap,
  channelMeta: Type.Array(Strict({ id: NonEmptyString, label: NonEmptyString, detailLabel: NonEmptyString })),
  channels: Type.Record(Type.String(), AnyObject),
  channelAccounts: Type.Record(Type.String(), Type.Array(AccountRow)),
  channelDefaultAccountId: TextMap,
});

const Switched = Strict({ channel: NonEmptyString, ok: Type.Literal(true) });
const switchParams = Strict({ channel: NonEmptyString, accountId: Type.Optional(NonEmptyString) });

export const channelsMethods = [
  defineMethod({
    name: "channels.status",
    summary: "The state of every channel account; with probe the networks are asked.",
    params: Strict({
      probe: Type.Optional(Type.Boolean()),
      timeoutMs: Type.Optional(Type.Integer({ minimum: 0 })),
      channel: Type.Optional(NonEmptyString),
    }),
    result: Status,
    access: "read",
    idempotency: "safe",
    handle: (params, app) => statusOf(params, app),
  }),
  defineMethod({
    name: "channels.start",
    summary: "Starts the accounts of a channel, or one of them.",
    params: switchParams,
    result: Switched,
    access: { v3: "admin", v4: "admin" },
    idempotency: "safe",
    handle: ({ channel, accountId }, app) => switchAccount(app, channel, accountId, true),
  }),
  defineMethod({
    name: "channels.stop",
    summary: "Stops the accounts of a channel, or one of them, until the next start of the gateway.",
    params: switchParams,
    result: Switched,
    access: { v3: "admin", v4: "admin" },
    idempotency: "safe",
    handle: ({ channel, accountId }, app) => switchAccount(app, channel, accountId, false),
  }),
];

async function statusOf(
  params: { probe?: boolean; timeoutMs?: number; channel?: string },
  app: Services,
): Promise<typeof Status.static> {
  const { channels, clock } = app;
  const reports = channels
    .reports()
    .filter(({ channel }) => params.channel === undefined || channel.id === params.channel);
  const labels = Object.fromEntries(reports.map(({ channel }) => [channel.id, channel.label]));
  const rows = await Promise.all(
    reports.map(async ({ channel, accounts }) => {
      const probed = accounts.map(async (account) => {
        if (!params.probe) return toRow(account);
        const limit = deadline(clock, Math.max(MIN_PROBE_MS, params.timeoutMs ?? PROBE_MS));
        const probe = await channels.probe(channel.id, account.accountId, limit);
        return { ...toRow(account), probe, lastProbeAt: clock.now() };
      });
      return [channel.id, await Promise.all(probed)] as const;
    }),
  );
  const summaries = channels.summaries().filter(({ id }) => labels[id] !== undefined);
  return {
    ts: clock.now(),
    channelOrder: reports.map(({ channel }) => channel.id),
    channelLabels: labels,
    channelDetailLabels: labels,
    channelSystemImages: {},
    channelMeta: reports.map(({ channel: { id, label } }) => ({ id, label, detailLabel: label })),
    channels: Object.fromEntries(summaries.map(({ id, summary }) => [id, summary])),
    channelAccounts: Object.fromEntries(rows),
    channelDefaultAccountId: Object.fromEntries(
      rows.flatMap(([id, accounts]) => (accounts[0] ? [[id, accounts[0].accountId]] : [])),
    ),
  };
}

function toRow(account: AccountReport): typeof AccountRow.static {
  const {
    accountId,
    name,
    isEnabled,
    missing,
    state,
    attempts,
    lastError,
    lastStartAt,
    lastConnectedAt,
    lastInboundAt,
    lastOutboundAt,
    lastHeardAt,
    settings,
  } = account;
  return {
    accountId,
    ...(name === undefined ? {} : { name }),
    enabled: isEnabled,
    configured: missing === undefined,
    running: state !== "stopped" && state !== "failed",
    connected: state === "running",
    healthState: state,
    reconnectAttempts: attempts,
    ...(lastError === undefined ? {} : { lastError }),
    ...(lastStartAt === undefined ? {} : { lastStartAt }),
    ...(lastConnectedAt === undefined ? {} : { lastConnectedAt }),
    ...(lastInboundAt === undefined ? {} : { lastInboundAt }),
    ...(lastOutboundAt === undefined ? {} : { lastOutboundAt }),
    ...(lastHeardAt === undefined ? {} : { lastTransportActivityAt: lastHeardAt }),
    dmPolicy: settings.dmPolicy,
    allowFrom: [...settings.allowFrom],
  };
}

async function switchAccount(
  { channels }: Services,
  channel: string,
  accountId: string | undefined,
  isOn: boolean,
): Promise<typeof Switched.static> {
  if (!(await channels.switch(channel, accountId, isOn)))
    fail("INVALID_REQUEST", `no account of ${channel} can be switched: see channels.status`);
  return { channel, ok: true };
}
