/** The three frames of the protocol (`protocol/handshake.md` section 1). */
import { type Static, Type } from "@sinclair/typebox";
import { ErrorShape } from "./errors.ts";
import { NonEmptyString, ShortString, Strict } from "./primitives.ts";

/** Counters that grow by one with each change of the presence list and of the health summary. */
export const StateVersion = Strict(
  { presence: Type.Integer({ minimum: 0 }), health: Type.Integer({ minimum: 0 }) },
  { $id: "StateVersion" },
);
export type StateVersion = Static<typeof StateVersion>;

const requestProperties = {
  type: Type.Literal("req"),
  id: NonEmptyString,
  method: NonEmptyString,
  params: Type.Optional(Type.Unknown()),
};

/** A request as a v3 peer sends it. */
export const RequestFrameV3 = Strict(requestProperties, { $id: "RequestFrameV3" });

/** A request as a v4 peer sends it; the two additions are accepted and not used. */
export const RequestFrame = Strict(
  {
    ...requestProperties,
    traceparent: Type.Optional(Type.String({ maxLength: 128 })),
    expectedProfileId: Type.Optional(ShortString(128)),
  },
  { $id: "RequestFrame" },
);
export type RequestFrame = Static<typeof RequestFrame>;

/** The answer to a request; a method may answer twice under one id. */
export const ResponseFrame = Strict(
  {
    type: Type.Literal("res"),
    id: NonEmptyString,
    ok: Type.Boolean(),
    payload: Type.Optional(Type.Unknown()),
    error: Type.Optional(ErrorShape),
  },
  { $id: "ResponseFrame" },
);
export type ResponseFrame = Static<typeof ResponseFrame>;

/** A pushed event. `seq` counts per connection without gaps; events meant for one node carry none. */
export const EventFrame = Strict(
  {
    type: Type.Literal("event"),
    event: NonEmptyString,
    payload: Type.Optional(Type.Unknown()),
    seq: Type.Optional(Type.Integer({ minimum: 0 })),
    stateVersion: Type.Optional(StateVersion),
  },
  { $id: "EventFrame" },
);
export type EventFrame = Static<typeof EventFrame>;

/** Any frame. */
export const GatewayFrame = Type.Union([RequestFrame, ResponseFrame, EventFrame], { $id: "GatewayFrame" });
