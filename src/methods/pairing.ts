/** People who wrote to an account and wait for the owner's word (channels 4.2). */
import { Type } from "@sinclair/typebox";
import { NonEmptyString, ShortString, Strict, TimestampMs } from "#schemas/primitives.ts";
import { fail } from "../lib/errors.ts";
import { defineMethod } from "./define.ts";

const Request = Strict(
  {
    channel: NonEmptyString,
    account: NonEmptyString,
    senderId: NonEmptyString,
    name: Type.Optional(Type.String()),
    code: NonEmptyString,
    askedAt: TimestampMs,
  },
  { $id: "SenderRequest" },
);

export const pairingMethods = [
  defineMethod({
    name: "channels.pairing.list",
    summary: "People who wait for approval on a channel.",
    params: Strict({ channel: Type.Optional(NonEmptyString) }),
    result: Strict({ requests: Type.Array(Request) }),
    access: "pairing",
    idempotency: "safe",
    handle: ({ channel }, { channels }) => ({ requests: channels.senderRequests(channel) }),
  }),
  defineMethod({
    name: "channels.pairing.approve",
    summary: "Lets the person with that code talk to the agent, in direct messages only.",
    params: Strict({ channel: NonEmptyString, code: ShortString(32) }),
    result: Strict({ channel: NonEmptyString, account: NonEmptyString, senderId: NonEmptyString }),
    access: "pairing",
    idempotency: "none",
    handle: ({ channel, code }, { channels }) =>
      channels.approveSender(channel, code.trim().toUpperCase()) ??
      fail("INVALID_REQUEST", `no one waits with the code ${code} on ${channel}`),
  }),
];
