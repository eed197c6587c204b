/** What hosts and voice assistants read: programs that skills brought along, and the words that wake them. */
import { Type } from "@sinclair/typebox";
import { VoiceWake, VoiceWakeRouting } from "#schemas/nodes.ts";
import { NonEmptyString, NoParams, Strict } from "#schemas/primitives.ts";
import { wakeRouting } from "../../nodes/voice-wake.ts";
import { defineMethod } from "../define.ts";

/** Words that one request may name; more than are kept, because they are trimmed first. */
const MAX_WORDS = 256;

export const voiceMethods = [
  defineMethod({
    name: "skills.bins",
    summary: "Programs that skills brought along, which a host may allow by itself.",
    params: NoParams,
    result: Strict({ bins: Type.Array(NonEmptyString) }),
    access: "node",
    idempotency: "safe",
    // There are no skills here: a host allows nothing on their account.
    handle: () => ({ bins: [] }),
  }),
  defineMethod({
    name: "voicewake.get",
    summary: "The words that wake voice assistants.",
    params: NoParams,
    result: VoiceWake,
    access: "read",
    idempotency: "safe",
    handle: (_params, { voiceWake }) => ({ triggers: voiceWake.get() }),
  }),
  defineMethod({
    name: "voicewake.set",
    summary: "Replaces them, and tells everyone. None at all: the ones it comes with.",
    params: Strict({ triggers: Type.Array(Type.String(), { maxItems: MAX_WORDS }) }),
    result: VoiceWake,
    access: "write",
    idempotency: "safe",
    refusal: () => "voicewake.set requires triggers: string[]",
    handle: ({ triggers }, { voiceWake }) => ({ triggers: voiceWake.set(triggers) }),
  }),
  defineMethod({
    name: "voicewake.routing.get",
    summary: "Where spoken words go: to the session that is open on the device.",
    params: NoParams,
    result: VoiceWakeRouting,
    access: { v3: "admin", v4: "read" },
    idempotency: "safe",
    handle: () => wakeRouting,
  }),
];
