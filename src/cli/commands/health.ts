/** `moltbot health`. */
import type { HealthSummary } from "#schemas/health.ts";
import { defineLeaf } from "../command.ts";
import { formatAge } from "../terminal.ts";

export const health = defineLeaf({
  name: "health",
  summary: "Is everything well: storage, agents, channels",
  args: { probe: { type: "boolean", description: "look anew instead of answering from the last look" } },
  async run(args, cli) {
    const summary = await cli.call<HealthSummary>("health", args.probe ? { probe: true } : {});
    cli.print(summary, () => words(summary, cli.io.clock.now()).join("\n"));
    return summary.storage.isWritable ? 0 : 1;
  },
});

function words(summary: HealthSummary, nowMs: number): string[] {
  const { storage, agents, sessions, channelOrder, safeMode = [], ts } = summary;
  return [
    `storage   ${storage.isWritable ? "writable" : `not writable: ${storage.problem ?? "unknown problem"}`}`,
    `agents    ${agents.map(({ agentId, isDefault }) => (isDefault ? `${agentId} (default)` : agentId)).join(", ")}`,
    `sessions  ${sessions.count}`,
    `channels  ${channelOrder.join(", ") || "none"}`,
    `seen      ${formatAge(nowMs - ts)} ago`,
    ...safeMode.map((reason) => `safe mode ${reason}`),
  ];
}
