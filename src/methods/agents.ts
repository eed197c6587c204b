/** Who answers here, and with which models. */
import { Type } from "@sinclair/typebox";
import { NonEmptyString, NoParams, OneOf, Strict } from "#schemas/primitives.ts";
import { fail } from "../lib/errors.ts";
import { commandList } from "./commands.ts";
import { defineMethod } from "./define.ts";
import type { Services } from "./services.ts";

const Identity = Strict({
  name: Type.Optional(NonEmptyString),
  theme: Type.Optional(NonEmptyString),
  emoji: Type.Optional(NonEmptyString),
  avatar: Type.Optional(NonEmptyString),
});

/** One model that sessions may use. */
export const ModelRow = Strict(
  {
    id: NonEmptyString,
    name: NonEmptyString,
    provider: NonEmptyString,
    contextWindow: Type.Optional(Type.Integer({ minimum: 1 })),
    reasoning: Type.Optional(Type.Boolean()),
    input: Type.Optional(Type.Array(OneOf(["text", "image"]))),
    tags: Type.Optional(Type.Array(NonEmptyString)),
    available: Type.Optional(Type.Boolean()),
  },
  { $id: "ModelRow" },
);

/** One chat command, as `commands.list` tells it. */
export const CommandRow = Strict(
  {
    name: NonEmptyString,
    textAliases: Type.Array(NonEmptyString),
    description: NonEmptyString,
    category: NonEmptyString,
    source: OneOf(["native"]),
    scope: OneOf(["text"]),
    acceptsArgs: Type.Boolean(),
  },
  { $id: "CommandRow" },
);

export const agentsMethods = [
  defineMethod({
    name: "agents.list",
    summary: "The agents of this gateway.",
    params: NoParams,
    result: Strict({
      defaultId: NonEmptyString,
      mainKey: NonEmptyString,
      scope: OneOf(["per-sender", "global"]),
      agents: Type.Array(
        Strict({
          id: NonEmptyString,
          name: Type.Optional(NonEmptyString),
          identity: Type.Optional(Identity),
          model: Type.Optional(
            Strict({ primary: Type.Optional(NonEmptyString), fallbacks: Type.Optional(Type.Array(NonEmptyString)) }),
          ),
        }),
      ),
    }),
    access: "read",
    idempotency: "safe",
    handle: (_params, { agents, config }) => ({
      defaultId: agents.defaultId,
      mainKey: config.snapshot.session?.mainKey ?? "main",
      scope: config.snapshot.session?.scope ?? "per-sender",
      agents: agents.list(),
    }),
  }),
  defineMethod({
    name: "agent.identity.get",
    summary: "How an agent presents itself.",
    params: Strict({ agentId: Type.Optional(NonEmptyString), sessionKey: Type.Optional(NonEmptyString) }),
    result: Strict({
      agentId: NonEmptyString,
      name: NonEmptyString,
      nameSource: OneOf(["config", "default"]),
      avatar: NonEmptyString,
      emoji: Type.Optional(NonEmptyString),
    }),
    access: "read",
    idempotency: "safe",
    handle: ({ agentId, sessionKey }, { agents, sessions }) => {
      const ofSession = sessionKey === undefined ? undefined : sessions.agentIdOf(sessionKey);
      if (agentId !== undefined && ofSession !== undefined && agentId.toLowerCase() !== ofSession) {
        return fail(
          "INVALID_REQUEST",
          `invalid agent.identity.get params: agent "${agentId}" does not match session key agent "${ofSession}"`,
        );
      }
      return agents.identity(agentId ?? ofSession ?? agents.defaultId);
    },
  }),
  defineMethod({
    name: "models.list",
    summary: "The models that are configured or were found on this machine.",
    params: Strict({
      agentId: Type.Optional(NonEmptyString),
      includeProviderCapabilities: Type.Optional(Type.Boolean()),
      preparedOnly: Type.Optional(Type.Boolean()),
      refresh: Type.Optional(Type.Boolean()),
      view: Type.Optional(OneOf(["default", "configured", "provider-config", "all"])),
    }),
    result: Strict({ models: Type.Array(ModelRow) }),
    access: "read",
    idempotency: "safe",
    handle: (_params, app) => ({ models: modelRows(app) }),
  }),
  defineMethod({
    name: "commands.list",
    summary: "The commands that work in a chat.",
    params: Strict({
      sessionKey: Type.Optional(NonEmptyString),
      agentId: Type.Optional(NonEmptyString),
      provider: Type.Optional(NonEmptyString),
      scope: Type.Optional(OneOf(["text", "native", "both"])),
      includeArgs: Type.Optional(Type.Boolean()),
    }),
    result: Strict({ commands: Type.Array(CommandRow) }),
    access: { v3: "admin", v4: "read" },
    idempotency: "safe",
    handle: () => ({ commands: commandList() }),
  }),
];

/** The models as lists show them. */
export function modelRows({ agents }: Services): (typeof ModelRow.static)[] {
  return agents
    .models()
    .map(({ isDefault, ...model }) => ({ ...model, available: true, ...(isDefault ? { tags: ["default"] } : {}) }));
}
