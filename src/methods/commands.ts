/** Chat commands that the gateway itself serves, the same in every chat. Others are text for the agent. */
import { approveFromChat, type ChatCaller } from "./nodes/chat-approvals.ts";
import type { Services } from "./services.ts";

/** Words that end the current answer, alone in a message (`protocol/methods.md`, chat.send details). */
const stopWords: ReadonlySet<string> = new Set(["/stop", "stop", "abort", "esc", "wait", "exit", "interrupt"]);

interface Command {
  name: string;
  description: string;
  acceptsArgs: boolean;
  /** Does it and returns the reply. */
  run(args: string, sessionKey: string, app: Services, caller?: ChatCaller): string;
}

const commands: readonly Command[] = [
  {
    name: "new",
    description: "Start this session afresh; the old conversation stays on the disk.",
    acceptsArgs: false,
    run: (_args, sessionKey, { sessions }) => {
      sessions.reset(sessionKey);
      return "A new conversation begins.";
    },
  },
  {
    name: "verbose",
    description: "Show what tools do in this session: on or off.",
    acceptsArgs: true,
    run: (args, sessionKey, { sessions }) => {
      if (args !== "on" && args !== "off") return "Say /verbose on or /verbose off.";
      sessions.patch(sessionKey, { verboseLevel: args });
      return args === "on" ? "⚙️ Verbose logging enabled." : "⚙️ Verbose logging disabled.";
    },
  },
  {
    name: "approve",
    description: "Decide about an execution you were asked about: /approve ID allow-once or deny.",
    acceptsArgs: true,
    run: (args, _sessionKey, app, caller) =>
      caller === undefined ? "Use `moltbot approvals`, or the page." : approveFromChat(args, caller, app),
  },
];

const stop = { name: "stop", description: "End the current answer.", acceptsArgs: false };

/** Whether a message means: stop. */
export function isStop(message: string): boolean {
  return stopWords.has(message.trim().toLowerCase());
}

/** What a message asks the gateway itself to do: the work, giving the reply; undefined when it is for the agent. */
export function findCommand(
  message: string,
): ((sessionKey: string, app: Services, caller?: ChatCaller) => string) | undefined {
  const [, name, args = ""] = /^\/(\w+)(?:\s+(.*))?$/s.exec(message.trim()) ?? [];
  const command = commands.find((one) => one.name === name?.toLowerCase());
  return command && ((sessionKey, app, caller) => command.run(args.trim().toLowerCase(), sessionKey, app, caller));
}

/** All commands, as `commands.list` tells them. */
export function commandList() {
  return [stop, ...commands].map(({ name, description, acceptsArgs }) => ({
    name,
    textAliases: [`/${name}`],
    description,
    category: "session",
    source: "native" as const,
    scope: "text" as const,
    acceptsArgs,
  }));
}
