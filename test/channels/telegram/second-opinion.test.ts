/** The executable against a Bot API that others wrote: texts only, and it knows none of our habits. */
import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import TelegramServer from "telegram-test-api";
import { startModelStandin } from "../../standins/model.ts";
import { createStateDir, startChild } from "../../support/child.ts";
import { configFor, eventually } from "../networks.ts";
import { openTelegram } from "./harness.ts";

const TOKEN = "123456:second-opinion";

/** A port that was free a moment ago; the server takes no 0. */
function freePort(): number {
  const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  const { port } = probe;
  probe.stop(true);
  return port;
}

test("a bot in another program's Bot API hears a text and answers it", async () => {
  const server = new TelegramServer({ port: freePort(), host: "127.0.0.1", storage: "RAM", storeTimeout: 60 });
  await server.start();
  await using model = await startModelStandin();
  await using net = await openTelegram({ isRealTime: true });
  const settings = { botToken: TOKEN, apiRoot: server.config.apiURL, pollTimeoutSeconds: 1 };
  const stateDir = createStateDir(configFor(model.url, [{ ...net, settings }]));
  await using gateway = await startChild({ stateDir });
  await eventually(() => gateway.output().includes("an account is connected"), "it connects");
  const person = server.getClient(TOKEN, { userId: 7, chatId: 7, firstName: "Ada", type: "private" });
  await person.sendMessage(person.makeMessage("hello"));
  const answered = await person.getUpdates();
  expect(JSON.stringify(answered.result)).toContain("Hello from the mock model.");
  expect(gateway.output()).not.toContain("second-opinion");
  rmSync(stateDir, { recursive: true, force: true });
  await server.stop();
}, 30_000);
