/** Tools that every agent has, because the gateway itself can answer. */
import type { Clock } from "../lib/clock.ts";
import type { Tool } from "./runtime.ts";

/** The built-in tools. None of them changes anything. */
export function createTools(clock: Clock): Tool[] {
  return [
    {
      name: "current_time",
      description: "The current date and time. The system prompt tells the day only.",
      parameters: {
        type: "object",
        properties: { timeZone: { type: "string", description: "IANA name such as Europe/Berlin; UTC when left out" } },
        additionalProperties: false,
      },
      run: async (args) => ({ text: timeIn(zoneIn(args), clock.now()) }),
    },
  ];
}

function zoneIn(args: unknown): string {
  const zone = typeof args === "object" && args !== null && "timeZone" in args ? args.timeZone : undefined;
  return typeof zone === "string" && zone ? zone : "UTC";
}

/** Throws for a zone nobody knows; the model is told and may try another. */
function timeIn(timeZone: string, nowMs: number): string {
  const format = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long", timeZone });
  return `${format.format(nowMs)} (${new Date(nowMs).toISOString()})`;
}
