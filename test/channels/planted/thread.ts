/**
 * The thread of an account as the program has it, with a fault in every adapter: a message that says so makes it throw,
 * reject, hang or spin, after the event was stored. Built into an executable of its own by containment.test.ts.
 */
import type { Channel, ChannelHost } from "../../../src/channels/contract.ts";
import { serveAccount } from "../../../src/channels/isolation/serve.ts";
import { loadNetwork } from "../../../src/channels/load.ts";

const faults: Readonly<Record<string, () => Promise<void> | void>> = {
  throw: () =>
    void setTimeout(() => {
      throw new Error("planted: thrown where nobody catches");
    }),
  reject: () => void Promise.reject(new Error("planted: rejected where nobody looks")),
  hang: () => new Promise<void>(() => undefined),
  spin: () => {
    for (;;);
  },
};

function plant(channel: Channel): Channel {
  const faulty = (host: ChannelHost): ChannelHost => ({
    ...host,
    receive: async (event) => {
      await host.receive(event);
      // What the agent says about it is not it.
      const [, fault = ""] = /^planted (\w+)$/.exec(event.text ?? "") ?? [];
      // Once for each message: the network tells it again when it was not told in time that we have it.
      const key = `planted ${event.eventId}`;
      if (host.memory.get(key) !== undefined) return;
      if (fault !== "") host.memory.set(key, fault);
      await faults[fault]?.();
    },
  });
  return { ...channel, open: (config, host, env) => channel.open(config, faulty(host), env) };
}

serveAccount(async (id) => plant(await loadNetwork(id)));
