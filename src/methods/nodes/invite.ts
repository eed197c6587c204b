/** Invites for devices that shall become nodes (threats T06). */
import { NonEmptyString, NoParams, Strict, TimestampMs } from "#schemas/primitives.ts";
import { defineMethod } from "../define.ts";

export const nodeInviteMethods = [
  defineMethod({
    name: "node.invite.create",
    summary:
      "Makes a code with which one device may ask to become a node: open the page /node with #invite=<code>. Its pairing still waits for approval.",
    params: NoParams,
    result: Strict({ code: NonEmptyString, expiresAtMs: TimestampMs }),
    access: "pairing",
    idempotency: "none",
    handle: (_params, { invites }) => invites.create(),
  }),
];
