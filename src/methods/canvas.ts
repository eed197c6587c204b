/** The canvas: addresses for the node that asks (`protocol/handshake.md` section 6, node methods of v4). */
import { Type } from "@sinclair/typebox";
import { NonEmptyString, OneOf, Strict, TimestampMs } from "#schemas/primitives.ts";
import { fail } from "../lib/errors.ts";
import { defineMethod } from "./define.ts";

export const canvasMethods = [
  defineMethod({
    name: "node.pluginSurface.refresh",
    summary: "Gives the calling node a fresh address of the canvas, good for ten minutes after its last use.",
    params: Strict({ surface: OneOf(["canvas"]) }),
    result: Strict({
      surface: NonEmptyString,
      pluginSurfaceUrls: Type.Record(Type.String(), NonEmptyString),
      expiresAtMs: TimestampMs,
    }),
    access: "node",
    idempotency: "none",
    handle: ({ surface }, { canvas }, { connection, caller }) => {
      const urls = canvas.urlFor({
        nodeId: caller.deviceId ?? caller.client.id,
        connectionId: connection.id,
        headers: connection.peer.headers,
      });
      if (!urls) return fail("UNAVAILABLE", "the canvas is off: set canvasHost.enabled", { retryable: false });
      return { surface, pluginSurfaceUrls: urls.pluginSurfaceUrls, expiresAtMs: urls.expiresAtMs };
    },
  }),
];
