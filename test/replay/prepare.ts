/** The state that a recorded peer was in before a case began, as far as the case shows it. */
import { testKey } from "../devices/keys.ts";
import { connectClient } from "../gateway/client.ts";
import type { FakeClock } from "../support/clock.ts";

/** Later than summaries that were made before are kept. */
const AFTER_MS = 61_000;
/** Cases whose peer had been talked to, and knew another device. */
const lived = [
  "chat-history-empty",
  "basic-reads",
  "forbidden-scopes",
  "missing-scopes-signed-empty",
  "pairing-remote-approve",
];
/** Cases whose peer had a session with the label that they use. */
const labelled = ["v4-methods/sessions-crud"];

/** Cases whose peer had been given another wake word. */
const woken = [
  "v3-clients/connection-2",
  "v4-clients/connection-2",
  "v3-nodes/node-without-device",
  "v3-nodes/node-v3-range-on-v4",
  "v3-nodes/node-pairing-remote",
  "v4-nodes/node-v3-range-on-v4",
  "v4-nodes/node-pairing-remote",
  "v4-nodes-extra/node-v3-range-on-v4",
];

/** Brings a gateway into that state. */
export async function prepare(caseId: string, url: string, clock: FakeClock): Promise<void> {
  if (lived.some((name) => caseId.endsWith(`/${name}`))) await live(url);
  if (labelled.includes(caseId)) {
    using client = await connectClient(url);
    await client.call("sessions.patch", { key: "agent:main:test2", label: "Test One" });
    await client.socket.close();
  }
  if (woken.includes(caseId)) {
    using client = await connectClient(url);
    await client.call("voicewake.set", { triggers: ["hey test"] });
    await client.socket.close();
  }
  clock.advance(AFTER_MS);
}

async function live(url: string): Promise<void> {
  using client = await connectClient(url);
  for (const runId of ["idem-1", "idem-2"]) {
    await client.call("chat.send", { sessionKey: "main", message: "hello", idempotencyKey: runId });
    await client.event(
      ({ event, payload }) => event === "chat" && payload.runId === runId && payload.state === "final",
    );
  }
  using device = await connectClient(url, { key: testKey("k3"), scopes: ["operator.read"] });
  await Promise.all([device.socket.close(), client.socket.close()]);
}
