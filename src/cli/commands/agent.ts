/** `moltbot agent`: asks an agent and prints its answer. */
import type { EventFrame } from "#schemas/frames.ts";
import { isObject } from "../../client/frames.ts";
import { type Cli, wholeNumber } from "../cli.ts";
import { defineLeaf } from "../command.ts";
import { CommandError, usageError } from "../exit-codes.ts";
import { cleanText } from "../terminal.ts";

/** Longest run there is; the gateway ends one earlier when it is told to. */
const MAX_RUN_MS = 24 * 60 * 60 * 1000;
/** What the gateway may take to report the end of a run it timed out. */
const GRACE_MS = 10_000;

/** What is read of the declared result of `agent`. */
interface AgentResult {
  runId: string;
  status: "ok" | "timeout";
  result: { payloads: { text: string }[] };
}

export const agent = defineLeaf({
  name: "agent",
  summary: "Ask an agent; without --message the question comes from stdin",
  args: {
    message: { type: "string", valueHint: "TEXT", description: "the question" },
    "session-key": { type: "string", valueHint: "KEY", description: "session to ask in; default: the main one" },
    agent: { type: "string", valueHint: "ID", description: "agent to ask" },
    thinking: { type: "string", valueHint: "LEVEL", description: "off, minimal, low, medium or high" },
    timeout: { type: "string", valueHint: "SECONDS", description: "how long the agent may take" },
    stream: { type: "boolean", description: "print the answer as it is written; with --json every event" },
  },
  async run(args, cli) {
    const timeout = wholeNumber("timeout", args.timeout, 1);
    const message = await questionOf(args.message, cli);
    const runId = cli.io.ids.uuid();
    const params = {
      message,
      idempotencyKey: runId,
      ...(args["session-key"] === undefined ? {} : { sessionKey: args["session-key"] }),
      ...(args.agent === undefined ? {} : { agentId: args.agent }),
      ...(args.thinking === undefined ? {} : { thinking: args.thinking }),
      ...(timeout === undefined ? {} : { timeout }),
    };
    await using client = await cli.connect(["write"]);
    const stream = args.stream ? new Stream(cli, runId) : undefined;
    if (stream) client.onEvent((event) => stream.take(event));
    const timeoutMs = timeout === undefined ? MAX_RUN_MS : timeout * 1000 + GRACE_MS;
    const answer = await client.request<AgentResult>(
      "agent",
      params,
      cli.requestOptions({ expectFinal: true, timeoutMs }),
    );
    const text = answer.result.payloads.map((payload) => payload.text).join("\n\n");
    if (cli.wantsJson) cli.io.out(`${cli.json(answer)}\n`);
    else if (stream?.hasWritten) cli.io.out("\n");
    else if (text) cli.io.out(`${forOutput(text, cli)}\n`);
    if (answer.status !== "ok") throw new CommandError("timeout", "the answer was ended before it was complete");
  },
});

async function questionOf(given: string | undefined, { io }: Cli): Promise<string> {
  if (given === undefined && io.isInputTerminal) usageError('say what to ask: moltbot agent --message "..."');
  const text = given ?? (await io.readInput());
  return text.trim() ? text : usageError("the message is empty");
}

/** Text goes to a program as it is, and to a terminal disarmed. */
function forOutput(text: string, { io }: Cli): string {
  return io.isTerminal ? cleanText(text) : text;
}

/** The answer while it is being written. */
class Stream {
  hasWritten = false;
  readonly #cli: Cli;
  readonly #runId: string;
  constructor(cli: Cli, runId: string) {
    this.#cli = cli;
    this.#runId = runId;
  }

  take({ event, payload }: EventFrame): void {
    if (event !== "agent" || !isObject(payload) || payload["runId"] !== this.#runId) return;
    if (this.#cli.wantsJson) return this.#cli.io.out(`${JSON.stringify({ event, payload })}\n`);
    const { stream, data } = payload;
    if (stream !== "assistant" || !isObject(data) || typeof data["delta"] !== "string") return;
    const isNewMessage = this.hasWritten && data["text"] === data["delta"];
    this.#cli.io.out((isNewMessage ? "\n\n" : "") + forOutput(data["delta"], this.#cli));
    this.hasWritten = true;
  }
}
