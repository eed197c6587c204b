/** Who calls, as approvals know it. */

import type { Call } from "../../gateway/dispatch.ts";
import type { ExecParty } from "../../nodes/approvals.ts";

/** The caller of a method. */
export function partyOf({ connection, caller }: Call): ExecParty {
  return {
    connectionId: connection.id,
    deviceId: caller.deviceId,
    label: caller.client.displayName ?? caller.client.id,
  };
}
