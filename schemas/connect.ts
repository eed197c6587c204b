/** The parameters of `connect`, for both generations (`protocol/handshake.md` section 3). */
import { type Static, type TProperties, Type } from "@sinclair/typebox";
import { AnyObject, NonEmptyString, OneOf, ShortString, Strict } from "./primitives.ts";

/** Every client id in use, of all builds: a v3 peer of one build must not be refused for the spelling of another. */
export const clientIds = [
  "webchat-ui",
  "openclaw-control-ui",
  "clawdbot-control-ui",
  "webchat",
  "cli",
  "gateway-client",
  "openclaw-macos",
  "clawdbot-macos",
  "openclaw-ios",
  "clawdbot-ios",
  "openclaw-android",
  "clawdbot-android",
  "node-host",
  "test",
  "fingerprint",
  "openclaw-probe",
  "clawdbot-probe",
  "openclaw-browser-copilot",
  "openclaw-tui",
  "openclaw-linux",
  "openclaw-watchos",
  "openclaw-worker",
] as const;

/** How a client runs. */
export const clientModes = ["webchat", "cli", "ui", "backend", "node", "probe", "test", "worker"] as const;

/** The ids under which browsers show a control page; they have their own rules about origin and device. */
export const controlUiIds: readonly string[] = ["openclaw-control-ui", "clawdbot-control-ui"];

/** Who connects. */
export const ClientInfo = Strict(
  {
    id: OneOf(clientIds),
    displayName: Type.Optional(NonEmptyString),
    version: NonEmptyString,
    platform: NonEmptyString,
    deviceFamily: Type.Optional(NonEmptyString),
    modelIdentifier: Type.Optional(NonEmptyString),
    mode: OneOf(clientModes),
    instanceId: Type.Optional(NonEmptyString),
    buildId: Type.Optional(ShortString(96)),
    timeZone: Type.Optional(ShortString(64)),
  },
  { $id: "ClientInfo" },
);
export type ClientInfo = Static<typeof ClientInfo>;

/** The secrets a client offers; which one is tried, and when, is section 9. */
export const ConnectAuth = Strict({
  token: Type.Optional(Type.String()),
  password: Type.Optional(Type.String()),
  bootstrapToken: Type.Optional(Type.String()),
  deviceToken: Type.Optional(Type.String()),
  approvalRuntimeToken: Type.Optional(Type.String()),
  agentRuntimeIdentityToken: Type.Optional(Type.String()),
});

const deviceProperties = {
  id: NonEmptyString,
  publicKey: NonEmptyString,
  signature: NonEmptyString,
  signedAt: Type.Integer({ minimum: 0 }),
};

const connectProperties = <T extends TProperties>(device: T) => ({
  minProtocol: Type.Integer({ minimum: 1 }),
  maxProtocol: Type.Integer({ minimum: 1 }),
  client: ClientInfo,
  caps: Type.Optional(Type.Array(NonEmptyString)),
  commands: Type.Optional(Type.Array(NonEmptyString)),
  permissions: Type.Optional(Type.Record(Type.String(), Type.Boolean())),
  pathEnv: Type.Optional(Type.String()),
  computerUse: Type.Optional(AnyObject),
  workerRuns: Type.Optional(AnyObject),
  modelCatalog: Type.Optional(AnyObject),
  role: Type.Optional(NonEmptyString),
  scopes: Type.Optional(Type.Array(NonEmptyString)),
  device: Type.Optional(Strict(device)),
  auth: Type.Optional(ConnectAuth),
  locale: Type.Optional(Type.String()),
  userAgent: Type.Optional(Type.String()),
});

/** What a peer that offers v4 must send: a device proof always carries the nonce of the challenge. */
export const ConnectParams = Strict(connectProperties({ ...deviceProperties, nonce: Type.String() }), {
  $id: "ConnectParams",
});

/** What a peer that offers v3 only may send: the nonce may be missing (payload v1, local only). */
export const ConnectParamsV3 = Strict(connectProperties({ ...deviceProperties, nonce: Type.Optional(Type.String()) }), {
  $id: "ConnectParamsV3",
});
export type ConnectParams = Static<typeof ConnectParamsV3>;
export type DeviceProof = NonNullable<ConnectParams["device"]>;
