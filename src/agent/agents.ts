/**
 * Who answers: the agents of the configuration, the model of each, and the runtime that serves it (design D12).
 * First the configured model, else a model server found on this machine, else the built-in assistant.
 */
import type { Config } from "../config/schema.ts";
import type { Clock } from "../lib/clock.ts";
import { fail } from "../lib/errors.ts";
import type { Ids } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";
import { Secret } from "../lib/secret.ts";
import type { ModelConfig, ProviderConfig } from "./ai/provider.ts";
import { createAiRuntime } from "./ai/runtime.ts";
import { ASSISTANT_ID } from "./assistant.ts";
import type { DiscoveredModel } from "./discover.ts";
import type { AgentRuntime } from "./runtime.ts";

/** The id every gateway has an agent under when none is configured. */
export const DEFAULT_AGENT_ID = "main";
/** Name and picture of an agent that has none. */
const DEFAULT_NAME = "Assistant";
/** Longest run when the configuration does not say. */
const DEFAULT_TIMEOUT_MS = 600_000;

type AgentConfig = NonNullable<NonNullable<Config["agents"]>["list"]>[number];
type ProviderSection = NonNullable<NonNullable<NonNullable<Config["models"]>["providers"]>[string]>;

/** One agent as lists show it. */
export interface Agent {
  id: string;
  name?: string;
  identity?: NonNullable<AgentConfig["identity"]>;
  model?: { primary?: string; fallbacks?: string[] };
}

/** One model that can be chosen. */
export interface ModelChoice {
  id: string;
  name: string;
  provider: string;
  contextWindow?: number;
  reasoning?: boolean;
  input?: ("text" | "image")[];
  isDefault: boolean;
}

/** A runtime with what a run needs to know about its model. */
export interface Answerer {
  runtime: AgentRuntime;
  provider: string;
  model: string;
  contextWindow?: number | undefined;
  maxTokens?: number | undefined;
  takesImages: boolean;
}

interface Known {
  provider: ProviderConfig;
  model: ModelConfig & { name?: string | undefined };
}

/** The agents of this gateway. Reads the configuration each time it is asked, so a change applies to the next run. */
export class Agents {
  readonly #config: () => Config;
  readonly #assistant: AgentRuntime;
  readonly #needs: { clock: Clock; ids: Ids; log: Log };
  /** One runtime per model: it remembers the quirks of its endpoint. Emptied when the configuration changes. */
  readonly #runtimes = new Map<string, AgentRuntime>();
  #discovered: DiscoveredModel | undefined;
  constructor(needs: { config: () => Config; assistant: AgentRuntime; clock: Clock; ids: Ids; log: Log }) {
    this.#config = needs.config;
    this.#assistant = needs.assistant;
    this.#needs = needs;
  }

  /** A model server was found on this machine; it serves agents without a configured model. */
  adopt(found: DiscoveredModel): void {
    this.#discovered = found;
  }

  /** Forgets runtimes made from an older configuration. */
  refresh(): void {
    this.#runtimes.clear();
  }

  get defaultId(): string {
    const list = this.#list();
    return (list.find((agent) => agent.default) ?? list[0])?.id.toLowerCase() ?? DEFAULT_AGENT_ID;
  }

  list(): Agent[] {
    const configured = this.#list();
    if (configured.length === 0) return [{ id: DEFAULT_AGENT_ID, ...this.#modelOf(undefined) }];
    return configured.map((agent) => ({
      id: agent.id.toLowerCase(),
      ...(agent.name === undefined ? {} : { name: agent.name }),
      ...(agent.identity === undefined ? {} : { identity: agent.identity }),
      ...this.#modelOf(agent),
    }));
  }

  has(agentId: string): boolean {
    return this.list().some((agent) => agent.id === agentId.toLowerCase());
  }

  /** How an agent presents itself. Throws when it is unknown. */
  identity(agentId: string): {
    agentId: string;
    name: string;
    nameSource: "config" | "default";
    avatar: string;
    emoji?: string;
  } {
    const agent = this.list().find((one) => one.id === agentId.toLowerCase());
    if (!agent) return fail("INVALID_REQUEST", `unknown agent id "${agentId}"`);
    const given = agent.identity?.name ?? agent.name;
    const name = given ?? DEFAULT_NAME;
    const emoji = agent.identity?.emoji;
    return {
      agentId: agent.id,
      name,
      nameSource: given === undefined ? "default" : "config",
      avatar: agent.identity?.avatar ?? emoji ?? name.slice(0, 1).toUpperCase(),
      ...(emoji === undefined ? {} : { emoji }),
    };
  }

  /** What the operator adds to an agent's system prompt. */
  prompt(agentId: string): string | undefined {
    return this.#find(agentId)?.systemPrompt ?? this.#config().agents?.defaults?.systemPrompt;
  }

  /** Longest time one run may take. */
  get timeoutMs(): number {
    const seconds = this.#config().agents?.defaults?.timeoutSeconds;
    return seconds === undefined ? DEFAULT_TIMEOUT_MS : seconds * 1000;
  }

  /** Models a session may choose, the default one marked. */
  models(): ModelChoice[] {
    const primary = this.#primary(undefined);
    return this.#known().map(({ provider, model }) => ({
      id: model.id,
      name: model.name ?? model.id,
      provider: provider.id,
      ...(model.contextWindow === undefined ? {} : { contextWindow: model.contextWindow }),
      ...(model.reasoning === undefined ? {} : { reasoning: model.reasoning }),
      ...(model.input === undefined ? {} : { input: [...model.input] }),
      isDefault: primary !== undefined && primary.provider.id === provider.id && primary.model.id === model.id,
    }));
  }

  /** The `<provider>/<model>` a name means, or undefined when no such model is configured. */
  findModel(name: string): { provider: string; model: string } | undefined {
    const known = this.#match(name);
    return known && { provider: known.provider.id, model: known.model.id };
  }

  /** What answers for an agent, first choice first; the others are tried when it fails before saying anything. */
  answerers(agentId: string, override?: string): Answerer[] {
    const agent = this.#find(agentId);
    if (agent?.runtime?.id === ASSISTANT_ID) return [this.#assistantAnswerer()];
    const names = this.#names(agent);
    const chosen = override === undefined ? this.#primary(agent) : this.#match(override);
    const fallbacks = names.fallbacks.flatMap((name) => this.#match(name) ?? []);
    const all = [...(chosen ? [chosen] : []), ...fallbacks];
    return all.length ? [...new Set(all)].map((known) => this.#answerer(known)) : [this.#assistantAnswerer()];
  }

  #answerer({ provider, model }: Known): Answerer {
    const key = `${provider.id}/${model.id}`;
    let runtime = this.#runtimes.get(key);
    if (!runtime) {
      runtime = createAiRuntime({ provider, model, ...this.#needs });
      this.#runtimes.set(key, runtime);
    }
    const contextWindow = this.#config().agents?.defaults?.contextTokens ?? model.contextWindow;
    const takesImages = model.input?.includes("image") ?? false;
    return { runtime, provider: provider.id, model: model.id, contextWindow, maxTokens: model.maxTokens, takesImages };
  }

  #assistantAnswerer(): Answerer {
    return { runtime: this.#assistant, provider: "builtin", model: "assistant", takesImages: false };
  }

  #list(): AgentConfig[] {
    return this.#config().agents?.list ?? [];
  }

  #find(agentId: string): AgentConfig | undefined {
    return this.#list().find((agent) => agent.id.toLowerCase() === agentId.toLowerCase());
  }

  #names(agent: AgentConfig | undefined): { primary?: string | undefined; fallbacks: readonly string[] } {
    const model = agent?.model ?? this.#config().agents?.defaults?.model;
    if (model === undefined) return { fallbacks: [] };
    return typeof model === "string"
      ? { primary: model, fallbacks: [] }
      : { primary: model.primary, fallbacks: model.fallbacks ?? [] };
  }

  #modelOf(agent: AgentConfig | undefined): { model?: { primary?: string; fallbacks?: string[] } } {
    const { primary, fallbacks } = this.#names(agent);
    if (primary === undefined) return {};
    return { model: { primary, ...(fallbacks.length ? { fallbacks: [...fallbacks] } : {}) } };
  }

  /** The first choice of an agent: the model it names, else the only thing there is. */
  #primary(agent: AgentConfig | undefined): Known | undefined {
    const { primary } = this.#names(agent);
    if (primary !== undefined) return this.#match(primary);
    return this.#known()[0];
  }

  #match(name: string): Known | undefined {
    const wanted = name.toLowerCase();
    const known = this.#known();
    return (
      known.find(({ provider, model }) => `${provider.id}/${model.id}`.toLowerCase() === wanted) ??
      known.find(({ model }) => model.id.toLowerCase() === wanted)
    );
  }

  #known(): Known[] {
    const configured = Object.entries(this.#config().models?.providers ?? {}).flatMap(([id, section]) =>
      toKnown(id, section),
    );
    if (configured.length || !this.#discovered) return configured;
    const { providerId: id, baseUrl, models } = this.#discovered;
    return models.map((model) => ({ provider: { id, baseUrl, api: "openai-completions" }, model: { id: model } }));
  }
}

function toKnown(id: string, section: ProviderSection): Known[] {
  const { baseUrl, apiKey, api = "openai-completions", headers, models = [] } = section;
  if (baseUrl === undefined) return [];
  const secretHeaders = Object.entries(headers ?? {}).map(([name, value]) => [name, new Secret(value)] as const);
  const provider: ProviderConfig = {
    id,
    baseUrl,
    api,
    ...(apiKey === undefined ? {} : { apiKey: new Secret(apiKey) }),
    headers: Object.fromEntries(secretHeaders),
  };
  return models.flatMap((model) => (model.id === undefined ? [] : [{ provider, model: { ...model, id: model.id } }]));
}
