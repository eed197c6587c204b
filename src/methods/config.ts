/** The configuration over RPC (`protocol/methods.md`, Config). */
import { Type } from "@sinclair/typebox";
import { NonEmptyString, NoParams, Nullable, ShortString, Strict } from "#schemas/primitives.ts";
import { configSchemaResult, lookup } from "../config/json-schema.ts";
import { fail } from "../lib/errors.ts";
import { defineMethod } from "./define.ts";
import type { Services } from "./services.ts";

const Issue = Type.Object({ path: Type.String(), message: Type.String() }, { additionalProperties: true });

const ConfigView = Strict({
  path: NonEmptyString,
  exists: Type.Boolean(),
  raw: Nullable(Type.String()),
  parsed: Type.Unknown(),
  valid: Type.Boolean(),
  config: Type.Unknown(),
  hash: Type.Optional(Type.String()),
  issues: Type.Array(Issue),
  warnings: Type.Array(Issue),
});

const raw = Type.String({ maxLength: 1_000_000, description: "the file as JSON5 text" });
const writeParams = {
  raw,
  baseHash: Type.Optional(Type.String({ description: "hash from config.get; required when the file exists" })),
};
const restartParams = {
  ...writeParams,
  sessionKey: Type.Optional(Type.String()),
  note: Type.Optional(Type.String()),
  restartDelayMs: Type.Optional(Type.Integer({ minimum: 0 })),
};

/** What a change needs before all of it is in force. */
const Restart = Strict({
  required: Type.Boolean({ description: "some of the changed keys are read at start only" }),
  keys: Type.Array(Type.String()),
});

const Written = Strict({
  ok: Type.Literal(true),
  path: NonEmptyString,
  config: Type.Unknown(),
  restart: Type.Optional(Restart),
});

/** Keys that are read when the gateway starts; everything else applies at once. */
const readAtStart = [
  "gateway.port",
  "gateway.bind",
  "gateway.tls",
  "gateway.handshakeTimeoutMs",
  "gateway.auth.rateLimit",
];

export const configMethods = [
  defineMethod({
    name: "config.get",
    summary: "The configuration, with secrets redacted.",
    params: NoParams,
    result: ConfigView,
    access: { v3: "admin", v4: "read" },
    idempotency: "safe",
    handle: (_params, { config }) => {
      const { hash, ...view } = config.view({ redact: true });
      return hash === undefined ? view : { ...view, hash };
    },
  }),
  defineMethod({
    name: "config.set",
    summary: "Replaces the file.",
    params: Strict(writeParams),
    result: Written,
    access: "admin",
    idempotency: "none",
    handle: async ({ raw: text, baseHash }, app) => written(app, await app.config.set(text, baseHash)),
  }),
  defineMethod({
    name: "config.patch",
    summary: "Merges a JSON5 object into the file; null removes a key (RFC 7396).",
    params: Strict(restartParams),
    result: Written,
    access: "admin",
    idempotency: "none",
    handle: async ({ raw: text, baseHash }, app) => written(app, await app.config.patch(text, baseHash)),
  }),
  defineMethod({
    name: "config.apply",
    summary: "Replaces the file and says what needs a restart.",
    params: Strict(restartParams),
    result: Written,
    access: "admin",
    idempotency: "none",
    handle: async ({ raw: text, baseHash }, app) => written(app, await app.config.apply(text, baseHash)),
  }),
  defineMethod({
    name: "config.schema",
    summary: "What the configuration may hold.",
    params: NoParams,
    result: Strict({
      schema: Type.Unknown(),
      uiHints: Type.Unknown(),
      version: NonEmptyString,
      generatedAt: NonEmptyString,
    }),
    access: { v3: "admin", v4: "read" },
    idempotency: "safe",
    handle: (_params, { self, clock }) => configSchemaResult(self.version, new Date(clock.now()).toISOString()),
  }),
  defineMethod({
    name: "config.schema.lookup",
    summary: "What one key of the configuration may hold.",
    params: Strict({ path: ShortString(1024) }),
    result: Strict({
      path: NonEmptyString,
      schema: Type.Unknown(),
      hint: Type.Optional(Type.Unknown()),
      children: Type.Array(Type.Unknown()),
    }),
    access: { v3: "admin", v4: "read" },
    idempotency: "safe",
    handle: ({ path }) => lookup(path) ?? fail("INVALID_REQUEST", `unknown config path: ${path}`),
  }),
];

function written(
  { config }: Services,
  { path, changedPaths }: { path: string; changedPaths: string[] },
): typeof Written.static {
  const keys = changedPaths.filter((changed) =>
    readAtStart.some((key) => changed === key || changed.startsWith(`${key}.`)),
  );
  return { ok: true, path, config: config.view({ redact: true }).config, restart: { required: keys.length > 0, keys } };
}
