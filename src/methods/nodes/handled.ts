/** How node events are handled: by kind, with the payload in its shape. */
import type { Static, TSchema } from "@sinclair/typebox";
import { validator } from "../../lib/validate.ts";
import type { LiveNode } from "../../nodes/registry.ts";
import type { Services } from "../services.ts";

/** What became of an event. */
export type Handled = { isHandled: true } | { isHandled: false; reason: string };

/** Handles one kind of event. */
export type NodeEventHandler = (payload: unknown, node: LiveNode, app: Services) => Handled;

export const done: Handled = { isHandled: true };
/** Said of what has not the shape of its kind, and does nothing. */
export const malformed: Handled = { isHandled: false, reason: "invalid_payload" };

/** The handler that runs `work` when the payload has that shape. */
export function when<T extends TSchema>(
  schema: T,
  work: (payload: Static<T>, node: LiveNode, app: Services) => Handled,
): NodeEventHandler {
  const shape = validator(schema);
  return (payload, node, app) => (shape.check(payload) ? work(payload, node, app) : malformed);
}
