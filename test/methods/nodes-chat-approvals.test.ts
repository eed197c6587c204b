/** The owner is asked in a chat before something runs, and decides there with a button. */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { systemClock } from "../../src/lib/clock.ts";
import { configFor, eventually } from "../channels/networks.ts";
import { openTelegram } from "../channels/telegram/harness.ts";
import { connectClient } from "../gateway/client.ts";
import { answer, approve, asked, connectNode } from "../nodes/harness.ts";
import { startModelStandin } from "../standins/model.ts";
import { chats } from "../standins/telegram.ts";
import { startGateway } from "../support/gateway.ts";

test("threat(T14): a button in the owner's chat decides, once; nobody else's word counts", async () => {
  await using model = await startModelStandin();
  await using net = await openTelegram({ isRealTime: true });
  const config = configFor(model.url, [net], {
    approvals: { exec: { targets: [{ channel: "telegram", to: net.target(net.direct) }] } },
    gateway: { nodes: { commands: { allow: ["system.run"] } } },
  });
  await using gateway = await startGateway({ clock: systemClock, config });
  using admin = await connectClient(gateway.url);
  using node = await connectNode(gateway.url, { commands: ["system.run"] });
  await approve(admin);
  await net.untilConnected();

  const message = 'call exec {"command":["/bin/echo","`code`","\\u202e x"]}';
  const { payload } = await admin.call("agent", { message, idempotencyKey: "run", sessionKey: "s" });
  const asking = () => net.net.callsOf("sendMessage").find(({ payload: sent }) => sent["reply_markup"]);
  await eventually(() => asking() !== undefined, "the owner is asked");
  const { text, reply_markup: markup } = asking()!.payload as {
    text: string;
    reply_markup: { inline_keyboard: { text: string; callback_data: string }[][] };
  };
  expect(text).toContain("/bin/echo");
  expect(text).not.toContain("\u202e");
  const [allow] = markup.inline_keyboard[0]!;
  expect(allow!.text).toBe("Allow once");

  // Somebody else who may write to the agent: refused, and nothing is decided.
  net.net.user(chats.bob).says(allow!.callback_data);
  await eventually(
    () =>
      net
        .received()
        .some(({ chatId, text: said }) => chatId === String(chats.bob) && said === "That is not for this chat."),
    "a stranger's word is refused",
  );
  expect((await admin.call("exec.approval.list", {})).payload).toHaveLength(1);

  await net.person.presses!(net.direct, idOfQuestion(gateway.stateDir), allow!.callback_data);
  const { id, command, params } = await asked(node);
  expect(command).toBe("system.run");
  expect(params).toMatchObject({ command: ["/bin/echo", "`code`", "\u202e x"], approved: true });
  await answer(node, id, { ok: true, payload: { exitCode: 0, timedOut: false, stdout: "done", stderr: "" } });
  expect((await admin.call("agent.wait", { runId: payload.runId, timeoutMs: 20_000 })).payload.status).toBe("ok");
  await eventually(() => net.received().some(({ text: said }) => said === "It runs now, once."), "the owner is told");
  net.net.user(chats.ada).says(allow!.callback_data);
  await eventually(
    () =>
      net.received().filter(({ text: said }) => said?.startsWith("It runs now") || said?.startsWith("That could not"))
        .length === 2,
    "a second word is answered",
  );
}, 30_000);

/** The network's id of the message that asks. */
function idOfQuestion(stateDir: string): string {
  using db = new Database(join(stateDir, "gateway.db"), { readonly: true });
  const row = db.query<{ ids: string }, []>("SELECT message_ids AS ids FROM outbox WHERE key LIKE 'approval-%'").get();
  return JSON.parse(row?.ids ?? "[]")[0];
}
