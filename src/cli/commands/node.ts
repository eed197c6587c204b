/** `moltbot node`: this computer as a node of a gateway. */
import { defineBranch } from "../command.ts";

export const node = defineBranch({
  name: "node",
  summary: "Lend this computer to a gateway: run commands on it, show notes",
  default: "run",
  children: {
    run: async () => (await import("./node-run.ts")).nodeRun,
    install: async () => (await import("./node-service.ts")).nodeInstall,
    uninstall: async () => (await import("./node-service.ts")).nodeUninstall,
    status: async () => (await import("./node-status.ts")).nodeStatus,
  },
});
