/** Sessions: their settings, their transcripts, and the news about both. */
import { EventEmitter } from "node:events";
import type { ChatMessage } from "#schemas/chat.ts";
import type { SessionEntry, SessionRow, SessionsChanged } from "#schemas/sessions.ts";
import type { Clock } from "../lib/clock.ts";
import { fail } from "../lib/errors.ts";
import type { Ids } from "../lib/ids.ts";
import type { MessageRecord, SessionQuery, SessionRecord, SessionStore } from "../store/sessions.ts";
import { agentIdOf, canonicalKey, type KeySettings, kindOf, mainKeyOf } from "./keys.ts";

/** Longest title taken from a first message. */
const MAX_TITLE_CHARS = 60;
/** Longest preview of a last message. */
const MAX_PREVIEW_CHARS = 240;
/** How much of one transcript `chat.history` gives at most, as JSON characters (`protocol/methods.md`). */
const MAX_HISTORY_CHARS = 6 * 1024 * 1024;

/** A stored message, for those who follow the session. */
export interface StoredMessage {
  sessionKey: string;
  agentId: string;
  record: MessageRecord;
}

interface SessionEvents {
  changed: [Omit<SessionsChanged, "ts"> & { sessionKey: string }];
  message: [StoredMessage];
}

/** What `patch` may change; `null` clears. */
export type SessionPatch = { [K in keyof SessionEntry]?: SessionEntry[K] | null };

/** All sessions of this gateway. Keys that come in are canonicalised here. Emits `changed` and `message`. */
export class Sessions extends EventEmitter<SessionEvents> {
  readonly #store: SessionStore;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #settings: () => KeySettings;
  readonly #isRunning: (key: string) => boolean;
  constructor(needs: {
    store: SessionStore;
    clock: Clock;
    ids: Ids;
    settings: () => KeySettings;
    /** Whether an agent is answering in that session now. */
    isRunning: (key: string) => boolean;
  }) {
    super();
    this.#store = needs.store;
    this.#clock = needs.clock;
    this.#ids = needs.ids;
    this.#settings = needs.settings;
    this.#isRunning = needs.isRunning;
  }

  /** The stored spelling of a key; with an agent named, keys without one belong to it. */
  canonical(key: string, agentId?: string): string {
    const settings = this.#settings();
    return canonicalKey(key, agentId ? { ...settings, defaultAgentId: agentId.toLowerCase() } : settings);
  }

  /** The key of the main session of an agent, by default of the default agent. */
  mainKey(agentId?: string): string {
    const settings = this.#settings();
    return mainKeyOf(agentId ?? settings.defaultAgentId, settings);
  }

  agentIdOf(key: string): string {
    return agentIdOf(this.canonical(key), this.#settings());
  }

  kindOf(key: string): SessionRow["kind"] {
    return kindOf(key);
  }

  find(key: string): SessionRecord | undefined {
    return this.#store.find(this.canonical(key));
  }

  /** The session under that key, created when it is new. Inside a transaction of the caller, or its own. */
  ensure(key: string): SessionRecord {
    const name = this.canonical(key);
    return this.#store.find(name) ?? this.#create(name);
  }

  /** Creates a session; throws when the key is taken. Without a key it gets one of its own. */
  create(options: { key?: string; agentId?: string; label?: string }): SessionRecord {
    const agentId = options.agentId ?? this.#settings().defaultAgentId;
    const key = this.canonical(options.key ?? `agent:${agentId}:chat-${this.#ids.uuid().slice(0, 8)}`, agentId);
    if (this.#store.find(key)) fail("INVALID_REQUEST", `session already exists: ${key}`);
    this.#requireFreeLabel(options.label, key);
    const session = this.#create(key, options.label);
    this.#announce(session, "create");
    return session;
  }

  /** Runs several changes as one decision, on the disk when it returns. */
  decide<T>(work: () => T): T {
    return this.#store.decide(work);
  }

  /** Adds a message to a session and tells its followers. */
  append(key: string, body: ChatMessage, runId?: string): MessageRecord {
    const session = this.ensure(key);
    const nowMs = this.#clock.now();
    const message = { id: this.#ids.uuid(), body, createdAt: nowMs, ...(runId === undefined ? {} : { runId }) };
    const seq = this.#store.decide(() => {
      this.#store.save({ ...session, updatedAt: nowMs });
      return this.#store.append(session.sessionId, message);
    });
    const record = { ...message, seq };
    // Told once the transaction around this, if there is one, has ended.
    queueMicrotask(() => this.emit("message", { sessionKey: session.key, agentId: session.agentId, record }));
    return record;
  }

  /** Changes stored facts of a session (token counts, flags, summary) without announcing a settings change. */
  update(key: string, change: (session: SessionRecord) => SessionRecord): SessionRecord {
    return this.#store.decide(() => {
      const changed = change(this.ensure(key));
      this.#store.save(changed);
      return changed;
    });
  }

  /** Tells followers that something about this session changed. */
  announce(key: string, news: { reason?: string; phase?: string; runId?: string }): void {
    const session = this.find(key);
    if (!session) return;
    this.emit("changed", { sessionKey: session.key, agentId: session.agentId, ...news, session: this.toRow(session) });
  }

  /** Messages of a session, oldest first, bounded in number and size; `offset` newest ones are left out. */
  history(
    key: string,
    options: { limit: number; offset: number },
  ): { session?: SessionRecord; messages: MessageRecord[]; total: number } {
    const session = this.find(key);
    if (!session) return { messages: [], total: 0 };
    const messages = this.#store.messages(session.sessionId, options.limit, options.offset);
    let chars = 0;
    const from = messages.findLastIndex((message) => {
      chars += JSON.stringify(message.body).length;
      return chars > MAX_HISTORY_CHARS;
    });
    return { session, messages: messages.slice(from + 1), total: this.#store.countMessages(session.sessionId) };
  }

  /** What the model may see: everything since the last compaction. */
  context(session: SessionRecord): MessageRecord[] {
    return this.#store.messagesFrom(session.sessionId, session.contextFrom);
  }

  /** Whether a run left a message already. */
  hasMessageOf(runId: string): boolean {
    return this.#store.hasMessageOf(runId);
  }

  findMessage(key: string, id: string): MessageRecord | undefined {
    const session = this.find(key);
    return session && this.#store.findMessage(session.sessionId, id);
  }

  count(): number {
    return this.#store.count();
  }

  /** A page of sessions, newest first. */
  list(query: SessionQuery): { rows: SessionRecord[]; total: number } {
    return this.#store.list(query);
  }

  /** The session a caller means by key, id or label. Throws as the protocol words it. */
  resolve(by: { key?: string; sessionId?: string; label?: string }): SessionRecord {
    const given = [by.key, by.sessionId, by.label].filter((value) => value !== undefined);
    if (given.length === 0) fail("INVALID_REQUEST", "Either key, sessionId, or label is required");
    if (given.length > 1) fail("INVALID_REQUEST", "Provide either key, sessionId, or label (not multiple)");
    if (by.key !== undefined) return this.find(by.key) ?? fail("INVALID_REQUEST", `No session found: ${by.key}`);
    if (by.sessionId !== undefined) {
      return this.#store.findById(by.sessionId) ?? fail("INVALID_REQUEST", `No session found: ${by.sessionId}`);
    }
    const label = by.label ?? "";
    return this.#store.findByLabel(label) ?? fail("INVALID_REQUEST", `No session found with label: ${label}`);
  }

  /** Changes settings; creates the session when it is new. Throws when a label is taken. */
  patch(key: string, patch: SessionPatch): SessionRecord {
    const { label, ...settings } = patch;
    const name = this.canonical(key);
    this.#requireFreeLabel(label, name);
    const session = this.update(name, (old) => {
      const merged: Record<string, unknown> = { ...old.settings };
      for (const [setting, value] of Object.entries(settings)) {
        if (value === null) delete merged[setting];
        else if (value !== undefined) merged[setting] = value;
      }
      const { label: oldLabel, ...rest } = old;
      const newLabel = label === undefined ? oldLabel : (label ?? undefined);
      return {
        ...rest,
        ...(newLabel === undefined ? {} : { label: newLabel }),
        settings: merged,
        updatedAt: this.#clock.now(),
      };
    });
    this.#announce(session, "patch");
    return session;
  }

  /** Starts the session afresh: a new id, an empty transcript, the same settings. The old transcript stays on the disk. */
  reset(key: string): SessionRecord {
    const session = this.update(key, ({ summary: _summary, ...old }) => ({
      ...old,
      sessionId: this.#ids.uuid(),
      updatedAt: this.#clock.now(),
      contextFrom: 0,
      settings: {
        ...old.settings,
        systemSent: false,
        abortedLastRun: false,
        inputTokens: 0,
        outputTokens: 0,
        totalTokens: 0,
        compactionCount: 0,
      },
    }));
    this.#announce(session, "reset");
    return session;
  }

  /** Removes a session from the list; its transcript stays on the disk under its id. Returns the ids kept. */
  remove(key: string): { key: string; deleted: boolean; archived: string[] } {
    const name = this.canonical(key);
    if (name === this.mainKey(agentIdOf(name, this.#settings()))) {
      fail("INVALID_REQUEST", `Cannot delete the main session (${name}).`);
    }
    const session = this.#store.find(name);
    if (!session) return { key: name, deleted: false, archived: [] };
    const archived = this.#store.lastSeq(session.sessionId) > 0 ? [session.sessionId] : [];
    this.#store.decide(() => this.#store.remove(name));
    this.emit("changed", { sessionKey: name, agentId: session.agentId, reason: "delete" });
    return { key: name, deleted: true, archived };
  }

  /** Hides all but the last `maxLines` messages from history and model. */
  compact(key: string, maxLines: number): { key: string; compacted: boolean; kept?: number; reason?: string } {
    const name = this.canonical(key);
    const session = this.#store.find(name);
    if (!session) return { key: name, compacted: false, reason: "no sessionId" };
    const count = this.#store.countMessages(session.sessionId);
    if (count === 0) return { key: name, compacted: false, reason: "no transcript" };
    if (count <= maxLines) return { key: name, compacted: false, kept: count };
    this.#store.decide(() => this.#store.archive(session.sessionId, maxLines));
    this.#announce(session, "compact");
    return { key: name, compacted: true, kept: maxLines };
  }

  /** A session as lists and events show it. */
  toRow(session: SessionRecord, extras: { title?: boolean; lastMessage?: boolean } = {}): SessionRow {
    const { key, sessionId, agentId, label, settings, createdAt, updatedAt } = session;
    const title = extras.title ? this.#titleOf(session) : undefined;
    const preview = extras.lastMessage ? this.#lastText(session) : undefined;
    return {
      key,
      kind: kindOf(key),
      agentId,
      isMain: key === this.mainKey(agentId),
      sessionId,
      createdAt,
      updatedAt,
      ...settings,
      ...(label === undefined ? {} : { label, displayName: label }),
      ...(title === undefined ? {} : { derivedTitle: title }),
      ...(preview === undefined ? {} : { lastMessagePreview: preview }),
      ...(this.#isRunning(key) ? { status: "running" as const } : {}),
      lastChannel: "webchat",
    };
  }

  /** A session as the methods that change one answer it. */
  toEntry(session: SessionRecord): SessionEntry {
    const { sessionId, label, settings, createdAt, updatedAt } = session;
    return { sessionId, createdAt, updatedAt, ...settings, ...(label === undefined ? {} : { label }) };
  }

  #create(key: string, label?: string): SessionRecord {
    const nowMs = this.#clock.now();
    const session: SessionRecord = {
      key,
      sessionId: this.#ids.uuid(),
      agentId: agentIdOf(key, this.#settings()),
      ...(label === undefined ? {} : { label }),
      settings: {},
      createdAt: nowMs,
      updatedAt: nowMs,
      contextFrom: 0,
    };
    this.#store.decide(() => this.#store.insert(session));
    return session;
  }

  #announce(session: SessionRecord, reason: string): void {
    this.emit("changed", { sessionKey: session.key, agentId: session.agentId, reason, session: this.toRow(session) });
  }

  #requireFreeLabel(label: string | null | undefined, key: string): void {
    const holder = label ? this.#store.findByLabel(label) : undefined;
    if (holder && holder.key !== key) fail("INVALID_REQUEST", `label already in use: ${label}`);
  }

  #titleOf(session: SessionRecord): string | undefined {
    if (session.label) return session.label;
    const first = this.#store.messagesFrom(session.sessionId, 0).find((message) => message.body["role"] === "user");
    return first && cut(textOf(first.body), MAX_TITLE_CHARS);
  }

  #lastText(session: SessionRecord): string | undefined {
    const last = this.#store.messages(session.sessionId, 1, 0)[0];
    return last && cut(textOf(last.body), MAX_PREVIEW_CHARS);
  }
}

/** The text of a stored message, without anything else it holds. */
export function textOf(body: Record<string, unknown>): string {
  const { content } = body;
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .flatMap((part) => (part?.type === "text" && typeof part.text === "string" ? [part.text] : []))
    .join("\n");
}

function cut(text: string, maxChars: number): string | undefined {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line ? (line.length > maxChars ? `${line.slice(0, maxChars - 1)}…` : line) : undefined;
}
