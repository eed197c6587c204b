/** As what the chat connects: an operator with all rights, like every control page. */
import type { Persona } from "../shared/gateway.ts";

export const chatPersona: Persona = {
  clientId: "openclaw-control-ui",
  clientMode: "webchat",
  role: "operator",
  scopes: ["operator.admin", "operator.approvals", "operator.pairing"],
  /** The protocol's reconnect schedule for pages. */
  backoff: { firstMs: 800, factor: 1.7, maxMs: 15_000 },
  describe: () => ({ client: {}, claims: { caps: ["tool-events"] } }),
};
