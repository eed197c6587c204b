/** A small protocol with one of everything the emitters must cope with. */
import { type TSchema, Type } from "@sinclair/typebox";
import type { ProtocolDescription } from "#schemas/emit/description.ts";
import type { MethodSpec } from "#schemas/method.ts";
import {
  AnyObject,
  Lenient,
  NonEmptyString,
  NoParams,
  Nullable,
  OneOf,
  ShortString,
  Strict,
} from "#schemas/primitives.ts";

const Mood = OneOf(["calm", "very-busy", "24h", "self", "unrecognized"], { $id: "Mood", description: "How it is." });

const Attachment = Strict(
  { fileName: NonEmptyString, bytes: Type.Optional(Type.Integer({ minimum: 0 })) },
  { $id: "Attachment", description: "A file beside a message.\nSecond line." },
);

const RequestFrame = Strict(
  { type: Type.Literal("req"), id: NonEmptyString, method: NonEmptyString, params: Type.Optional(Type.Unknown()) },
  { $id: "RequestFrame" },
);
const EventFrame = Strict({ type: Type.Literal("event"), event: NonEmptyString }, { $id: "EventFrame" });

const Schedule = Type.Union([
  Strict({ kind: Type.Literal("at"), atMs: Type.Integer({ minimum: 0 }) }),
  Strict({ kind: Type.Literal("every"), everyMs: Type.Integer({ minimum: 1, maximum: 1000 }) }),
]);

/** A method with everything but its name and shapes filled in. */
export const method = (
  name: string,
  params: TSchema,
  result: TSchema,
  extra: Partial<MethodSpec> = {},
): MethodSpec => ({
  name,
  summary: `Does ${name}.`,
  params,
  result,
  access: "read",
  idempotency: "none",
  ...extra,
});

export const sample: ProtocolDescription = {
  version: "1.2.3",
  frames: { RequestFrame, EventFrame, GatewayFrame: Type.Union([RequestFrame, EventFrame]) },
  methods: [
    method("health", NoParams, Lenient({ ok: Type.Boolean(), mood: Mood })),
    method(
      "chat.send",
      Strict({
        message: ShortString(64),
        "x-trace": Type.Optional(NonEmptyString),
        default: Type.Optional(Type.Boolean({ description: "A reserved word." })),
        thinking: Type.Optional(OneOf(["off", "high"])),
        label: Type.Optional(Nullable(NonEmptyString)),
        attachments: Type.Array(Attachment, { maxItems: 4 }),
        idempotencyKey: NonEmptyString,
      }),
      Strict({ runId: NonEmptyString, label: Nullable(NonEmptyString), first: Type.Optional(Attachment) }),
      { access: { v3: "write", v4: "admin" }, idempotency: "keyed" },
    ),
    method(
      "cron.add",
      Strict({ schedule: Schedule, payload: Type.Union([Type.String(), Type.Integer()]), extra: AnyObject }),
      Strict({
        byName: Type.Record(Type.String(), Strict({ ratio: Type.Number() })),
        next: Schedule,
        free: Type.Unknown(),
      }),
    ),
  ],
  events: [
    {
      name: "tick",
      summary: "Shows that the gateway lives.",
      payload: Strict({ ts: Type.Integer({ minimum: 0 }), state: OneOf(["up", "going-down"]) }),
      guard: { v3: "never", v4: "everyone" },
      isDroppable: true,
    },
  ],
};
