import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { createLog, type LogRecord, toJsonLine, toPrettyLine } from "../../src/lib/log.ts";
import { LogFile } from "../../src/lib/log-file.ts";
import { Secret } from "../../src/lib/secret.ts";
import { FakeClock } from "../support/clock.ts";

const folder = mkdtempSync(join(tmpdir(), "moltbot-log-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function recorder(level: "debug" | "warn" = "debug") {
  const records: LogRecord[] = [];
  return { records, log: createLog({ clock: new FakeClock(), level, sinks: [(record) => records.push(record)] }) };
}

describe("log", () => {
  test("gives every record at or above its level to the sink, under the name of the room", () => {
    const { records, log } = recorder("warn");
    const room = log.child("gateway");
    room.debug("a");
    room.info("b");
    room.warn("c", { ip: "::1" });
    room.error("d");
    expect(records.map(({ level, room: name, message }) => [level, name, message])).toEqual([
      ["warn", "gateway", "c"],
      ["error", "gateway", "d"],
    ]);
  });

  test.each<[title: string, value: string]>([
    ["line ends", 'a\r\n{"level":"error"}'],
    ["terminal codes", "\u001b[31mred\u001b[0m"],
    ["text that turns around", "\u202eabc"],
    ["quotes", '" , "level":"error'],
  ])("threat(T42): %s cannot make a second line or another field", (_title, value) => {
    const { records, log } = recorder();
    log.warn("refused", { value });
    const line = toJsonLine(records[0]!);
    expect(line.split(/[\r\n\u2028\u2029]/)).toHaveLength(1);
    expect(JSON.parse(line)).toMatchObject({ level: "warn", message: "refused", value });
  });

  test("threat(T42): a long field is cut", () => {
    const { records, log } = recorder();
    log.warn("refused", { value: "x".repeat(65_536), cause: new Error("y".repeat(1000)) });
    expect(String(records[0]?.fields["value"])).toHaveLength(257);
    expect(String(records[0]?.fields["cause"])).toHaveLength(257);
  });

  test("a line for people has the same facts", () => {
    const { records, log } = recorder();
    log.info("account connected", { channel: "x", text: "two words" });
    expect(toPrettyLine(records[0]!, false)).toBe('12:00:00 info  app: account connected channel=x text="two words"');
  });
});

describe("secret", () => {
  test("threat(T22): shows itself nowhere, and compares whole", () => {
    const secret = new Secret("canary-4711");
    const { records, log } = recorder();
    log.info("x", { secret, nested: { secret } });
    const shown = [
      String(secret),
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ a: [secret] }),
      toJsonLine(records[0]!),
      toPrettyLine(records[0]!, false),
      Bun.inspect(secret),
      `${secret}`,
    ];
    for (const text of shown) expect(text).not.toContain("canary");
    expect(Object.keys(secret)).not.toContain("value");
    expect(secret.reveal()).toBe("canary-4711");
    expect(secret.equals("canary-4711")).toBe(true);
    for (const other of ["", "canary-471", "canary-47111", "CANARY-4711", "canary-4711\0"])
      expect(secret.equals(other)).toBe(false);
  });
});

describe("log file", () => {
  const open = (name: string, maxBytes = 1_000_000) => new LogFile(join(folder, name), () => maxBytes);
  const record = (message: string): LogRecord => ({ timeMs: 0, level: "info", room: "app", message, fields: {} });
  const messages = (lines: string[]) => lines.map((line) => JSON.parse(line).message);

  test("is readable by its owner only", () => {
    const file = open("private.log");
    file.sink(record("a"));
    expect(statSync(file.path).mode & 0o777).toBe(0o600);
  });

  test("gives the last lines, then what came since the cursor", () => {
    const file = open("tail.log");
    for (let at = 0; at < 10; at++) file.sink(record(`m${at}`));
    const first = file.tail({ limit: 3, maxBytes: 100_000 });
    expect(messages(first.lines)).toEqual(["m7", "m8", "m9"]);
    expect(first).toMatchObject({ truncated: true, reset: false, cursor: first.size });
    file.sink(record("m10"));
    const next = file.tail({ cursor: first.cursor, limit: 100, maxBytes: 100_000 });
    expect(messages(next.lines)).toEqual(["m10"]);
    expect(next).toMatchObject({ truncated: false, reset: false });
    expect(file.tail({ cursor: next.cursor, limit: 100, maxBytes: 100_000 }).lines).toEqual([]);
  });

  test("begins anew where the cursor lies behind the end or too far back", () => {
    const file = open("reset.log");
    for (let at = 0; at < 100; at++) file.sink(record(`m${at}`));
    expect(file.tail({ cursor: 1_000_000, limit: 2, maxBytes: 100_000 })).toMatchObject({ reset: true });
    const far = file.tail({ cursor: 0, limit: 100, maxBytes: 200 });
    expect(far.reset).toBe(true);
    expect(messages(far.lines).at(-1)).toBe("m99");
    expect(far.lines.every((line) => line.startsWith("{"))).toBe(true);
  });

  test("threat(T42): never grows beyond its limit, and keeps one older file", () => {
    const file = open("bounded.log", 1_000);
    for (let at = 0; at < 200; at++) file.sink(record(`m${at}`));
    expect(statSync(file.path).size).toBeLessThanOrEqual(1_000);
    expect(statSync(`${file.path}.1`).size).toBeLessThanOrEqual(1_000);
    expect(readFileSync(file.path, "utf8")).toContain("m199");
  });
});
