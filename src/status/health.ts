/** The health summary: made when asked, kept for a minute, told when it was made anew (`protocol/events.md` 5). */
import type { HealthSnapshot, HealthSummary } from "#schemas/health.ts";
import type { Clock } from "../lib/clock.ts";

/** How long a summary may be answered from memory. */
const FRESH_MS = 60_000;
/** Sessions named in the summary. */
const RECENT_SESSIONS = 5;

/** What the summary is made from; `app.ts` passes it. */
export interface HealthSources {
  databasePath: string;
  storage(): HealthSummary["storage"];
  agents(): { defaultId: string; list: { id: string; name?: string }[] };
  sessions(limit: number): { count: number; recent: { key: string; updatedAt: number; agentId: string }[] };
  /** The networks with accounts, in order. */
  channels(): { id: string; label: string; summary: Record<string, unknown> }[];
  /** Why the gateway runs in safe mode; empty when it does not. */
  safeMode(): readonly string[];
}

/** Keeps the latest summary and its counter, which clients see as `stateVersion.health`. */
export class Health {
  readonly #sources: HealthSources;
  readonly #clock: Clock;
  readonly #tell: (summary: HealthSummary) => void;
  #latest: HealthSummary | undefined;
  #version = 1;
  constructor(needs: { sources: HealthSources; clock: Clock; tell: (summary: HealthSummary) => void }) {
    this.#sources = needs.sources;
    this.#clock = needs.clock;
    this.#tell = needs.tell;
  }

  get version(): number {
    return this.#version;
  }

  /** The latest summary; a new one when it is older than a minute. */
  get(): HealthSummary {
    const latest = this.#latest;
    return latest && this.#clock.now() - latest.ts < FRESH_MS ? latest : this.#make();
  }

  /** The part of it that a hello carries. */
  snapshot(): HealthSnapshot {
    const { storage: _storage, safeMode: _safeMode, ...snapshot } = this.get();
    return snapshot;
  }

  /** Makes a new summary and tells everyone. */
  refresh(): HealthSummary {
    const summary = this.#make();
    this.#version++;
    this.#tell(summary);
    return summary;
  }

  #make(): HealthSummary {
    const began = this.#clock.monotonic();
    const ts = this.#clock.now();
    const { defaultId, list } = this.#sources.agents();
    const { count, recent } = this.#sources.sessions(RECENT_SESSIONS);
    const summarize = (rows: typeof recent, total: number) => ({
      path: this.#sources.databasePath,
      count: total,
      recent: rows.map(({ key, updatedAt }) => ({ key, updatedAt, age: Math.max(0, ts - updatedAt) })),
    });
    const safeMode = this.#sources.safeMode();
    const channels = this.#sources.channels();
    const summary: HealthSummary = {
      ok: true,
      ts,
      durationMs: Math.max(0, Math.round(this.#clock.monotonic() - began)),
      channels: Object.fromEntries(channels.map(({ id, summary: state }) => [id, state])),
      channelOrder: channels.map(({ id }) => id),
      channelLabels: Object.fromEntries(channels.map(({ id, label }) => [id, label])),
      heartbeatSeconds: 0,
      defaultAgentId: defaultId,
      agents: list.map((agent) => {
        const own = recent.filter((session) => session.agentId === agent.id);
        return {
          agentId: agent.id,
          ...(agent.name === undefined ? {} : { name: agent.name }),
          isDefault: agent.id === defaultId,
          heartbeat: { enabled: false, every: "disabled", everyMs: null, prompt: "", target: "none", ackMaxChars: 0 },
          sessions: summarize(own, list.length === 1 ? count : own.length),
        };
      }),
      sessions: summarize(recent, count),
      storage: this.#sources.storage(),
      ...(safeMode.length ? { safeMode: [...safeMode] } : {}),
    };
    this.#latest = summary;
    return summary;
  }
}
