/** An account in a process of its own, for a look at all it prints: linked, answers a new contact, ends. */

import { outbound, TestHost } from "../contract.ts";
import { never, openAccount } from "./harness.ts";

const settings = JSON.parse(process.argv[2]!);
const net = { settings, scan: (qr: string) => process.send!({ qr }) };
const host = new TestHost();
const account = openAccount(net, host);
const linked = await account.login!(({ qr }) => net.scan(qr), never);
process.send!({ linked });
const running = openAccount(net, host);
const ended = running.run();
await host.until(() => host.self !== undefined);
process.send!({ connected: true });
const { chat } = await host.event(({ text }) => text === "hello");
await running.send(outbound(chat, { text: "hello yourself" }), never);
await host.event(({ text }) => text === "bye");
host.stop();
await ended;
process.send!({ records: host.records });
