/** Reads the `bindings` and `broadcast` sections of the configuration into what routing works with. Pure. */
import { idKey } from "./ids.ts";
import type { Binding } from "./route.ts";

interface WrittenBinding {
  agentId?: string | undefined;
  match?:
    | {
        channel?: string | undefined;
        accountId?: string | undefined;
        peer?: { kind?: "direct" | "dm" | "group" | "channel" | undefined; id?: string | undefined } | undefined;
      }
    | undefined;
}

/** The rules that say whom and where. One that says too little matches nothing. */
export function bindingsOf(written: readonly WrittenBinding[]): Binding[] {
  return written.flatMap(({ agentId, match }) => {
    const { channel, accountId, peer } = match ?? {};
    if (!agentId || !channel || (peer && !(peer.kind && peer.id))) return [];
    return [
      {
        agentId,
        match: {
          channel,
          ...(accountId === undefined ? {} : { accountId }),
          ...(peer?.kind && peer.id ? { peer: { kind: peer.kind, id: peer.id } } : {}),
        },
      },
    ];
  });
}

/** The chats that several agents hear. */
export function broadcastOf(written: Record<string, string[] | "parallel" | "sequential">): {
  agents: ReadonlyMap<string, readonly string[]>;
  isParallel: boolean;
} {
  const chats = Object.entries(written).flatMap(([id, agents]) =>
    Array.isArray(agents) ? [[idKey(id), agents] as const] : [],
  );
  return { agents: new Map(chats), isParallel: written["strategy"] !== "sequential" };
}
