/** The networks again, for threads: each loads the one it serves and nothing of the others. */
import type { Channel } from "./contract.ts";

const loaders: Readonly<Record<string, () => Promise<Channel>>> = {
  discord: async () => (await import("./discord/index.ts")).discord,
  imessage: async () => (await import("./imessage/index.ts")).imessage,
  signal: async () => (await import("./signal/index.ts")).signal,
  slack: async () => (await import("./slack/index.ts")).slack,
  telegram: async () => (await import("./telegram/index.ts")).telegram,
  whatsapp: async () => (await import("./whatsapp/index.ts")).whatsapp,
};

/** Loads a network by its id. Throws when there is none of that name. */
export async function loadNetwork(id: string): Promise<Channel> {
  const load = loaders[id];
  if (!load) throw new Error(`no network is called ${id}`);
  return load();
}
