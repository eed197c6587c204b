/**
 * The backend `builtin/assistant`: answers when no AI model is configured. It says what it is and how to get a model,
 * knows a few commands, and never pretends to think. It goes the same way as a model, so that everything around a run
 * works, and can be tested, without one.
 */
import { messageOf } from "../lib/errors.ts";
import { textOf } from "./history.ts";
import type { AgentRuntime, HistoryMessage, RuntimeEvent, RuntimeRequest } from "./runtime.ts";

/** What the assistant may tell, gathered when it is asked. */
export interface AssistantFacts {
  /** The state of the gateway as lines for people, for example `gateway: running since 12:03`. */
  status: readonly string[];
  /** Models that are configured or were found, as `<provider>/<model>`. */
  models: readonly string[];
  /** Who is asking, as the channel knows them. */
  sender?: string | undefined;
}

export interface AssistantOptions {
  /** Called for the commands that need it, with the session that asks. */
  facts(sessionKey: string): Promise<AssistantFacts>;
  /** Empties the session; without it `/new` is not offered. */
  startOver?: (sessionKey: string) => Promise<void>;
}

/** The id of the runtime, and of the model in its `start` event. */
export const ASSISTANT_ID = "builtin/assistant";

/** How it introduces itself; also how it recognises that it already has. */
const WHO = "I am the built-in assistant of moltbot, not an AI: no AI model is configured yet.";
const WAYS = `There are three ways to get one:
1. a hosted model: set models.providers.<id> (baseUrl, apiKey, models) and agents.defaults.model.primary
2. a local model: start Ollama, LM Studio or llama.cpp on this machine, it is found when the gateway starts
3. any other endpoint that speaks the OpenAI or the Anthropic protocol: set its baseUrl as in 1`;
const LOST = "I did not understand that: I only know a few commands.";
/** Pieces of one answer: enough that listeners see it stream. */
const DELTAS = 4;

/** Creates the assistant. */
export function createAssistant(options: AssistantOptions): AgentRuntime {
  return { id: ASSISTANT_ID, stream: (request, signal) => answer(options, request, signal) };
}

async function* answer(
  options: AssistantOptions,
  request: RuntimeRequest,
  signal: AbortSignal,
): AsyncGenerator<RuntimeEvent> {
  yield { type: "start", provider: "builtin", model: "assistant" };
  let text: string;
  try {
    const said = await reply(options, request);
    text = hasIntroduced(request.messages)
      ? said
      : [`${WHO}\n${WAYS}`, said].filter((part) => part !== "").join("\n\n");
  } catch (error) {
    yield { type: "error", kind: "unknown", message: messageOf(error) };
    return;
  }
  for (const delta of deltas(text)) {
    if (signal.aborted) break;
    yield { type: "text", delta };
  }
  if (signal.aborted) {
    yield { type: "stop", reason: "aborted" };
    return;
  }
  yield { type: "message", message: { role: "assistant", content: [{ type: "text", text }] } };
  yield { type: "stop", reason: "stop" };
}

interface Command {
  name: string;
  summary: string;
  /** Plain words that mean the command. */
  words?: RegExp;
  run(request: RuntimeRequest): Promise<string> | string;
}

async function reply(options: AssistantOptions, request: RuntimeRequest): Promise<string> {
  const commands = commandsOf(options);
  const said = lastUserText(request.messages);
  const named = commands.find(({ name }) => name === said.split(/\s/)[0]?.toLowerCase());
  const command = named ?? (said.startsWith("/") ? undefined : commands.find(({ words }) => words?.test(said)));
  if (command !== undefined) return command.run(request);
  return isGreeting(said) ? help(commands) : `${LOST}\n${help(commands)}`;
}

function commandsOf(options: AssistantOptions): Command[] {
  const { facts, startOver } = options;
  const commands: Command[] = [
    {
      name: "/help",
      summary: "what I can do",
      words: /^(help|hilfe|what can you do)\b/i,
      run: () => help(commandsOf(options)),
    },
    {
      name: "/status",
      summary: "how the gateway is doing",
      words: /\b(status|is (everything|the gateway) (ok|running|up))\b/i,
      run: async ({ sessionKey }) => lines("Status", (await facts(sessionKey)).status),
    },
    {
      name: "/models",
      summary: "which AI models there are",
      words: /\b(which|what|list|show)\b.*\bmodels?\b/i,
      run: async ({ sessionKey }) => modelsText((await facts(sessionKey)).models),
    },
    {
      name: "/whoami",
      summary: "who you are to me, and which session this is",
      words: /^who am i\b/i,
      run: async ({ sessionKey }) => {
        const { sender } = await facts(sessionKey);
        return lines("You", [...(sender === undefined ? [] : [`sender: ${sender}`]), `session: ${sessionKey}`]);
      },
    },
  ];
  if (startOver !== undefined) {
    commands.push({
      name: "/new",
      summary: "start over with an empty session",
      run: async ({ sessionKey }) => {
        await startOver(sessionKey);
        return "This session is empty now.";
      },
    });
  }
  // A session runs one request at a time, so whoever is asked this has nothing left to stop.
  commands.push({ name: "/stop", summary: "stop what is running here", run: () => "Nothing is running here." });
  return commands;
}

function help(commands: readonly Command[]): string {
  return lines(
    "Commands",
    commands.map(({ name, summary }) => `${name}  ${summary}`),
  );
}

function modelsText(models: readonly string[]): string {
  return models.length === 0 ? `No AI model is available.\n${WAYS}` : lines("Models", models);
}

function lines(title: string, items: readonly string[]): string {
  return [`${title}:`, ...items].join("\n");
}

function isGreeting(said: string): boolean {
  return said === "" || /^(hi|hello|hey|hallo|good (morning|day|evening)|ping|test)[\s!.,]*$/i.test(said);
}

function hasIntroduced(messages: readonly HistoryMessage[]): boolean {
  return messages.some((message) => message.role === "assistant" && textOf(message).startsWith(WHO));
}

function lastUserText(messages: readonly HistoryMessage[]): string {
  const last = messages.findLast(({ role }) => role === "user");
  return last === undefined ? "" : textOf(last).trim();
}

/** The text in a few pieces, cut at spaces. */
function deltas(text: string): string[] {
  const words = text.match(/\s*\S+/g) ?? [];
  const size = Math.ceil(words.length / DELTAS);
  const pieces = Array.from({ length: DELTAS }, (_, index) => words.slice(index * size, (index + 1) * size).join(""));
  return pieces.filter((piece) => piece !== "");
}
