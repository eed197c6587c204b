/** What the cryptographic library prints: nothing, above all no keys. */
import { describe, expect, test } from "bun:test";
import { silence } from "../../../src/channels/whatsapp/quiet.ts";
import { startWhatsAppStandin } from "../../standins/whatsapp.ts";

test("no key reaches the console, nor a log line, when a conversation with a new contact begins", async () => {
  await using net = startWhatsAppStandin();
  let records: unknown;
  const told = Promise.withResolvers<void>();
  const child = Bun.spawn(
    [process.execPath, new URL("./fixture-session-close.ts", import.meta.url).pathname, JSON.stringify(net.settings)],
    {
      stdout: "pipe",
      stderr: "pipe",
      ipc(message: { qr?: string; connected?: boolean; records?: unknown }) {
        if (message.qr) net.scan(message.qr);
        // The second message is of the conversation that the answer began: the one before is closed.
        if (message.connected) void net.says("direct", "hello");
        if (message.records) records = message.records;
        if (message.records) told.resolve();
      },
    },
  );
  await net.until(() => net.callsOf("text").length > 0);
  await net.says("direct", "bye");
  await told.promise;
  // What the library left waiting keeps the process; it has nothing more to say.
  child.kill();
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  expect([out, err]).toEqual(["", ""]);
  expect(JSON.stringify(records)).not.toMatch(/privKey|rootKey|private/i);
});

describe("silence", () => {
  const fake = () => {
    const printed: string[] = [];
    const print = (text: string) => void printed.push(text);
    const methods = ["debug", "dir", "error", "info", "log", "table", "trace", "warn"];
    return { printed, console: Object.fromEntries(methods.map((name) => [name, print])) as unknown as Console };
  };

  test("holds for every way of printing, and ends", () => {
    const { printed, console } = fake();
    const before = { ...console };
    const quiet = silence(console);
    for (const method of ["debug", "dir", "error", "info", "log", "table", "trace", "warn"] as const)
      console[method]("key");
    expect(printed).toEqual([]);
    quiet[Symbol.dispose]();
    console.info("after");
    expect(printed).toEqual(["after"]);
    expect({ ...console }).toEqual(before);
  });

  test("of two lasts until both have ended, in any order, and however often each ends", () => {
    const { printed, console } = fake();
    const [one, other] = [silence(console), silence(console)];
    one[Symbol.dispose]();
    one[Symbol.dispose]();
    console.warn("key");
    expect(printed).toEqual([]);
    other[Symbol.dispose]();
    console.warn("after");
    expect(printed).toEqual(["after"]);
  });
});
