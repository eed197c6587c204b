/** Every network through the executable: in and out, groups, files, changes, and kills. The shared behaviour, once more. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ModelStandin, startModelStandin } from "../standins/model.ts";
import { BINARY, type Child, startChild, TOKEN } from "../support/child.ts";
import type { BinaryHarness, Received } from "./contract.ts";
import { createStateFor, eventually, openNetwork } from "./networks.ts";

const HELLO = "Hello from the mock model.";
/** A picture of one dot. */
const dot = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);

describe.each(Object.keys(openNetwork))("%s through the executable", (name) => {
  let net: BinaryHarness;
  let model: ModelStandin;
  let stateDir: string;
  let gateway: Child;

  beforeEach(async () => {
    net = await openNetwork[name]!();
    model = await startModelStandin();
    stateDir = createStateFor(model.url, [net]);
    gateway = await startChild({ stateDir });
    await net.untilConnected();
  });

  afterEach(async () => {
    await gateway[Symbol.asyncDispose]();
    for (const secret of net.secrets) expect(gateway.output()).not.toContain(secret);
    await net[Symbol.asyncDispose]();
    await model[Symbol.asyncDispose]();
    rmSync(stateDir, { recursive: true, force: true });
  });

  const of = (kind: Received["kind"]) => net.received().filter((one) => one.kind === kind);
  const said = () => of("text").map(({ text = "" }) => text);
  const answered = (count: number) => eventually(() => said().length >= count, `${count} answers`);

  const rows = (sql: string): Record<string, unknown>[] => {
    using db = new Database(join(stateDir, "gateway.db"), { readonly: true });
    return db.query<Record<string, unknown>, []>(sql).all();
  };

  /** Runs the program's own command line against this gateway. */
  async function cli(...args: string[]) {
    const child = Bun.spawn([BINARY, ...args, "--json"], {
      env: { HOME: stateDir, MOLTBOT_STATE_DIR: stateDir, MOLTBOT_GATEWAY_TOKEN: TOKEN },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, problem, code] = [child.stdout, child.stderr, child.exited];
    const text = await new Response(out).text();
    if ((await code) !== 0) throw new Error(`moltbot ${args.join(" ")}: ${await new Response(problem).text()}${text}`);
    return JSON.parse(text);
  }

  test("a direct message is answered, a group message when it names the agent; neither lost over kill -9", async () => {
    await net.person.says(net.direct, "hello");
    await answered(1);
    expect(said()).toEqual([HELLO]);
    expect(of("text")[0]?.chatId).toBe(net.direct.id);

    await net.person.says(net.group, "the cake is in the oven");
    await net.person.says(net.group, "where is the cake?", { mentions: true });
    await answered(2);
    expect(of("text")[1]?.chatId).toBe(net.group.id);
    expect(said()[1]).toContain("where is the cake?");
    expect(said()[1]).toContain("the cake is in the oven");

    // What the network has and the gateway does not know yet may be sent twice, with a mark; that is another test's.
    await eventually(() => rows("SELECT id FROM outbox WHERE state != 'sent'").length === 0, "all is known to be sent");
    await gateway.kill();
    if (net.redelivers) await net.person.says(net.direct, "are you back?");
    const startMs = performance.now();
    gateway = await startChild({ stateDir });
    if (!net.redelivers) {
      await net.untilConnected();
      await net.person.says(net.direct, "are you back?");
    }
    await answered(3);
    expect(performance.now() - startMs).toBeLessThan(2_000);
    expect(said()[2]).toContain("are you back?");
    expect(said()).toHaveLength(3);

    if (net.capabilities.typingMs === undefined) return;
    // An answer that is there at once needs no mark: this one is held until the mark was seen.
    const marks = of("typing").length;
    await net.person.says(net.direct, "slow-reply");
    await eventually(() => of("typing").length > marks, "a typing mark");
    model.gate.open();
    await answered(4);
  }, 30_000);

  test("files go both ways, and one that cannot be had is a line and not silence", async () => {
    await net.person.sends(net.direct, { kind: "image", bytes: dot, caption: "what is this?" });
    await answered(1);
    const asked = JSON.stringify(model.requests.at(-1)?.body);
    expect(asked).toContain("what is this?");
    expect(asked).toContain(dot.toString("base64"));

    const path = join(stateDir, "picture.png");
    writeFileSync(path, dot);
    const to = ["--channel", net.id, "--to", net.target(net.direct)];
    const sent = await cli("send", ...to, "--message", "look", "--media", path);
    expect(sent.messageId).not.toBe("");
    const [got] = of("media");
    expect(got?.chatId).toBe(net.direct.id);
    expect(Buffer.from(got?.bytes ?? [])).toEqual(dot);

    const huge = Buffer.alloc(6 * 1024 * 1024, 1);
    await net.person.sends(net.direct, { kind: "image", bytes: huge, caption: "and this?" });
    await answered(2);
    expect(JSON.stringify(model.requests.at(-1)?.body)).toMatch(/and this\?.*could not be fetched/s);
  }, 30_000);

  test("changes go both ways: reactions, edits and deletions", async () => {
    const { edits, reacts } = net.person;
    const messageId = await net.person.says(net.direct, "hello");
    await answered(1);
    const to = ["--channel", net.id, "--to", net.target(net.direct)];
    const sent = await cli("send", ...to, "--message", "draft");
    // A reaction to what the agent said is told to it; one to anything else is nobody's business.
    if (reacts) await reacts(net.direct, sent.messageId, "👍");
    const claims = (kind: Received["kind"], args: string[], expected: object) => async () => {
      const done = await cli("message", ...args).then(
        () => undefined,
        (error: Error) => error.message,
      );
      // What the account does not claim is refused in words; what it claims arrives.
      if (done === undefined) expect(of(kind).at(-1)).toMatchObject(expected);
      else expect(done).toMatch(/cannot (react|edit|delete)|does not/);
    };
    await claims("reaction", ["react", ...to, "--id", messageId, "--emoji", "👍"], { emoji: "👍", messageId })();
    const own = ["--id", sent.messageId];
    await claims("edit", ["edit", ...to, ...own, "--message", "final"], { text: "final", messageId: sent.messageId })();
    await claims("remove", ["delete", ...to, ...own], { messageId: sent.messageId })();

    if (edits) await edits(net.direct, messageId, "hello again");
    const kept = () =>
      rows("SELECT json_extract(event, '$.type') AS type FROM inbox WHERE state = 'kept'").map(({ type }) => type);
    if (reacts) await eventually(() => kept().includes("reaction"), "the reaction is kept");
    if (edits) await eventually(() => kept().includes("edit"), "the edit is kept");
    expect(said().filter((text) => text === HELLO)).toHaveLength(1);
  }, 30_000);
});
