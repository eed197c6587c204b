/** Which local servers are taken for model servers, and in which order. */
import { expect, test } from "bun:test";
import type { FetchLike } from "../../src/agent/ai/upstream.ts";
import { type Candidate, discoverModel, knownServers } from "../../src/agent/discover.ts";
import { startModelStandin } from "../standins/model.ts";
import { FakeClock } from "../support/clock.ts";

const chat: Candidate = { id: "one", label: "One", port: 1, path: "/v1/models" };
const ollama: Candidate = { id: "ollama", label: "Ollama", port: 2, path: "/api/tags" };

/** A network where only these ports answer. */
function network(answers: Record<number, unknown>): FetchLike {
  return async (input) => {
    const answer = answers[Number(new URL(String(input)).port)];
    if (answer === undefined) throw new Error("connection refused");
    return answer instanceof Response ? answer : Response.json(answer);
  };
}

const clock = new FakeClock();

test("a real server is found, by its first chat model", async () => {
  await using standin = await startModelStandin({ models: ["nomic-embed-text", "tiny-chat", "big-chat"] });
  const candidates = [chat, { ...chat, id: "real", port: standin.port }];
  expect(await discoverModel({ clock, candidates })).toEqual({
    providerId: "real",
    label: "One",
    baseUrl: `${standin.url}/v1`,
    model: "tiny-chat",
    models: ["tiny-chat", "big-chat"],
  });
});

test.each<[title: string, answer: unknown, expected: string | undefined]>([
  ["a list of models", { data: [{ id: "m" }] }, "m"],
  ["only embedding models", { data: [{ id: "bge-m3" }, { id: "text-embedding-3" }] }, undefined],
  ["an empty list", { data: [] }, undefined],
  ["a list with a wrong entry", { data: [{ id: "m" }, { name: "x" }] }, undefined],
  ["no list", { hello: "world" }, undefined],
  ["no object", "ok", undefined],
  ["a page", new Response("<html></html>"), undefined],
  ["a login", new Response(JSON.stringify({ data: [{ id: "m" }] }), { status: 401 }), undefined],
  ["something endless", new Response(JSON.stringify({ data: [{ id: "m" }], pad: "x".repeat(400_000) })), undefined],
])("%s", async (_title, answer, expected) => {
  const found = await discoverModel({ clock, candidates: [chat], fetch: network({ 1: answer }) });
  expect(found?.model).toBe(expected as never);
});

test("the order of the candidates decides, not who answers first", async () => {
  const answers = network({ 1: { data: [{ id: "second" }] }, 2: { models: [{ name: "first" }] } });
  const fetch: FetchLike = async (input) => {
    if (String(input).includes(":2/")) for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    return answers(input);
  };
  expect((await discoverModel({ clock, candidates: [ollama, chat], fetch }))?.model).toBe("first");
  expect((await discoverModel({ clock, candidates: [chat, ollama], fetch }))?.model).toBe("second");
});

test("a server that hangs costs 400 ms and hides nobody", async () => {
  const slow = new FakeClock();
  const fetch: FetchLike = (input, init) =>
    String(input).includes(":2/")
      ? Promise.resolve(Response.json({ models: [{ name: "quick" }] }))
      : new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
  const found = discoverModel({ clock: slow, candidates: [chat, ollama], fetch });
  await slow.waitsFor(400);
  slow.advance(400);
  expect((await found)?.model).toBe("quick");
});

test("a server that sends us elsewhere is not followed", async () => {
  await using standin = await startModelStandin();
  using elsewhere = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => Response.redirect(`${standin.url}/v1/models`),
  });
  const candidates = [{ ...chat, port: elsewhere.port ?? 0 }];
  expect(await discoverModel({ clock, candidates })).toBeUndefined();
});

test("only loopback is asked", async () => {
  const hosts = new Set<string>();
  const fetch: FetchLike = async (input) => {
    hosts.add(new URL(String(input)).hostname);
    throw new Error("closed");
  };
  expect(await discoverModel({ clock, fetch })).toBeUndefined();
  expect([...hosts]).toEqual(["127.0.0.1"]);
  expect(knownServers[0]?.id).toBe("ollama");
});
