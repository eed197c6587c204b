/** The health summary: answer of `health` and payload of the `health` event (`protocol/events.md` section 5). */
import { type Static, Type } from "@sinclair/typebox";
import { AnyObject, NonEmptyString, Nullable, Strict, TimestampMs } from "./primitives.ts";

const RecentSession = Strict({
  key: NonEmptyString,
  updatedAt: Nullable(TimestampMs),
  age: Nullable(Type.Integer({ minimum: 0 })),
});

/** Where sessions are stored, how many there are, and the latest few. */
export const SessionsSummary = Strict({
  path: NonEmptyString,
  count: Type.Integer({ minimum: 0 }),
  recent: Type.Array(RecentSession),
});

const Heartbeat = Strict({
  enabled: Type.Boolean(),
  every: NonEmptyString,
  everyMs: Nullable(Type.Integer({ minimum: 0 })),
  prompt: Type.String(),
  target: Type.String(),
  ackMaxChars: Type.Integer({ minimum: 0 }),
});

const summaryProperties = {
  ok: Type.Literal(true),
  ts: TimestampMs,
  durationMs: Type.Integer({ minimum: 0 }),
  channels: Type.Record(Type.String(), AnyObject),
  channelOrder: Type.Array(NonEmptyString),
  channelLabels: Type.Record(Type.String(), NonEmptyString),
  heartbeatSeconds: Type.Integer({ minimum: 0 }),
  defaultAgentId: NonEmptyString,
  agents: Type.Array(
    Strict({
      agentId: NonEmptyString,
      name: Type.Optional(NonEmptyString),
      isDefault: Type.Boolean(),
      heartbeat: Heartbeat,
      sessions: SessionsSummary,
    }),
  ),
  sessions: SessionsSummary,
};

/** The part that hello-ok carries: v4 peers publish it as a closed shape. */
export const HealthSnapshot = Strict(summaryProperties, { $id: "HealthSnapshot" });
export type HealthSnapshot = Static<typeof HealthSnapshot>;

/** The whole summary. `ok` is about the process; channels and the disk speak for themselves. */
export const HealthSummary = Strict(
  {
    ...summaryProperties,
    storage: Strict({ isWritable: Type.Boolean(), problem: Type.Optional(NonEmptyString) }),
    safeMode: Type.Optional(Type.Array(NonEmptyString, { description: "why the gateway runs in safe mode" })),
  },
  { $id: "HealthSummary" },
);
export type HealthSummary = Static<typeof HealthSummary>;
