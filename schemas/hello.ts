/** The answer to a successful `connect`, in both shapes (`protocol/handshake.md` section 5). */
import { type Static, Type } from "@sinclair/typebox";
import { StateVersion } from "./frames.ts";
import { HealthSnapshot } from "./health.ts";
import { PresenceEntry } from "./presence.ts";
import { NonEmptyString, Strict, TimestampMs } from "./primitives.ts";

const Features = Strict({
  methods: Type.Array(NonEmptyString),
  events: Type.Array(NonEmptyString),
  capabilities: Type.Optional(Type.Array(NonEmptyString)),
});

const SessionDefaults = Strict({
  defaultAgentId: NonEmptyString,
  mainKey: NonEmptyString,
  mainSessionKey: NonEmptyString,
  scope: Type.Optional(NonEmptyString),
});

const Snapshot = Strict({
  presence: Type.Array(PresenceEntry),
  health: HealthSnapshot,
  stateVersion: StateVersion,
  uptimeMs: Type.Integer({ minimum: 0 }),
  configPath: Type.Optional(NonEmptyString),
  stateDir: Type.Optional(NonEmptyString),
  sessionDefaults: Type.Optional(SessionDefaults),
});

const Policy = Strict({
  maxPayload: Type.Integer({ minimum: 1 }),
  maxBufferedBytes: Type.Integer({ minimum: 1 }),
  tickIntervalMs: Type.Integer({ minimum: 1 }),
});

const grant = { role: NonEmptyString, scopes: Type.Array(NonEmptyString), issuedAtMs: Type.Optional(TimestampMs) };

/** What a connection negotiated as v4 receives. */
export const HelloOk = Strict(
  {
    type: Type.Literal("hello-ok"),
    protocol: Type.Literal(4),
    server: Strict({ version: NonEmptyString, connId: NonEmptyString, bootId: NonEmptyString }),
    features: Features,
    snapshot: Snapshot,
    pluginSurfaceUrls: Type.Optional(Type.Record(Type.String(), NonEmptyString)),
    auth: Strict({ ...grant, deviceToken: Type.Optional(NonEmptyString) }),
    policy: Policy,
  },
  { $id: "HelloOk" },
);
export type HelloOk = Static<typeof HelloOk>;

/** What a connection negotiated as v3 receives; `auth` is there only with a device token. */
export const HelloOkV3 = Strict(
  {
    type: Type.Literal("hello-ok"),
    protocol: Type.Literal(3),
    server: Strict({ version: NonEmptyString, connId: NonEmptyString, host: NonEmptyString }),
    features: Features,
    snapshot: Snapshot,
    canvasHostUrl: Type.Optional(NonEmptyString),
    auth: Type.Optional(Strict({ ...grant, deviceToken: NonEmptyString })),
    policy: Policy,
  },
  { $id: "HelloOkV3" },
);
export type HelloOkV3 = Static<typeof HelloOkV3>;
