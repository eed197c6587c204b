/**
 * A network whose accounts misbehave in every way that libraries do. Loaded by a test it is the network; as the entry of
 * a thread it also serves its account, as `src/channels/isolation/thread.ts` does for real ones.
 */
import { Type } from "@sinclair/typebox";
import { ChannelError, defineChannel, type Inbound, type Outbound, type Sent } from "../../../src/channels/contract.ts";
import { serveAccount } from "../../../src/channels/isolation/serve.ts";

/** What a library prints, in every way that goes through the console or the streams of a process. */
async function print(): Promise<void> {
  console.log("CANARY");
  console.info("CANARY");
  console.warn("CANARY");
  console.error("CANARY");
  console.debug("CANARY");
  console.trace("CANARY");
  console.dir("CANARY");
  console.dirxml("CANARY");
  console.table([{ a: "CANARY" }]);
  console.group("CANARY");
  console.groupCollapsed("CANARY");
  console.assert(false, "CANARY");
  console.count("CANARY");
  console.time("CANARY");
  console.timeLog("CANARY");
  console.timeEnd("CANARY");
  (console as unknown as { write(text: string): void }).write("CANARY\n");
  // Libraries are loaded when an account runs, and so is what they load.
  const nodeConsole = await import("node:console");
  nodeConsole.log("CANARY");
  new nodeConsole.Console(process.stdout, process.stderr).error("CANARY");
  process.stdout.write("CANARY\n");
  process.emitWarning("CANARY");
  await new Promise<void>((resolve) => process.stderr.write("CANARY\n", () => resolve()));
}

const post = (message: unknown) =>
  (globalThis as unknown as { postMessage(message: unknown): void }).postMessage(message);

function event(text: string): Inbound {
  return {
    eventId: text,
    type: "message",
    chat: { kind: "direct", id: "1" },
    sender: { id: "1" },
    messageId: text,
    timeMs: 0,
    text,
  };
}

export const planted = defineChannel({
  id: "planted",
  label: "Planted",
  config: Type.Object({
    token: Type.String({ "x-secret": true }),
    how: Type.Optional(Type.String()),
  }),
  capabilities: {
    textLimit: 100,
    captionLimit: 0,
    markup: "plain",
    tables: "bullets",
    mediaBytes: 1000,
    idempotent: false,
    replies: "off",
    receiveSilenceMs: 1_000_000,
    login: "qr",
  },
  missing: () => undefined,
  parseTarget: () => undefined,
  open({ token, how }, host, env) {
    if (how === "throw at open") throw new Error(`cannot open with ${token}`);
    const sent = (...messageIds: string[]): Sent => ({ messageIds });
    const stopped = () => new Promise<void>((resolve) => host.signal.addEventListener("abort", () => resolve()));
    /** Does what a message says. */
    const act = async ({ text = "", media }: Outbound, signal: AbortSignal): Promise<Sent> => {
      switch (text) {
        case "media":
          return sent(media?.fileName ?? "", Buffer.from(media?.bytes ?? []).toString("hex"));
        case "limited":
          throw new ChannelError("limited", `too fast for ${token}`, { retryAfterMs: 7, sent: "no" });
        case "unknown":
          throw new ChannelError("transient", "the line broke", { sent: "unknown" });
        case "plain error":
          throw new Error(`no reason for ${token} and ${env["PLANTED_TOKEN"]}`);
        case "no error":
          throw token;
        case "no clone":
          return { messageIds: [(() => undefined) as never] };
        case "wait":
          return new Promise((_resolve, reject) =>
            signal.addEventListener("abort", () => reject(new ChannelError("transient", "nothing was sent"))),
          );
        case "deaf":
          return new Promise(() => undefined);
        case "spin":
          for (;;);
        case "timer":
          setTimeout(() => {
            throw new Error(`in a timer, with ${token}`);
          }, 0);
          return sent();
        case "rejection":
          void Promise.reject(new Error(`for nobody, with ${token}`));
          return sent();
        case "exit":
          process.exit(7);
          return sent();
        case "close":
          (globalThis as unknown as { close(): void }).close();
          return sent();
        case "print":
          await print();
          return sent();
        case "log":
          host.log.warn("said", { token: `the token is ${token}`, count: 1 });
          return sent();
        case "log what cannot be written": {
          const circle: Record<string, unknown> = {};
          circle["self"] = circle;
          host.log.info("circle", { circle, big: 1n as unknown as number });
          return sent("logged");
        }
        case "facts":
          host.memory.set("position", "8");
          return sent(host.memory.get("before") ?? "", host.memory.get("position") ?? "");
        case "receive":
          try {
            await host.receive(event("hello"));
            return sent("stored");
          } catch (error) {
            return sent(error instanceof ChannelError ? `${error.kind} ${error.message}` : String(error));
          }
        case "vault":
          host.vault().set([{ type: "t", id: "1", value: "key" }]);
          return sent(...host.vault().get("t", ["1", "2"]).values());
        case "commands":
          return sent(...host.commands.map(({ name }) => name));
        case "env":
          return sent(env["PLANTED_NAME"] ?? "none");
        default:
          if (text.startsWith("post ")) post(JSON.parse(text.slice(5)));
          return sent(text);
      }
    };
    return {
      run: async () => {
        if (how === "throw in run") throw new ChannelError("auth", `${token} is wrong`);
        if (how === "end") return;
        host.connected({ id: "me", name: "Planted" });
        if (how === "deaf to stop") {
          // Heard by whoever listens, also when nobody listens to its account any more.
          const channel = new BroadcastChannel("planted");
          setInterval(() => channel.postMessage(token), 1);
          setInterval(() => host.heard(), 1);
        }
        if (how === "deaf to stop") return new Promise(() => undefined);
        await stopped();
      },
      send: act,
      probe: async () => ({ id: "me" }),
      download: async (handle, maxBytes) => new Uint8Array(Buffer.from(`${handle} ${maxBytes}`)),
      webhook: async ({ headers, body }) => ({ status: 200, body: `${headers["x-a"]} ${Buffer.from(body)}` }),
      login: async (tell, signal) => {
        tell({ qr: "one" });
        tell({ qr: "two" });
        if (how === "never scanned") await new Promise((resolve) => signal.addEventListener("abort", resolve));
        signal.throwIfAborted();
        return { id: "linked" };
      },
      logout: async () => host.vault().clear(),
    };
  },
});

if (!Bun.isMainThread) serveAccount(async () => planted);
