/** `moltbot status`. */
import { defineLeaf } from "../command.ts";
import { formatAge } from "../terminal.ts";

/** What is read of the declared result of `status`. */
interface Status {
  runtimeVersion: string;
  pid: number;
  uptimeMs: number;
  connections: number;
  heartbeat: { defaultAgentId: string };
  channelSummary: string[];
  sessions: {
    count: number;
    defaults: { model: string | null };
    recent: { key: string; agentId: string; age: number; model: string | null }[];
  };
}

export const status = defineLeaf({
  name: "status",
  summary: "What the gateway is doing",
  args: {},
  async run(_args, cli) {
    const target = await cli.target();
    const client = await cli.connect(["read"], target);
    const report = await client.request<Status>("status", {}, cli.requestOptions());
    await client.close();
    cli.print({ url: target.url, ...report }, () => {
      const { sessions, heartbeat, channelSummary } = report;
      const rows = sessions.recent.map(({ key, age, model }) => [key, `${formatAge(age)} ago`, model ?? "-"]);
      return [
        `gateway   ${target.url}, version ${report.runtimeVersion}, process ${report.pid}, up ${formatAge(report.uptimeMs)}`,
        `clients   ${report.connections}`,
        `agent     ${heartbeat.defaultAgentId}, model ${sessions.defaults.model ?? "none: the built-in assistant answers"}`,
        `channels  ${channelSummary.join(", ") || "none"}`,
        `sessions  ${sessions.count}`,
        ...(rows.length
          ? [
              "",
              cli.table(
                [{ title: "SESSION", isFlexible: true }, { title: "USED" }, { title: "MODEL", isFlexible: true }],
                rows,
              ),
            ]
          : []),
      ].join("\n");
    });
  },
});
