/** The files of rules: the gateway's own, and those of nodes. */
import { describe, expect, test } from "bun:test";
import { existsSync, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectClient } from "../gateway/client.ts";
import { answer, approve, asked, connectNode, nodeId, startWithAdmin, told } from "./harness.ts";

describe("the gateway's own file", () => {
  test("is made when it is looked at, private, and never shows its token", async () => {
    await using scene = await startWithAdmin();
    const path = join(scene.gateway.stateDir, "exec-approvals.json");
    expect(existsSync(path)).toBe(false);
    const { payload } = await scene.admin.call("exec.approvals.get", {});
    expect(payload).toMatchObject({
      path,
      exists: true,
      file: { version: 1, agents: {} },
      resolvedDefaults: { security: "deny", ask: "on-miss", askFallback: "deny", autoAllowSkills: false },
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const { token } = JSON.parse(readFileSync(path, "utf8")).socket;
    expect(token).toHaveLength(32);
    expect(JSON.stringify(payload)).not.toContain(token);
    using v3 = await connectClient(scene.url, { version: 3 });
    expect((await v3.call("exec.approvals.get", {})).payload).not.toHaveProperty("resolvedDefaults");
  });

  test("is replaced by who has read what is there, and by nobody else", async () => {
    await using scene = await startWithAdmin();
    const { admin } = scene;
    const file = { version: 1, agents: { main: { security: "allowlist", allowlist: [{ pattern: "/usr/bin/make" }] } } };
    const { hash } = (await admin.call("exec.approvals.get", {})).payload;
    const set = (more: object) => admin.call("exec.approvals.set", { file, ...more });
    expect(told(await set({})).message).toBe("exec approvals base hash required; re-run exec.approvals.get and retry");
    expect(told(await set({ baseHash: "0" })).message).toContain("exec approvals changed since last load");
    const path = join(scene.gateway.stateDir, "exec-approvals.json");
    const { token } = JSON.parse(readFileSync(path, "utf8")).socket;
    const done = await set({ baseHash: hash });
    expect(done.payload.file).toMatchObject(file);
    expect(done.payload.hash).not.toBe(hash);
    expect(JSON.parse(readFileSync(path, "utf8")).socket.token).toBe(token);
    expect((await set({ baseHash: hash })).ok).toBe(false);
    expect((await admin.call("exec.approvals.set", { file: { version: 2 } })).ok).toBe(false);
    using writer = await connectClient(scene.url, { scopes: ["operator.write"] });
    expect(told(await writer.call("exec.approvals.get", {})).code).toBe("FORBIDDEN");
  });

  test("a link in its place is replaced, not followed; what cannot be read allows nothing", async () => {
    await using scene = await startWithAdmin();
    const path = join(scene.gateway.stateDir, "exec-approvals.json");
    const elsewhere = join(scene.gateway.stateDir, "elsewhere");
    writeFileSync(elsewhere, '{"version":1,"defaults":{"security":"full"}}');
    symlinkSync(elsewhere, path);
    const { hash, file } = (await scene.admin.call("exec.approvals.get", {})).payload;
    expect(file.defaults).toBeUndefined();
    expect((await scene.admin.call("exec.approvals.set", { file: { version: 1 }, baseHash: hash })).ok).toBe(true);
    expect(lstatSync(path).isFile()).toBe(true);
    expect(readFileSync(elsewhere, "utf8")).toContain("full");
    writeFileSync(path, "not json");
    expect((await scene.admin.call("exec.approvals.get", {})).payload.file).toEqual({ version: 1 });
  });
});

describe("a node's file", () => {
  test.each<[version: 3 | 4]>([[3], [4]])("is read and replaced through its own methods: v%p", async (version) => {
    await using scene = await startWithAdmin();
    const { admin, url } = scene;
    using node = await connectNode(url, {
      version,
      commands: ["system.execApprovals.get", "system.execApprovals.set"],
    });
    if (version === 4) await approve(admin);
    const snapshot = { path: "/n", exists: true, hash: "h", file: { version: 1 } };
    const getting = admin.call("exec.approvals.node.get", { nodeId });
    const get = await asked(node);
    expect(get).toMatchObject({ command: "system.execApprovals.get", params: {} });
    await answer(node, get.id, { ok: true, payloadJSON: JSON.stringify(snapshot) });
    expect((await getting).payload).toEqual(snapshot);
    const setting = admin.call("exec.approvals.node.set", { nodeId, file: { version: 1, later: true }, baseHash: "h" });
    const set = await asked(node);
    expect(set).toMatchObject({
      command: "system.execApprovals.set",
      params: { file: { version: 1, later: true }, baseHash: "h" },
    });
    await answer(node, set.id, { ok: false, error: { code: "INVALID_REQUEST", message: "changed" } });
    expect((await setting).error?.details).toMatchObject({
      nodeError: { code: "INVALID_REQUEST", message: "changed" },
    });
  });

  test("is for admins, and the node must offer it", async () => {
    await using scene = await startWithAdmin();
    using writer = await connectClient(scene.url, { scopes: ["operator.write"] });
    using _node = await connectNode(scene.url, { version: 3 });
    expect(told(await writer.call("exec.approvals.node.get", { nodeId })).code).toBe("FORBIDDEN");
    expect((await scene.admin.call("exec.approvals.node.get", { nodeId })).error?.details).toMatchObject({
      reason: "command not declared by node",
    });
    expect(told(await scene.admin.call("exec.approvals.node.set", { nodeId })).message).toBe(
      "exec approvals file is required",
    );
  });
});
