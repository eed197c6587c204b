/** `moltbot gateway probe`: can this gateway be reached from here, with this secret, and how fast. */
import { defineLeaf } from "../command.ts";

export const gatewayProbe = defineLeaf({
  name: "probe",
  summary: "Connect, call health, and say how long each took",
  args: {},
  async run(_args, cli) {
    const { clock } = cli.io;
    const target = await cli.target();
    const start = clock.monotonic();
    const client = await cli.connect(["read"], target);
    const connected = clock.monotonic();
    await client.request("health", {}, cli.requestOptions());
    const answered = clock.monotonic();
    await client.close();
    const { server, protocol, auth } = client.hello;
    const result = {
      ok: true,
      url: target.url,
      version: server.version,
      protocol,
      scopes: auth.scopes,
      connectMs: round(connected - start),
      callMs: round(answered - connected),
    };
    cli.print(
      result,
      () =>
        `${target.url}: version ${server.version}, connected in ${result.connectMs} ms, health in ${result.callMs} ms`,
    );
  },
});

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
