/** What the emitters read: the whole protocol as data. */
import type { TSchema } from "@sinclair/typebox";
import type { EventSpec, MethodSpec } from "../method.ts";

/** The protocol at one version. Emitted text depends on nothing else, so that two runs agree byte for byte. */
export interface ProtocolDescription {
  version: string;
  methods: readonly MethodSpec[];
  events: readonly EventSpec[];
  frames: Record<string, TSchema>;
}
