/**
 * Finds a model server on this machine, so that a first run works without configuration.
 * Loopback only, and only a well-formed list of chat models counts: these ports often belong to something else.
 */
import { type Clock, deadline } from "../lib/clock.ts";
import type { FetchLike } from "./ai/upstream.ts";

/** Where a kind of server usually listens. */
export interface Candidate {
  id: string;
  label: string;
  port: number;
  /** How it lists its models; every one of them answers on the openai wire under `/v1`. */
  path: "/v1/models" | "/api/tags";
}

/** A server that answered, and what it can run. */
export interface DiscoveredModel {
  /** Id for the provider, for example `ollama`. */
  providerId: string;
  label: string;
  baseUrl: string;
  /** The first chat model of the list. */
  model: string;
  /** All chat models. */
  models: readonly string[];
}

/** The usual ports, the most common server first: the first that answers in this order is taken. */
export const knownServers: readonly Candidate[] = [
  { id: "ollama", label: "Ollama", port: 11434, path: "/api/tags" },
  { id: "lmstudio", label: "LM Studio", port: 1234, path: "/v1/models" },
  { id: "llamacpp", label: "llama.cpp or LocalAI", port: 8080, path: "/v1/models" },
  { id: "vllm", label: "vLLM", port: 8000, path: "/v1/models" },
  { id: "jan", label: "Jan", port: 1337, path: "/v1/models" },
  { id: "gpt4all", label: "GPT4All", port: 4891, path: "/v1/models" },
  { id: "koboldcpp", label: "KoboldCpp", port: 5001, path: "/v1/models" },
  { id: "textgen", label: "text-generation-webui", port: 5000, path: "/v1/models" },
  { id: "sglang", label: "SGLang", port: 30000, path: "/v1/models" },
];

/** A server on this machine that needs longer is busy or something else; the first start must not wait for it. */
const PROBE_TIMEOUT_MS = 400;
/** A list longer than this comes from no model server. */
const MAX_LIST_BYTES = 256 * 1024;
/** Models that only turn text into numbers, or that hear and speak. */
const NOT_FOR_CHAT = /embed|\bbge\b|\be5\b|\bgte\b|minilm|rerank|whisper|\btts\b|\bclip\b|stable-diffusion/i;

/** Asks all candidates at once; the first of them that lists a chat model, in their order. Never throws. */
export async function discoverModel(options: {
  fetch?: FetchLike;
  clock: Clock;
  candidates?: readonly Candidate[];
  signal?: AbortSignal;
}): Promise<DiscoveredModel | undefined> {
  const { fetch = globalThis.fetch, candidates = knownServers, clock } = options;
  const late = deadline(clock, PROBE_TIMEOUT_MS);
  const signal = options.signal === undefined ? late : AbortSignal.any([options.signal, late]);
  const found = await Promise.all(candidates.map((candidate) => probe(candidate, fetch, signal)));
  return found.find((one) => one !== undefined);
}

async function probe(
  { id, label, port, path }: Candidate,
  fetch: FetchLike,
  signal: AbortSignal,
): Promise<DiscoveredModel | undefined> {
  const origin = `http://127.0.0.1:${port}`;
  try {
    const response = await fetch(`${origin}${path}`, { signal, redirect: "error" });
    if (response.status !== 200) return undefined;
    const models = chatModels(JSON.parse(await readList(response)), path);
    const [model] = models;
    return model === undefined ? undefined : { providerId: id, label, baseUrl: `${origin}/v1`, model, models };
  } catch {
    return undefined; // Nothing there, too slow, or no model server: the same answer for all.
  }
}

/** The ids of a well-formed list, without those that cannot chat; nothing of a list with a wrong entry. */
function chatModels(value: unknown, path: Candidate["path"]): string[] {
  const [list, key] = path === "/api/tags" ? (["models", "name"] as const) : (["data", "id"] as const);
  const entries = isRecord(value) ? value[list] : undefined;
  if (!Array.isArray(entries)) return [];
  const ids = entries.flatMap((entry: unknown) => {
    const id = isRecord(entry) ? entry[key] : undefined;
    return typeof id === "string" && id !== "" ? [id] : [];
  });
  return ids.length === entries.length ? ids.filter((id) => !NOT_FOR_CHAT.test(id)) : [];
}

async function readList(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_LIST_BYTES) throw new Error("the list is too long");
  }
  return text;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
