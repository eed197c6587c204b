/** `moltbot events`: what the gateway pushes, one JSON line each, until ctrl-C. */
import type { Guard } from "#schemas/method.ts";
import { defineLeaf } from "../command.ts";
import { CommandError, usageError } from "../exit-codes.ts";
import { safeJson } from "../terminal.ts";

/** Events that come only to who asked for them. */
const BY_SUBSCRIPTION = "sessions.changed";

export const events = defineLeaf({
  name: "events",
  summary: "Print pushed events as JSON lines until ctrl-C",
  args: {
    filter: { type: "string", valueHint: "A,B", description: "only these events" },
    session: { type: "string", valueHint: "KEY", description: "also session.message of this session" },
  },
  async run(args, cli) {
    const { io } = cli;
    const names =
      args.filter
        ?.split(",")
        .map((name) => name.trim())
        .filter(Boolean) ?? [];
    await using client = await cli.connect(await scopesFor(names));
    const failed = Promise.withResolvers<never>();
    client.onEvent(({ event, payload, seq }) => {
      if (names.length && !names.includes(event)) return;
      const frame = { event, payload, ...(seq === undefined ? {} : { seq }) };
      try {
        io.out(`${io.isTerminal ? safeJson(frame) : JSON.stringify(frame)}\n`);
      } catch (error) {
        failed.reject(error);
      }
    });
    const { methods } = client.hello.features;
    if ((!names.length || names.includes(BY_SUBSCRIPTION)) && methods.includes("sessions.subscribe")) {
      await client.request("sessions.subscribe", {}, cli.requestOptions());
    }
    if (args.session !== undefined)
      await client.request("sessions.messages.subscribe", { key: args.session }, cli.requestOptions());
    const stopped = new Promise<undefined>((resolve) => {
      if (io.signal.aborted) resolve(undefined);
      io.signal.addEventListener("abort", () => resolve(undefined), { once: true });
    });
    const closing = await Promise.race([client.closed, stopped, failed.promise]);
    if (closing)
      throw new CommandError("unreachable", `the gateway ended the connection (${closing.code} ${closing.reason})`);
  },
});

/** The scopes that the wanted events are guarded with, and no more. */
async function scopesFor(names: readonly string[]): Promise<string[]> {
  const { eventSpecs } = await import("../../methods/events.ts");
  for (const name of names) {
    if (!eventSpecs.some((spec) => spec.name === name))
      usageError(`no event is called ${name}; there are: ${eventSpecs.map((spec) => spec.name).join(", ")}`);
  }
  const guards: Guard[] = eventSpecs
    .filter(({ name }) => !names.length || names.includes(name))
    .flatMap(({ guard }) => (guard.v4 === "never" ? [] : [guard.v4]));
  return [...new Set(guards.filter((guard) => guard !== "everyone"))];
}
