/** Importing and creating the runtimes costs nothing: the model library is loaded by the first run. */
import { expect, test } from "bun:test";

/** Runs in its own process, because this one may have loaded the library for another test. */
const program = `
  const { createAiRuntime } = await import("./src/agent/ai/runtime.ts");
  await Promise.all(["assistant", "discover", "context", "system-prompt"].map((name) => import("./src/agent/" + name + ".ts")));
  const loaded = () => Object.keys(require.cache).some((path) => /node_modules\\/(ai|@ai-sdk)\\//.test(path));
  const clock = { now: () => 0, monotonic: () => 0, after: () => ({ cancel() {} }), every: () => ({ cancel() {} }) };
  const provider = { id: "p", baseUrl: "http://127.0.0.1:1", api: "openai-completions" };
  const runtime = createAiRuntime({ provider, model: { id: "m" }, clock, ids: {}, log: {}, fetch: () => Promise.reject(new Error("no")) });
  const before = loaded();
  const request = { runId: "r", sessionKey: "s", system: "", messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }], tools: [] };
  for await (const _ of runtime.stream(request, new AbortController().signal));
  console.log(JSON.stringify({ before, after: loaded() }));
`;

test("the model library is loaded by the first run, not before", async () => {
  const root = new URL("../../..", import.meta.url).pathname;
  const child = Bun.spawn([process.execPath, "-e", program], { cwd: root, stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  expect(err).toBe("");
  expect(JSON.parse(out)).toEqual({ before: false, after: true });
});
