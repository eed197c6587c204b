import { describe, expect, test } from "bun:test";
import { CommandFailure } from "../../../src/web/node/failure.ts";
import { type Command, Invocations } from "../../../src/web/node/invocations.ts";
import type { Fields } from "../../../src/web/shared/wire.ts";
import { FakeClock } from "../../support/clock.ts";

/** A command whose end the test decides. */
function held(lane?: Command["lane"]) {
  const runs: {
    params: Fields;
    signal: AbortSignal;
    end: (payload?: unknown) => void;
    fail: (error: unknown) => void;
  }[] = [];
  const command: Command = {
    ...(lane && { lane }),
    run(params, { signal }) {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      runs.push({ params, signal, end: resolve, fail: reject });
      return promise;
    },
  };
  return { command, runs };
}

function rig(commands: Record<string, Command>) {
  const clock = new FakeClock();
  const answers: Fields[] = [];
  const log: string[] = [];
  const invocations = new Invocations({
    clock,
    commands: new Map(Object.entries(commands)),
    answer: (result) => answers.push(result),
    witness: {
      began: (id, command) => log.push(`began ${id} ${command}`),
      ended: (id, failure) => log.push(`ended ${id} ${failure?.code ?? "well"}`),
    },
  });
  const ask = (id: string, command: string, more: Fields = {}) =>
    invocations.take({ id, nodeId: "n", command, paramsJSON: "{}", timeoutMs: 10_000, ...more });
  return { clock, answers, log, invocations, ask };
}

/** Lets everything happen that needs no time. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("an invocation", () => {
  test("is answered with the payload as text, and told to the person", async () => {
    const { answers, log, ask, invocations } = rig({ do: { run: async ({ a }) => ({ b: a }) } });
    ask("1", "do", { paramsJSON: '{"a":7}' });
    await settle();
    expect(answers).toEqual([{ id: "1", nodeId: "n", ok: true, payloadJSON: '{"b":7}' }]);
    expect(log).toEqual(["began 1 do", "ended 1 well"]);
    expect(invocations.isIdle).toBe(true);
  });

  test("without a payload is answered without one", async () => {
    const { answers, ask } = rig({ do: { run: async () => undefined } });
    ask("1", "do", { paramsJSON: null });
    await settle();
    expect(answers).toEqual([{ id: "1", nodeId: "n", ok: true }]);
  });

  test.each<[title: string, request: Fields, code: string, message: string]>([
    ["an unknown command", { command: "system.run" }, "UNAVAILABLE", "UNAVAILABLE: command not supported"],
    ["parameters that are no JSON", { paramsJSON: "{" }, "INVALID_REQUEST", "the parameters are no JSON object"],
    ["parameters that are a list", { paramsJSON: "[]" }, "INVALID_REQUEST", "the parameters are no JSON object"],
    ["a bug", { command: "throw" }, "UNAVAILABLE", "UNAVAILABLE: oops"],
    ["a refusal", { command: "refuse" }, "CAMERA_DISABLED", "CAMERA_DISABLED: off"],
  ])("%s is answered with an error", async (_title, request, code, message) => {
    const { answers, ask } = rig({
      do: { run: async () => 1 },
      throw: {
        run: async () => {
          throw new Error("oops");
        },
      },
      refuse: {
        run: async () => {
          throw new CommandFailure("CAMERA_DISABLED", "off");
        },
      },
    });
    ask("1", "do", request);
    await settle();
    expect(answers).toMatchObject([{ id: "1", ok: false, error: { code, message: expect.stringContaining(message) } }]);
  });

  test.each([
    [10_000, 9_500],
    [1_000, 900],
    [undefined, 29_500],
  ])(
    "that is given %p ms is answered after %d at the latest, and what it opened is told to close",
    async (given, latestMs) => {
      const { command, runs } = held();
      const { answers, clock, ask } = rig({ do: command });
      ask("1", "do", { timeoutMs: given });
      await settle();
      clock.advance(latestMs - 1);
      await settle();
      expect(answers).toEqual([]);
      clock.advance(1);
      await settle();
      expect(answers).toMatchObject([{ ok: false, error: { code: "TIMEOUT" } }]);
      expect(runs[0]?.signal.aborted).toBe(true);
      runs[0]?.end("too late");
      await settle();
      expect(answers).toHaveLength(1);
      expect(clock.pending).toBe(0);
    },
  );

  test("that nobody waits for any more ends", async () => {
    const { command, runs } = held();
    const { answers, log, ask, invocations } = rig({ do: command });
    ask("1", "do");
    await settle();
    invocations.cancel("1");
    invocations.cancel("unknown");
    await settle();
    expect(runs[0]?.signal.aborted).toBe(true);
    expect(log).toEqual(["began 1 do", "ended 1 CANCELLED"]);
    expect(answers).toHaveLength(1);
  });

  test("ends with the connection, and nothing is answered into the next one", async () => {
    const { command, runs } = held("capture");
    const { answers, ask, invocations } = rig({ do: command });
    ask("1", "do");
    ask("2", "do");
    await settle();
    invocations.endAll();
    await settle();
    expect(runs).toHaveLength(1);
    expect(runs[0]?.signal.aborted).toBe(true);
    expect(answers).toEqual([]);
    expect(invocations.isIdle).toBe(true);
    ask("3", "do");
    await settle();
    expect(runs).toHaveLength(2);
  });

  test("that comes twice is done once", async () => {
    const { command, runs } = held();
    const { ask } = rig({ do: command });
    ask("1", "do");
    ask("1", "do");
    await settle();
    expect(runs).toHaveLength(1);
  });

  test("beyond the limit is refused at once", async () => {
    const { command } = held();
    const { answers, ask } = rig({ do: command });
    for (let index = 0; index < 33; index++) ask(`${index}`, "do");
    await settle();
    expect(answers).toMatchObject([{ id: "32", ok: false, error: { code: "UNAVAILABLE" } }]);
  });
});

describe("a lane", () => {
  test("does one command after the other, in order, and others beside it", async () => {
    const camera = held("capture");
    const other = held();
    const { answers, ask } = rig({ snap: camera.command, look: other.command });
    ask("1", "snap", { paramsJSON: '{"n":1}' });
    ask("2", "snap", { paramsJSON: '{"n":2}' });
    ask("3", "look");
    await settle();
    expect(camera.runs.map(({ params }) => params["n"])).toEqual([1]);
    expect(other.runs).toHaveLength(1);
    camera.runs[0]?.fail(new Error("no"));
    await settle();
    expect(camera.runs.map(({ params }) => params["n"])).toEqual([1, 2]);
    camera.runs[1]?.end();
    await settle();
    expect(answers.map(({ id, ok }) => [id, ok])).toEqual([
      ["1", false],
      ["2", true],
    ]);
  });

  test("goes on after a command that does not end", async () => {
    const { command, runs } = held("capture");
    const { answers, clock, ask } = rig({ snap: command });
    ask("1", "snap", { timeoutMs: 1_000 });
    ask("2", "snap", { timeoutMs: 5_000 });
    await settle();
    clock.advance(900);
    await settle();
    expect(answers).toMatchObject([{ id: "1", error: { code: "TIMEOUT" } }]);
    expect(runs).toHaveLength(2);
  });

  test("one that waits longer than it may is answered, and never begins", async () => {
    const { command, runs } = held("capture");
    const { answers, clock, ask } = rig({ snap: command });
    ask("1", "snap", { timeoutMs: 60_000 });
    ask("2", "snap", { timeoutMs: 1_000 });
    await settle();
    clock.advance(1_000);
    await settle();
    expect(answers).toMatchObject([{ id: "2", error: { code: "TIMEOUT" } }]);
    runs[0]?.end();
    await settle();
    expect(runs).toHaveLength(1);
  });
});
