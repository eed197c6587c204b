/**
 * One connection to WhatsApp: made, watched, read in order, closed. It knows stanzas and nothing of what is in a message.
 * A connection that ended is not made again here.
 */
import type { Clock, Timer } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { type Ending, endingOf } from "./errors.ts";
import type { Keys } from "./keys.ts";
import type { BinaryNode, Library, proto, WASocket } from "./library.ts";
import { orderedRepository } from "./ratchets.ts";

/** How a line is made; the owner's settings behind it. */
export interface LineSettings {
  socketUrl?: string | undefined;
  version?: [number, number, number] | undefined;
  keepAliveIntervalMs: number;
  connectTimeoutMs: number;
  qrTimeoutMs?: number | undefined;
}

/** What the network says to a message of ours: an error code or none, or `gone` when the line ended before. */
export type Answer = { error: string | undefined } | "gone";

interface Needs {
  library: Library;
  keys: Keys;
  settings: LineSettings;
  clock: Clock;
  log: Log;
  /** A message was decrypted; see {@link orderedRepository}. */
  onMessage: (stanza: BinaryNode, message: proto.IMessage) => Promise<void>;
  /** Before a stanza with a message is worked on: what it will take may be fetched now. */
  beforeMessage?: (stanza: BinaryNode) => Promise<void>;
  /** Anything came, be it the answer to a ping. */
  onSign: () => void;
  onQr?: (qr: string) => void;
  /** A group changed: who is in it, or its name. */
  onGroupChange?: (jid: string) => void;
  /** A message of ours that somebody could not decrypt, to be sent again. */
  findSent: (id: string) => proto.IMessage | undefined;
  findGroup: (jid: string) => Awaited<ReturnType<WASocket["groupMetadata"]>> | undefined;
}

/** Beyond the time of one ping; what is silent for longer is gone. The library gives its own pings five seconds. */
const GRACE_MS = 10_000;
/** Stanzas that wait to be read. The network keeps what is not acknowledged, so giving up loses nothing. */
const MAX_WAITING = 10_000;
/** What the phone shows in its list of linked devices, with the browser we look like. */
const BROWSER: [string, string, string] = ["moltbot", "Chrome", "1.0"];

/** A connection from its first byte on. */
export class Line {
  readonly socket: WASocket;
  /** Resolves when the account is logged in; never on a line that ends before. */
  readonly opened: Promise<void>;
  /** Resolves once, however it ended. */
  readonly ended: Promise<Ending | Error>;
  readonly #needs: Needs;
  readonly #open = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<Ending | Error>();
  readonly #acks = new Map<string, (answer: Answer) => void>();
  readonly #watch: Timer;
  #heardAtMs: number;
  #isOver = false;
  #isOpen = false;
  #stanza: BinaryNode | undefined;
  #waiting = 0;
  #reading: Promise<void> = Promise.resolve();

  constructor(needs: Needs) {
    const { clock, settings } = needs;
    this.#needs = needs;
    this.opened = this.#open.promise;
    this.ended = this.#end.promise;
    this.#heardAtMs = clock.monotonic();
    this.#watch = clock.every(settings.keepAliveIntervalMs, () => this.#check());
    this.socket = this.#connect();
    this.#listen();
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#isOver;
  }

  /** The network's answer to a message with that id. Asked before it is sent. */
  answerTo(id: string): { answer: Promise<Answer>; forget: () => void } {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    if (this.#isOver) resolve("gone");
    this.#acks.set(id, resolve);
    return { answer: promise, forget: () => this.#acks.delete(id) };
  }

  /** Ends the line; idempotent. Nothing of it reaches the keys afterwards. */
  close(): void {
    this.#finish({ status: 428, reason: "it was given up" });
  }

  #connect(): WASocket {
    const { library, keys, settings, log, findSent, findGroup } = this.#needs;
    const store = keys.storeFor(
      () => this.#isOver,
      (error) => this.#fail("the keys could not be stored", error),
    );
    const { FULL } = library.proto.HistorySync.HistorySyncType;
    return library.makeWASocket({
      auth: { creds: keys.creds, keys: store },
      makeSignalRepository: orderedRepository({
        library,
        store,
        read: {
          has: (id) => keys.find("read", id) !== undefined,
          add: (id) => keys.setAlong({ type: "read", id, value: "1" }),
        },
        stanza: () => this.#stanza,
        onMessage: (stanza, message) => this.#take(stanza, message),
      }),
      logger: loggerOf(log),
      browser: BROWSER,
      ...(settings.socketUrl === undefined ? {} : { waWebSocketUrl: settings.socketUrl }),
      ...(settings.version === undefined ? {} : { version: settings.version }),
      ...(settings.qrTimeoutMs === undefined ? {} : { qrTimeout: settings.qrTimeoutMs }),
      keepAliveIntervalMs: settings.keepAliveIntervalMs,
      connectTimeoutMs: settings.connectTimeoutMs,
      transactionOpts: { maxCommitRetries: 1, delayBetweenTriesMs: 1 },
      // The owner's phone stays the one that is told of news.
      markOnlineOnConnect: false,
      emitOwnEvents: false,
      syncFullHistory: false,
      // Without any the library would miss the linked ids of people it writes to.
      shouldSyncHistoryMessage: ({ syncType }) => syncType !== FULL,
      shouldIgnoreJid: (jid) => jid.endsWith("@newsletter") || jid.endsWith("@broadcast"),
      getMessage: async ({ id }) => findSent(id ?? ""),
      cachedGroupMetadata: async (jid) => findGroup(jid),
    });
  }

  #listen(): void {
    const { ev, ws } = this.socket;
    const { keys, onQr } = this.#needs;
    ev.on("connection.update", ({ connection, qr, lastDisconnect }) => {
      if (this.#isOver) return;
      if (qr !== undefined) onQr?.(qr);
      if (connection === "open") {
        this.#isOpen = true;
        this.#open.resolve();
      }
      if (connection === "close") this.#finish(endingOf(lastDisconnect?.error));
    });
    ev.on("creds.update", () => {
      if (this.#isOver) return;
      try {
        keys.saveCreds();
      } catch (error) {
        this.#fail("the keys could not be stored", error);
      }
    });
    ws.on("frame", (frame: BinaryNode | Uint8Array) => this.#sign(frame));
    // The library works on stanzas side by side, so that one may overtake another; here they keep their order.
    const work = ws.listeners("CB:message") as ((stanza: BinaryNode) => Promise<void>)[];
    ws.removeAllListeners("CB:message");
    ws.on("CB:message", (stanza: BinaryNode) => this.#queue(stanza, work));
  }

  #queue(stanza: BinaryNode, work: readonly ((stanza: BinaryNode) => Promise<void>)[]): void {
    if (++this.#waiting > MAX_WAITING) return this.#fail("more messages are waiting than can be kept");
    // Marked so, the library would put it into a queue of its own.
    const { offline: _queued, ...attrs } = stanza.attrs;
    this.#reading = this.#reading.then(async () => {
      this.#waiting--;
      if (this.#isOver) return;
      try {
        await this.#needs.beforeMessage?.(stanza);
        this.#stanza = { ...stanza, attrs };
        for (const one of work) await one(this.#stanza);
      } catch (error) {
        this.#fail("a message could not be read", error);
      } finally {
        this.#stanza = undefined;
      }
    });
  }

  async #take(stanza: BinaryNode, message: proto.IMessage): Promise<void> {
    if (this.#isOver) throw new Error("this connection is over");
    try {
      await this.#needs.onMessage(stanza, message);
    } catch (error) {
      // Ended before the library can acknowledge what was not stored: the network sends it again.
      this.#fail("a message could not be stored", error);
      throw error;
    }
    if (this.#isOver) throw new Error("this connection is over");
  }

  #sign(frame: BinaryNode | Uint8Array): void {
    if (this.#isOver) return;
    this.#heardAtMs = this.#needs.clock.monotonic();
    this.#needs.onSign();
    if (frame instanceof Uint8Array) return;
    const { tag, attrs } = frame;
    if (tag === "ack" && attrs["class"] === "message") {
      this.#acks.get(attrs["id"] ?? "")?.({ error: attrs["error"] });
      this.#acks.delete(attrs["id"] ?? "");
    }
    if (tag === "notification" && attrs["type"] === "w:gp2") this.#needs.onGroupChange?.(attrs["from"] ?? "");
    if (tag === "stream:error") {
      const { statusCode, reason } = this.#needs.library.getErrorCodeFromStreamError(frame);
      this.#finish({ status: statusCode, reason });
    }
    if (tag === "failure") this.#finish({ status: Number(attrs["reason"] ?? 500), reason: "login refused" });
  }

  #check(): void {
    const silentMs = this.#needs.clock.monotonic() - this.#heardAtMs;
    if (silentMs > this.#needs.settings.keepAliveIntervalMs + GRACE_MS)
      this.#finish({ status: 408, reason: "nothing is heard any more" });
  }

  #fail(what: string, cause?: unknown): void {
    this.#finish(new Error(what, { cause }));
  }

  #finish(ending: Ending | Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#watch.cancel();
    for (const answer of this.#acks.values()) answer("gone");
    this.#acks.clear();
    this.#end.resolve(ending);
    void this.socket?.end(undefined);
    // A closing handshake with a peer that is gone would leave the connection, and what the library keeps for it.
    terminate(this.socket?.ws);
  }
}

/** Its type hides the socket, which its own way to close leaves open until the other side agrees. */
function terminate(client: unknown): void {
  (client as { socket?: { terminate(): void } | null } | undefined)?.socket?.terminate();
}

type Logger = NonNullable<Parameters<Library["makeWASocket"]>[0]["logger"]>;

/** The library's words without what it puts beside them, which are whole stanzas and keys; errors keep their text. */
function loggerOf(log: Log): Logger {
  const say = (first: unknown, second?: unknown) => {
    const said = typeof first === "string" ? first : second;
    const problem = typeof first === "object" && first !== null && "err" in first ? first.err : undefined;
    const fields = problem instanceof Error ? { problem: problem.message } : {};
    if (typeof said === "string") log.debug("the library says", { said: said.slice(0, 200), ...fields });
  };
  const nothing = () => undefined;
  const logger: Logger = {
    level: "warn",
    child: () => logger,
    trace: nothing,
    debug: nothing,
    info: nothing,
    warn: say,
    error: say,
  };
  return logger;
}
