/** The command tree. Each command is loaded when it is named; help and completion load them all. */
import { defineBranch } from "./command.ts";

export const root = defineBranch({
  name: "moltbot",
  summary: "One gateway for your messages, and the agents that answer them.",
  children: {
    gateway: async () => (await import("./commands/gateway.ts")).gateway,
    health: async () => (await import("./commands/health.ts")).health,
    status: async () => (await import("./commands/status.ts")).status,
    agent: async () => (await import("./commands/agent.ts")).agent,
    send: async () => (await import("./commands/send.ts")).send,
    message: async () => (await import("./commands/message.ts")).message,
    poll: async () => (await import("./commands/message.ts")).poll,
    channels: async () => (await import("./commands/channels.ts")).channels,
    pairing: async () => (await import("./commands/pairing.ts")).pairing,
    queue: async () => (await import("./commands/queue.ts")).queue,
    explain: async () => (await import("./commands/queue.ts")).explain,
    sessions: async () => (await import("./commands/sessions.ts")).sessions,
    node: async () => (await import("./commands/node.ts")).node,
    nodes: async () => (await import("./commands/nodes.ts")).nodes,
    approvals: async () => (await import("./commands/approvals.ts")).approvals,
    devices: async () => (await import("./commands/devices.ts")).devices,
    config: async () => (await import("./commands/config.ts")).config,
    logs: async () => (await import("./commands/logs.ts")).logs,
    events: async () => (await import("./commands/events.ts")).events,
    dashboard: async () => (await import("./commands/dashboard.ts")).dashboard,
    call: async () => (await import("./commands/call.ts")).call,
    protocol: async () => (await import("./commands/protocol.ts")).protocol,
    completion: async () => (await import("./commands/completion.ts")).completion,
    version: async () => (await import("./commands/version.ts")).version,
  },
});
