/** `moltbot gateway`: the gateway itself, and questions to a running one. */
import { defineBranch } from "../command.ts";

export const gateway = defineBranch({
  name: "gateway",
  summary: "Run the gateway in the foreground, or ask a running one",
  default: "run",
  children: {
    run: async () => (await import("./gateway-run.ts")).gatewayRun,
    status: async () => (await import("./gateway-status.ts")).gatewayStatus,
    probe: async () => (await import("./gateway-probe.ts")).gatewayProbe,
    health: async () => (await import("./health.ts")).health,
    call: async () => (await import("./call.ts")).call,
  },
});
