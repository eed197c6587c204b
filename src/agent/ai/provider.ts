/**
 * What the configuration says about an endpoint and a model, and the one place that loads the model library.
 * Nothing of the library is touched until the first run: it costs hundreds of milliseconds and some 20 MB.
 */
import type { LanguageModel } from "ai";
import { Secret } from "../../lib/secret.ts";
import type { FetchLike } from "./upstream.ts";
import type { ModelApi } from "./wires.ts";

/** One endpoint that serves models (`models.providers.<id>`). */
export interface ProviderConfig {
  id: string;
  /** With or without its version segment; see {@link versionedBaseUrl}. */
  baseUrl: string;
  apiKey?: Secret | undefined;
  api: ModelApi;
  headers?: Readonly<Record<string, string | Secret>> | undefined;
}

/** One model of an endpoint. */
export interface ModelConfig {
  id: string;
  contextWindow?: number | undefined;
  maxTokens?: number | undefined;
  /** Whether the model accepts a request to think; a plain model often refuses the field. */
  reasoning?: boolean | undefined;
  /** Which field limits an answer on the openai wire: old servers know only the first, new models only the second. */
  maxTokensField?: "max_tokens" | "max_completion_tokens" | undefined;
  /** What it can be given; text only when absent. */
  input?: readonly ("text" | "image")[] | undefined;
}

/** The model as the library calls it, sending through `fetch`. Loads the library on the first call. */
export async function openModel(
  provider: ProviderConfig,
  model: ModelConfig,
  fetch: FetchLike,
): Promise<LanguageModel> {
  const shared = {
    baseURL: versionedBaseUrl(provider.baseUrl, provider.api),
    headers: revealed(provider.headers),
    fetch: Object.assign(fetch, { preconnect: globalThis.fetch.preconnect }),
  };
  if (provider.api === "anthropic-messages") {
    const { createAnthropic } = await import("@ai-sdk/anthropic");
    // An absent key must not be looked up in the environment, which is why it is given as an empty one.
    return createAnthropic({ ...shared, apiKey: provider.apiKey?.reveal() ?? "" })(model.id);
  }
  const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
  return createOpenAICompatible({
    ...shared,
    name: "upstream",
    ...(provider.apiKey === undefined ? {} : { apiKey: provider.apiKey.reveal() }),
    includeUsage: true,
    transformRequestBody: ({ max_tokens: limit, ...body }) =>
      limit === undefined ? body : { ...body, [model.maxTokensField ?? "max_tokens"]: limit },
  }).chatModel(model.id);
}

/** The library's streaming call, with its own warnings turned off: they would go to the console. */
export async function loadStreamText() {
  globalThis.AI_SDK_LOG_WARNINGS = false;
  const { streamText, jsonSchema } = await import("ai");
  return { streamText, jsonSchema };
}

/**
 * The base URL as the library wants it, with its version. People copy it both ways. An openai address that has a path
 * but no version is taken as it is: some vendors have none (`/inference`, `/v1beta/openai`).
 */
export function versionedBaseUrl(baseUrl: string, api: ModelApi): string {
  const base = baseUrl.trim().replace(/\/+$/, "");
  const path = URL.parse(base)?.pathname ?? "";
  if (/\/v\d\w*(\/|$)/.test(path)) return base;
  return api === "anthropic-messages" || path === "/" || path === "" ? `${base}/v1` : base;
}

function revealed(headers: ProviderConfig["headers"]): Record<string, string> {
  const entries = Object.entries(headers ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value]));
}
