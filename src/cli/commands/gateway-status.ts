/** `moltbot gateway status`: whether a gateway runs here, and how to reach it. Asks the lock first, then the gateway. */
import type { HealthSummary } from "#schemas/health.ts";
import { defineLeaf } from "../command.ts";
import { formatAge } from "../terminal.ts";

export const gatewayStatus = defineLeaf({
  name: "status",
  summary: "Whether a gateway is running, where, and since when",
  args: {},
  async run(_args, cli) {
    const target = await cli.target();
    const client = await cli.connect(["read"], target);
    const health = await client.request<HealthSummary>("health", {}, cli.requestOptions());
    await client.close();
    const { server, snapshot } = client.hello;
    const facts = {
      running: true,
      url: target.url,
      version: server.version,
      uptimeMs: snapshot.uptimeMs,
      ...(target.holder ? { pid: target.holder.pid, port: target.holder.port, stateDir: cli.paths.stateDir } : {}),
      ...(target.tlsFingerprint === undefined ? {} : { tlsFingerprint: target.tlsFingerprint }),
      health,
    };
    cli.print(facts, () =>
      [
        `${cli.paint("green", "running")} at ${target.url}, version ${server.version}, for ${formatAge(snapshot.uptimeMs)}`,
        ...(target.holder ? [`process ${target.holder.pid}, state in ${cli.paths.stateDir}`] : []),
        ...(health.safeMode ?? []).map((reason) => cli.paint("yellow", `safe mode: ${reason}`)),
      ].join("\n"),
    );
  },
});
