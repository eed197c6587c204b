/** Opens accounts in the thread of the test, where a turned clock reaches them; the program opens them in threads of their own. */
import type { ChannelHost } from "../../src/channels/contract.ts";
import type { MainHost, OpenAccount } from "../../src/channels/isolation/remote.ts";
import { openVaultFile, Vault } from "../../src/store/vault.ts";
import type { TestHost } from "../channels/contract.ts";

/** As `openInThread`, without a thread, and with keys in memory. */
export const openHere: OpenAccount = (channel, config, host, env) => channel.open(config as never, hostHere(host), env);

/** The contract's host, of what the main thread has. */
export function hostHere({ facts, remember, ...host }: MainHost): ChannelHost {
  return {
    ...host,
    memory: { get: (key) => facts()[key], set: remember },
    vault: () => new Vault(openVaultFile(":memory:"), { channel: "test", accountId: host.accountId }, host.clock.now),
  };
}

/** What the main thread has, of a test's host. */
export function mainHostOf({ accountId, ids, clock, log, commands, facts }: TestHost) {
  return {
    accountId,
    ids,
    clock,
    log,
    commands,
    facts: () => Object.fromEntries(facts),
    remember: (key: string, value: string) => void facts.set(key, value),
  };
}
