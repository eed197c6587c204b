/** The inbox of one account as the program has it, with the gates and stores of the program, between a network and agents played by the test. */
import { Type } from "@sinclair/typebox";
import type { Account, Capabilities, Inbound, Outbound } from "../../src/channels/contract.ts";
import { defineChannel } from "../../src/channels/contract.ts";
import { type Answer, type Answering, Incoming, type Line } from "../../src/channels/inbound.ts";
import { type Broadcast, createLine, type Files } from "../../src/channels/line.ts";
import { Outgoing } from "../../src/channels/outbound.ts";
import type { PairingRequest } from "../../src/channels/policy/pairing.ts";
import { systemIds } from "../../src/lib/ids.ts";
import { createLog, type LogRecord } from "../../src/lib/log.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { InboxStore } from "../../src/store/inbox.ts";
import { OutboxStore } from "../../src/store/outbox.ts";
import { FakeClock } from "../support/clock.ts";
import { settingsOf } from "./policy/events.ts";

export type Question = Parameters<Answering["ask"]>[0];

export interface PipelineOptions {
  settings?: Record<string, unknown>;
  capabilities?: Partial<Capabilities>;
  broadcast?: Broadcast;
  /** The account, for files and courtesies. */
  account?: () => Account | undefined;
  files?: Files;
  /** An earlier one whose disk this one finds. */
  after?: { database: Database; clock: FakeClock; agents: Agents };
}

/** The agents of a test: they keep what they were asked and answer when they are told to, or at once. */
export class Agents {
  readonly asked: Question[] = [];
  readonly stopped: string[] = [];
  readonly forgotten: string[] = [];
  /** Answers at once with this; undefined: when {@link say} is called. */
  atOnce: Answer | undefined = { state: "ok", text: "yes", isTransient: false };
  /** Thrown by every question while it is there. */
  refusal: Error | undefined;
  readonly #waiting = new Map<string, (answer: Answer) => void>();
  readonly ended = new Map<string, Answer | "cut off">();

  /** The oldest question that waits is answered. */
  say(text: string, more: Partial<Answer> = {}): void {
    const [first] = this.#waiting;
    if (!first) throw new Error("no question waits");
    const [runId, resolve] = first;
    this.#waiting.delete(runId);
    resolve({ state: "ok", text, isTransient: false, ...more });
  }

  get texts(): string[] {
    return this.asked.map(({ text }) => text);
  }

  answering(): Answering {
    return {
      ask: (question) => {
        if (this.refusal) throw this.refusal;
        this.asked.push(question);
      },
      answer: async (runId) => {
        if (this.atOnce) return this.atOnce;
        return new Promise((resolve) => this.#waiting.set(runId, resolve));
      },
      found: (runId) => this.ended.get(runId),
      watch: () => () => undefined,
      forget: (runId) => void this.forgotten.push(runId),
      stop: (sessionKey) => this.stopped.push(sessionKey) > 0,
      command: (text) => (text.startsWith("/") ? `did ${text}` : undefined),
      isCommand: (text) => text.startsWith("/"),
      isStop: (text) => text === "stop",
    };
  }
}

export interface Pipeline {
  clock: FakeClock;
  database: Database;
  inbox: InboxStore;
  agents: Agents;
  incoming: Incoming;
  line: Line;
  records: LogRecord[];
  /** Something comes in from the network. */
  receives(event: Inbound): void;
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>;
  /** Time passes, and what it brings. */
  passes(ms: number): Promise<void>;
  /** What was said into chats, in order. */
  said(): Outbound[];
  texts(): string[];
  /** Every event by its message, with how it ended. */
  states(): Record<string, string>;
}

/** Opens one; everything is in memory. */
export function openPipeline(options: PipelineOptions = {}): Pipeline {
  const { after } = options;
  const clock = after?.clock ?? new FakeClock();
  const database = after?.database ?? openDatabase(":memory:");
  const agents = after?.agents ?? new Agents();
  const inbox = new InboxStore(database);
  const outbox = new OutboxStore(database);
  const records: LogRecord[] = [];
  const log = createLog({ clock, level: "debug", sinks: [(record) => records.push(record)] });
  const settings = settingsOf(options.settings ?? { dmPolicy: "open", allowFrom: ["*"], groupPolicy: "open" });
  const network = createNetwork(options.capabilities);
  const outgoing = new Outgoing({
    channel: network.id,
    accountId: "a",
    store: outbox,
    account: () => undefined,
    idempotent: false,
    retry: settings.retry,
    clock,
    ids: systemIds,
    log,
    onSent: () => undefined,
  });
  const requests: PairingRequest[] = [];
  const told = new Map<string, number>();
  const line = createLine({
    channel: network,
    accountId: "a",
    settings,
    senders: {
      approved: () => new Set(),
      pending: () => requests,
      toldAtMs: (senderId) => told.get(senderId),
      save: (request, isTold) => {
        requests.push(request);
        if (isTold) told.set(request.senderId, clock.now());
      },
      nowMs: () => clock.now(),
      randomBytes: (count) => new Uint8Array(count),
    },
    gates: () => ({ dmScope: "per-peer", mainKey: "main", identityLinks: {}, defaultAgentId: "main" }),
    broadcast: () => options.broadcast ?? { agents: new Map(), isParallel: true },
    account: options.account ?? (() => undefined),
    outgoing,
    inbox,
    answering: agents.answering(),
    files: options.files ?? { resolve: () => Promise.reject(new Error("media not found")) },
    clock,
    log,
  });
  const incoming = new Incoming({ store: inbox, answering: agents.answering(), clock, log });
  incoming.open(line);
  const settle = async () => {
    for (let turns = 0; turns < 5; turns++) await Bun.sleep(0);
  };
  const said = () =>
    database
      .query<{ piece: string; key: string }>("SELECT piece, key FROM outbox ORDER BY id")
      .all()
      .map(({ piece, key }) => ({ ...JSON.parse(piece), key }) as Outbound);
  return {
    clock,
    database,
    inbox,
    agents,
    incoming,
    line,
    records,
    receives: (event) => incoming.receive(line, event),
    settle,
    passes: async (ms) => {
      await settle(); // What came in is looked at before time passes, as it is in life.
      clock.advance(ms);
      await settle();
    },
    said,
    texts: () => said().map(({ text = "" }) => text),
    states: () =>
      Object.fromEntries(
        database
          .query<{ event: string; state: string; event_id: string }>(
            "SELECT event, event_id, state FROM inbox ORDER BY id",
          )
          .all()
          .map(({ event_id, state }) => [event_id, state]),
      ),
  };
}

function createNetwork(more: Partial<Capabilities> = {}) {
  const nobody = () => Promise.reject(new Error("no account is opened here"));
  return defineChannel({
    id: "net",
    label: "Net",
    config: Type.Object({}),
    capabilities: {
      textLimit: 1000,
      captionLimit: 100,
      markup: "plain",
      tables: "bullets",
      mediaBytes: 1000,
      idempotent: false,
      replies: "first",
      receiveSilenceMs: 1_000_000,
      ...more,
    },
    missing: () => undefined,
    parseTarget: () => undefined,
    open: () => ({ run: nobody, send: nobody, probe: nobody }),
  });
}
