import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, rmdir, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ConfigFile } from "../../src/config/config.ts";
import { hashOf } from "../../src/config/file.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { GatewayError } from "../../src/lib/errors.ts";
import { createLog, type LogRecord } from "../../src/lib/log.ts";

const still: Clock = {
  now: () => 0,
  monotonic: () => 0,
  after: () => ({ cancel: ignore }),
  every: () => ({ cancel: ignore }),
};
function ignore(): undefined {
  return undefined;
}

const root = await mkdtemp(join(tmpdir(), "config-test-"));
afterAll(() => rm(root, { recursive: true, force: true }));

let path: string;
let records: LogRecord[];
beforeEach(async () => {
  path = join(await mkdtemp(join(root, "case-")), "state", "moltbot.json5");
  records = [];
});

const open = (env: Record<string, string> = {}) =>
  ConfigFile.open({
    path,
    env,
    log: createLog({ clock: still, level: "debug", sinks: [(record) => void records.push(record)] }),
  });

async function openWith(text: string, env: Record<string, string> = {}): Promise<ConfigFile> {
  const first = await open(env);
  await first.set(text, undefined);
  return open(env);
}

/** Replaces the file as an editor would, behind the back of what has it open. */
const edit = (text: string) => writeFile(path, text);
const onDisk = () => readFile(path, "utf8");
const modeOf = async (file: string) => (await stat(file)).mode & 0o777;

async function errorOf(work: Promise<unknown>): Promise<GatewayError> {
  const error = await work.then(ignore, (reason: unknown) => reason);
  if (!(error instanceof GatewayError)) throw new Error("expected a GatewayError");
  return error;
}

describe("opening", () => {
  test("a missing file is a valid empty config without a hash", async () => {
    const file = await open();
    expect([file.snapshot, file.issues, file.isFatal, file.hash]).toEqual([{}, [], false, undefined]);
    expect(file.view({ redact: false })).toEqual({
      path,
      exists: false,
      raw: null,
      parsed: {},
      valid: true,
      config: {},
      issues: [],
      warnings: [],
    });
  });

  test("the snapshot cannot be changed, however deep", async () => {
    const file = await openWith("{ gateway: { allowedHosts: ['a'] } }");
    expect(() => file.snapshot.gateway?.allowedHosts?.push("b")).toThrow(TypeError);
    expect(Object.isFrozen(file.snapshot.gateway)).toBe(true);
  });

  test("a wrong file opens with its valid part and says so", async () => {
    await openWith("{}");
    await edit("{ gateway: { port: 'x', auth: { token: 'keep' } }, typo: 1 }");
    const file = await open();
    expect(file.isFatal).toBe(true);
    expect(file.snapshot).toEqual({ gateway: { auth: { token: "keep" } } });
    expect(file.view({ redact: false })).toMatchObject({
      valid: false,
      issues: [{ path: "gateway.port" }],
      warnings: [{ path: "typo", message: "unknown key" }],
    });
    expect(records.map(({ level }) => level)).toEqual(expect.arrayContaining(["error", "warn"]));
  });

  test.each<[title: string, bytes: Uint8Array | string, message: string]>([
    ["that is not UTF-8", new Uint8Array([0x7b, 0xff, 0x7d]), "the config file is not UTF-8 text"],
    ["that is too large", `// ${"x".repeat(1024 * 1024)}\n{}`, "the config file is larger than 1048576 bytes"],
  ])("a file %s is fatal and cannot be written over", async (_title, bytes, message) => {
    await openWith("{}");
    await writeFile(path, bytes);
    const file = await open();
    expect(file.issues).toEqual([{ path: "", message, severity: "fatal" }]);
    const error = await errorOf(file.set("{}", hashOf("{}")));
    expect(error.message).toBe("config base hash unavailable; re-run config.get and retry");
  });
});

describe("set", () => {
  test("writes the text to the letter, for the owner only", async () => {
    const file = await open();
    const text = "// mine\n{ gateway: { port: 1 } }\n";
    const written = await file.set(text, undefined);
    expect(written).toEqual({ path, hash: hashOf(text), changedPaths: ["gateway"] });
    expect(await onDisk()).toBe(text);
    expect([await modeOf(path), await modeOf(dirname(path))]).toEqual([0o600, 0o700]);
    expect(await readdir(dirname(path))).toEqual(["moltbot.json5"]);
    expect(file.snapshot).toEqual({ gateway: { port: 1 } });
    expect(file.hash).toBe(new Bun.CryptoHasher("sha256").update(text).digest("hex"));
  });

  test("tightens the mode of a file that others could read", async () => {
    const file = await openWith("{}");
    await chmod(path, 0o644);
    await file.set("{ logging: {} }", file.hash);
    expect(await modeOf(path)).toBe(0o600);
  });

  test("follows a link instead of replacing it", async () => {
    await openWith("{}");
    const link = join(dirname(path), "link.json5");
    await symlink(path, link);
    const file = await ConfigFile.open({
      path: link,
      env: {},
      log: createLog({ clock: still, level: "error", sinks: [] }),
    });
    await file.set("{ logging: {} }", file.hash);
    expect(await onDisk()).toBe("{ logging: {} }");
  });

  test("does not write through a file planted in its way", async () => {
    const file = await openWith("{}");
    const victim = join(dirname(path), "victim");
    await writeFile(victim, "untouched");
    await symlink(victim, `${path}.${process.pid}.tmp`);
    await file.set("{ logging: {} }", file.hash);
    expect(await readFile(victim, "utf8")).toBe("untouched");
    expect(await onDisk()).toBe("{ logging: {} }");
  });

  test.each<[title: string, baseHash: string | undefined, message: string]>([
    ["without a base hash", undefined, "config base hash required; re-run config.get and retry"],
    ["with an empty base hash", "", "config base hash required; re-run config.get and retry"],
    ["with the hash of another text", hashOf("other"), "config changed since last load; re-run config.get and retry"],
  ])("%s is refused and changes nothing", async (_title, baseHash, message) => {
    const file = await openWith("{ gateway: { port: 1 } }");
    for (const work of [file.set("{}", baseHash), file.apply("{}", baseHash), file.patch("{}", baseHash)]) {
      const error = await errorOf(work);
      expect([error.code, error.message]).toEqual(["INVALID_REQUEST", message]);
    }
    expect(await onDisk()).toBe("{ gateway: { port: 1 } }");
  });

  test("is refused when the file was edited since it was shown", async () => {
    const file = await openWith("{}");
    const shown = file.hash;
    await edit("{ logging: {} }");
    expect((await errorOf(file.set("{ session: {} }", shown))).message).toStartWith("config changed since last load");
    expect(await onDisk()).toBe("{ logging: {} }");
  });

  test.each<[title: string, raw: string, message: string, details: unknown]>([
    ["no JSON5", "{ a: }", "expected a value, found '}' (line 1, column 6)", undefined],
    ["a dangerous key", "{ __proto__: {} }", "the key __proto__ is not allowed (line 1, column 3)", undefined],
    [
      "wrong values",
      "{ gateway: { port: -1 } }",
      "invalid config",
      { issues: [{ path: "gateway.port", message: "expected a whole number from 0 to 65535", line: 1, column: 14 }] },
    ],
    [
      "a missing variable",
      "{ session: { mainKey: '${NOPE}' } }",
      "invalid config",
      { issues: [expect.objectContaining({ path: "session.mainKey" })] },
    ],
    ["too much", `"${"x".repeat(1024 * 1024)}"`, "config is larger than 1048576 bytes", undefined],
  ])("%s is refused and changes nothing", async (_title, raw, message, details) => {
    const file = await openWith("{ gateway: { port: 1 } }");
    const error = await errorOf(file.set(raw, file.hash));
    expect([error.code, error.message, error.extras.details]).toEqual(["INVALID_REQUEST", message, details]);
    expect(await onDisk()).toBe("{ gateway: { port: 1 } }");
    expect(file.snapshot).toEqual({ gateway: { port: 1 } });
  });

  test("two writes from one base cannot both win", async () => {
    const file = await openWith("{}");
    const base = file.hash;
    const results = await Promise.allSettled([file.set("{ logging: {} }", base), file.set("{ session: {} }", base)]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(await onDisk()).toBe("{ logging: {} }");
  });

  test("a failed write is reported, changes nothing, and the next one works", async () => {
    const file = await openWith("{}");
    const obstacle = `${path}.${process.pid}.tmp`;
    await mkdir(obstacle);
    const error = await errorOf(file.set("{ logging: {} }", file.hash));
    expect([error.code, error.message]).toEqual(["UNAVAILABLE", expect.stringContaining("could not be written")]);
    expect([file.snapshot, await onDisk()]).toEqual([{}, "{}"]);
    await rmdir(obstacle);
    await file.set("{ logging: {} }", file.hash);
    expect(await onDisk()).toBe("{ logging: {} }");
  });
});

describe("patch", () => {
  test("merges, deletes with null, replaces lists, and keeps what it does not name", async () => {
    const file = await openWith(
      "{ gateway: { port: 1, allowedHosts: ['a', 'b'], mode: 'local' }, unknown: { kept: 1 }, session: { mainKey: '${K}' } }",
      { K: "k" },
    );
    const { changedPaths } = await file.patch(
      "{ gateway: { port: null, allowedHosts: ['c'] }, logging: { level: 'warn' } }",
      file.hash,
    );
    expect(Bun.JSON5.parse(await onDisk())).toEqual({
      gateway: { allowedHosts: ["c"], mode: "local" },
      unknown: { kept: 1 },
      session: { mainKey: "${K}" },
      logging: { level: "warn" },
    });
    expect(changedPaths.sort()).toEqual(["gateway.allowedHosts", "gateway.port", "logging"]);
    expect(file.snapshot.session?.mainKey).toBe("k");
  });

  test.each<[title: string, raw: string, message: string]>([
    ["a list", "[1]", "config.patch raw must be an object"],
    ["null", "null", "config.patch raw must be an object"],
    ["no JSON5", "{", "expected a key or '}', found the end of the text (line 1, column 2)"],
    [
      "a dangerous key",
      '{ "channels": { "a": { "__proto__": { "x": 1 } } } }',
      "the key __proto__ is not allowed (line 1, column 24)",
    ],
    ["a wrong value", "{ gateway: { port: 'x' } }", "invalid config"],
    ["a section turned into a number", "{ gateway: 1 }", "invalid config"],
  ])("%s is refused", async (_title, raw, message) => {
    const file = await openWith("{ gateway: { port: 1 } }");
    expect((await errorOf(file.patch(raw, file.hash))).message).toBe(message);
    expect(await onDisk()).toBe("{ gateway: { port: 1 } }");
  });

  test("does not overwrite a file it cannot read", async () => {
    const file = await openWith("{}");
    await edit("{ broken");
    await file.reload();
    expect((await errorOf(file.patch("{ logging: {} }", file.hash))).message).toBe(
      "config invalid; fix it before patching",
    );
    expect(await onDisk()).toBe("{ broken");
  });

  test("creates the file when there is none", async () => {
    const file = await open();
    await file.patch("{ gateway: { port: 0 } }", undefined);
    expect(Bun.JSON5.parse(await onDisk())).toEqual({ gateway: { port: 0 } });
  });
});

describe("listeners", () => {
  test("hear of a change of what they select, once, with both values", async () => {
    const file = await openWith("{ gateway: { allowedHosts: ['a'] } }");
    const heard: unknown[] = [];
    file.onChange(
      (config) => config.gateway?.allowedHosts,
      (value, previous) => heard.push([value, previous]),
    );
    await file.patch("{ logging: { level: 'warn' } }", file.hash);
    await file.set("{ gateway: { allowedHosts: ['a'] } }", file.hash);
    await file.reload();
    expect(heard).toEqual([]);
    await file.patch("{ gateway: { allowedHosts: ['b'] } }", file.hash);
    expect(heard).toEqual([[["b"], ["a"]]]);
  });

  test("hear of edits at a reload, and no more once disposed", async () => {
    const file = await openWith("{}");
    const heard: unknown[] = [];
    const subscription = file.onChange(
      (config) => config.gateway?.port,
      (port) => heard.push(port),
    );
    await edit("{ gateway: { port: 5 } }");
    await file.reload();
    subscription[Symbol.dispose]();
    await edit("{ gateway: { port: 6 } }");
    await file.reload();
    expect(heard).toEqual([5]);
  });

  test("that throw do not silence the others", async () => {
    const file = await openWith("{}");
    const heard: unknown[] = [];
    file.onChange(
      (config) => config.gateway,
      () => {
        throw new Error("boom");
      },
    );
    file.onChange(
      (config) => config.gateway,
      () => heard.push("second"),
    );
    await file.set("{ gateway: { port: 1 } }", file.hash);
    expect(heard).toEqual(["second"]);
    expect(records.filter(({ message }) => message === "a config listener failed")).toHaveLength(1);
  });

  test("hear nothing of a wrong file; the config in force stays, the issues show", async () => {
    const file = await openWith("{ gateway: { port: 1 } }");
    const heard: unknown[] = [];
    file.onChange(
      (config) => config,
      () => heard.push("changed"),
    );
    await edit("{ gateway: { port: 'x' } }");
    await file.reload();
    expect([heard, file.snapshot, file.isFatal]).toEqual([[], { gateway: { port: 1 } }, true]);
    await edit("{ gateway: { port: 2 } }");
    await file.reload();
    expect([heard, file.snapshot, file.isFatal]).toEqual([["changed"], { gateway: { port: 2 } }, false]);
  });
});

describe("secrets", () => {
  const hidden = "__OPENCLAW_REDACTED__";
  const text = `// notes on s3cret-comment
{
  gateway: { bind: "0.0.0.0", auth: { token: "s3cret-token", password: "s3cret-password", tokne: "s3cret-typo", mode: "token" } },
  models: { providers: { p: { baseUrl: "http://\${HOST}/v1", apiKey: "\${KEY}", headers: { "x-h": "s3cret-header" }, models: [{ id: "m" }] } } },
  agents: { defaults: { model: { primary: "p/m", primry: "s3cret-union" } }, list: [{ id: "a", name: "A" }] },
  channels: {
    telegram: { botToken: "s3cret-bot", allowFrom: ["ada"], dmPolicy: "open", nested: { signingSecret: ["s3cret-list"], pin_password: 123456789 } },
    slack: { accounts: { x: { appToken: "s3cret-app", proxy: "http://u:s3cret-proxy@h:1", userKey: { a: "s3cret-deep" } } } },
  },
}
`;
  const env = { HOST: "s3cret-host", KEY: "s3cret-env" };

  test("are nowhere in a redacted view, and what is no secret is", async () => {
    const file = await openWith(text, env);
    const view = file.view({ redact: true });
    expect(JSON.stringify(view)).not.toMatch(/s3cret|123456789/);
    expect(view.raw).toBeNull();
    expect(view.config).toMatchObject({
      gateway: { bind: "0.0.0.0", auth: { token: hidden, password: hidden, mode: "token" } },
      models: { providers: { p: { apiKey: hidden, headers: { "x-h": hidden }, models: [{ id: "m" }] } } },
      agents: { defaults: { model: { primary: "p/m" } }, list: [{ id: "a", name: "A" }] },
      channels: {
        telegram: {
          botToken: hidden,
          allowFrom: ["ada"],
          dmPolicy: "open",
          nested: { signingSecret: [hidden], pin_password: hidden },
        },
      },
    });
    expect(view.parsed).toMatchObject({
      gateway: { auth: { tokne: hidden } },
      channels: { slack: { accounts: { x: { proxy: hidden } } } },
    });
    expect(file.view({ redact: false }).raw).toBe(text);
    expect(file.view({ redact: false }).config).toMatchObject({
      models: { providers: { p: { apiKey: "s3cret-env" } } },
    });
  });

  test("are not shown by a file with mistakes either, nor logged", async () => {
    await openWith("{}");
    await edit(
      "{ gateway: { auth: { token: { value: 's3cret-a' } }, port: 's3cret-b', tls: ['s3cret-c'] }, agents: 's3cret-d' }",
    );
    const file = await open();
    expect(JSON.stringify(file.view({ redact: true }))).not.toContain("s3cret");
    expect(JSON.stringify(records)).not.toContain("s3cret");
  });

  test("survive a redacted view being edited and set", async () => {
    const file = await openWith(text, env);
    const shown = Bun.JSON5.stringify(file.view({ redact: true }).parsed, null, 2) ?? "";
    await file.set(`// new\n${shown.replace('"p/m"', '"p/n"').replace("'p/m'", "'p/n'")}`, file.hash);
    const after = Bun.JSON5.parse(await onDisk()) as Record<string, unknown>;
    const before = Bun.JSON5.parse(text.replace('"p/m"', '"p/n"')) as Record<string, unknown>;
    // The address with a variable is hidden as well, and comes back as it was written.
    expect(after).toEqual(before);
    expect(await onDisk()).toStartWith("// new\n");
  });

  test("survive a patch that carries the stand-in", async () => {
    const file = await openWith(text, env);
    await file.patch(`{ gateway: { auth: { token: "${hidden}", mode: "password" } } }`, file.hash);
    expect(file.snapshot.gateway?.auth).toMatchObject({ token: "s3cret-token", mode: "password" });
  });

  test("go back to the list entry with the same id, not to the one at the same place", async () => {
    const file = await openWith(
      "{ channels: { x: { list: [{ id: 'a', token: 's-a' }, { id: 'b', token: 's-b' }] } } }",
    );
    await file.set(
      `{ channels: { x: { list: [{ id: 'b', token: '${hidden}' }, { id: 'a', token: '${hidden}' }] } } }`,
      file.hash,
    );
    expect(file.snapshot.channels?.["x"]?.["list"]).toEqual([
      { id: "b", token: "s-b" },
      { id: "a", token: "s-a" },
    ]);
  });

  test.each<[title: string, raw: string]>([
    ["where nothing was", `{ gateway: { auth: { password: "${hidden}" } } }`],
    ["inside another text", `{ gateway: { auth: { token: "Bearer ${hidden}" } } }`],
    ["for a whole section", `{ gateway: "${hidden}" }`],
    ["for an inherited name", `{ channels: { x: { toString: "${hidden}" } } }`],
    ["for an entry with a new id", `{ channels: { x: { list: [{ id: "new", token: "${hidden}" }] } } }`],
  ])("a stand-in %s is refused instead of written", async (_title, raw) => {
    const before = "{ gateway: { auth: { token: 't' } }, channels: { x: { list: [{ id: 'a', token: 's' }] } } }";
    const file = await openWith(before);
    expect((await errorOf(file.set(raw, file.hash))).message).toStartWith("no value to restore at ");
    expect(await onDisk()).toBe(before);
  });
});
