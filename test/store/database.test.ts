import { Database as Sqlite } from "bun:sqlite";
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GatewayError } from "../../src/lib/errors.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { DedupeStore } from "../../src/store/dedupe.ts";
import { DeviceStore } from "../../src/store/devices.ts";
import { migrations } from "../../src/store/migrations.ts";
import { RunStore } from "../../src/store/runs.ts";
import { SessionStore } from "../../src/store/sessions.ts";

const folder = mkdtempSync(join(tmpdir(), "moltbot-db-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const newPath = () => join(folder, `${count++}.db`);

const versionOf = (database: Database) =>
  database.query<{ user_version: number }>("PRAGMA user_version").get()?.user_version;
const shapeOf = (database: Database) =>
  database.query<{ sql: string }>("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name").all();

/** One row in every place that rows are kept: what a step must not lose. */
function fill(database: Database): void {
  const sessions = new SessionStore(database);
  const session = {
    key: "agent:main:main",
    sessionId: "s",
    agentId: "main",
    settings: {},
    createdAt: 1,
    updatedAt: 2,
    contextFrom: 0,
  };
  database.durable(() => {
    sessions.save(session);
    sessions.append("s", { id: "m", runId: "r", body: { role: "user", content: "hi" }, createdAt: 1 });
    new RunStore(database).insert({
      runId: "r",
      sessionKey: session.key,
      request: "{}",
      requestHash: "h",
      createdAt: 1,
    });
    new DedupeStore(database).begin("send:k", "h", 1);
    const devices = new DeviceStore(database);
    devices.save({
      deviceId: "d",
      publicKey: "p",
      facts: {},
      roles: ["operator"],
      scopes: [],
      approvedVia: "owner",
      createdAtMs: 1,
      approvedAtMs: 1,
    });
    devices.saveToken("d", { role: "operator", token: "t", scopes: [], createdAtMs: 1 });
  });
}

function check(database: Database): void {
  expect(new SessionStore(database).messages("s", 10, 0)).toMatchObject([
    { id: "m", seq: 1, runId: "r", body: { content: "hi" } },
  ]);
  expect(new SessionStore(database).find("agent:main:main")).toMatchObject({ sessionId: "s", updatedAt: 2 });
  expect(new RunStore(database).find("r")).toMatchObject({ state: "queued", requestHash: "h" });
  expect(new DedupeStore(database).find("send:k")).toEqual({ paramsHash: "h" });
  expect(new DeviceStore(database).findToken("d", "operator")).toMatchObject({ token: "t" });
}

describe("migrations", () => {
  test("a new file gets the newest shape, private to its owner", () => {
    const path = newPath();
    using database = openDatabase(path);
    expect(versionOf(database)).toBe(migrations.length);
    fill(database);
    check(database);
    for (const file of [path, `${path}-wal`]) expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test.each(migrations.map((_step, at) => [at + 1]))(
    "a file of version %p becomes the newest one without losing a row",
    (version) => {
      const path = newPath();
      {
        using old = openDatabase(path, migrations.slice(0, version));
        expect(versionOf(old)).toBe(version);
        // What an older program could write; steps that come later must carry it over.
        if (version === migrations.length) fill(old);
        else
          old
            .query(
              "INSERT INTO sessions (key, session_id, agent_id, settings, created_at, updated_at) VALUES ('k', 's', 'main', '{}', 1, 1)",
            )
            .run();
      }
      using database = openDatabase(path);
      expect(versionOf(database)).toBe(migrations.length);
      if (version === migrations.length) check(database);
      else expect(new SessionStore(database).find("k")).toMatchObject({ sessionId: "s" });
      using fresh = openDatabase(newPath());
      expect(shapeOf(database)).toEqual(shapeOf(fresh));
    },
  );

  test("a step that fails leaves the file as it was, and the next start can go on", () => {
    const path = newPath();
    openDatabase(path)[Symbol.dispose]();
    const failing = [...migrations, "CREATE TABLE half (a); CREATE TABLE half (a);"];
    expect(() => openDatabase(path, failing)).toThrow();
    using database = openDatabase(path, [...migrations, "CREATE TABLE whole (a);"]);
    expect(versionOf(database)).toBe(migrations.length + 1);
    const names = shapeOf(database).map(({ sql }) => sql);
    expect(names.some((sql) => sql.includes("half"))).toBe(false);
    expect(names.some((sql) => sql.includes("whole"))).toBe(true);
  });

  test("a file of a newer program is refused, and not touched", () => {
    const path = newPath();
    openDatabase(path, [...migrations, "CREATE TABLE later (a);"])[Symbol.dispose]();
    expect(() => openDatabase(path)).toThrow(/update it/);
    const raw = new Sqlite(path);
    expect(raw.query("SELECT count(*) AS n FROM sqlite_master WHERE name = 'later'").get()).toEqual({ n: 1 });
    raw.close();
  });

  test("a file that is no database is refused, and kept", async () => {
    const path = newPath();
    await Bun.write(path, "not a database, but somebody's notes ".repeat(100));
    expect(() => openDatabase(path)).toThrow();
    expect(await Bun.file(path).text()).toStartWith("not a database");
  });
});

describe("a disk that takes nothing", () => {
  test.each<[title: string, spoil: string, mend: string]>([
    ["full", "PRAGMA max_page_count=1", "PRAGMA max_page_count=1000000"],
    ["read-only", "PRAGMA query_only=ON", "PRAGMA query_only=OFF"],
  ])("%s: a write says so, leaves nothing, and succeeds again later", (_title, spoil, mend) => {
    using database = openDatabase(newPath());
    const store = new DedupeStore(database);
    const keep = (key: string) => store.decide(() => store.begin(key, "x".repeat(100_000), 1));
    keep("before");
    expect(database.state).toEqual({ isWritable: true });
    database.query(spoil).get();
    let thrown: unknown;
    try {
      keep("during");
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(GatewayError);
    expect(thrown).toMatchObject({ code: "UNAVAILABLE", extras: { retryable: true } });
    expect(String(thrown)).not.toContain(folder);
    expect(database.state.isWritable).toBe(false);
    expect(database.state.problem).toStartWith("sqlite_");
    expect(store.find("during")).toBeUndefined();
    database.query(mend).get();
    keep("after");
    expect(database.state).toEqual({ isWritable: true });
    expect(["before", "during", "after"].map((key) => store.find(key) !== undefined)).toEqual([true, false, true]);
  });

  test("any other error stays what it is, and is no problem of the disk", () => {
    using database = openDatabase(":memory:");
    expect(() =>
      database.durable(() => {
        throw new TypeError("a bug");
      }),
    ).toThrow(TypeError);
    expect(database.state).toEqual({ isWritable: true });
  });
});

test("a transaction inside another is part of it", () => {
  using database = openDatabase(":memory:");
  const store = new DedupeStore(database);
  expect(() =>
    database.durable(() => {
      store.decide(() => store.begin("inner", "h", 1));
      throw new Error("undone");
    }),
  ).toThrow("undone");
  expect(store.find("inner")).toBeUndefined();
});

test("old keys are forgotten, and no more than twenty thousand are kept", () => {
  using database = openDatabase(":memory:");
  const store = new DedupeStore(database);
  const day = 24 * 60 * 60 * 1000;
  database.write(() => {
    store.begin("old", "h", 1);
    for (let at = 0; at < 20_600; at++) store.begin(`k${at}`, "h", 2 * day + at);
  });
  const total = database.query<{ n: number }>("SELECT count(*) AS n FROM dedupe").get()?.n ?? 0;
  expect(store.find("old")).toBeUndefined();
  expect(store.find("k20599")).toBeDefined();
  expect(total).toBeLessThanOrEqual(20_256);
});
