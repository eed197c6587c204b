/** Linking accounts to their networks by a code that a phone scans, and ending such links. */
import { type Clock, deadline } from "../lib/clock.ts";
import { type Account, type Channel, ChannelError } from "./contract.ts";
import type { MainHost } from "./isolation/remote.ts";
import { type Login, Logins } from "./logins.ts";

/** How long the end of a link may take; after that the network has to notice by itself. */
const LOGOUT_MS = 15_000;

/** One account, as far as linking is concerned. */
export interface Linkable {
  channel: Channel;
  accountId: string;
  /** Another account of the same login, which never runs. */
  make: (host: MainHost) => Account;
  host: Omit<MainHost, "signal" | "connected" | "heard" | "receive">;
  supervisor: { start(): void; stop(): Promise<void> };
}

/** The links of all accounts. */
export class Linking {
  readonly #accounts: () => Iterable<Linkable>;
  readonly #clock: Clock;
  readonly #logins: Logins;
  constructor(accounts: () => Iterable<Linkable>, clock: Clock) {
    this.#accounts = accounts;
    this.#clock = clock;
    this.#logins = new Logins(clock);
  }

  /**
   * Begins to link an account, unless that is under way, and stops it meanwhile. Without a channel it is the one whose
   * accounts are linked. `force` ends a link that is there first. A string says why it cannot be.
   */
  async login(channelId: string | undefined, accountId: string | undefined, force: boolean): Promise<Login | string> {
    const account = this.#find(channelId, accountId);
    if (!account) return "no configured network has accounts to link";
    const { channel, supervisor, make, host } = account;
    const key = keyOf(account);
    const known = this.#logins.find(key);
    if (known?.state.state === "waiting" && !force) return known;
    await supervisor.stop();
    this.#logins.end(key);
    if (force) await this.logout(channel.id, account.accountId);
    return this.#logins.begin(
      key,
      (signal) => make(idleHost(host, signal)),
      () => supervisor.start(),
    );
  }

  /** The link that is under way, or has ended a moment ago. */
  loginOf(channelId: string | undefined, accountId: string | undefined): Login | undefined {
    const account = this.#find(channelId, accountId);
    return account && this.#logins.find(keyOf(account));
  }

  /** Stops an account, ends its link on the network, and deletes its keys. A string says why it cannot be. */
  async logout(channelId: string, accountId: string | undefined): Promise<{ accountId: string } | string> {
    const named = [...this.#accounts()].find(
      (one) => one.channel.id === channelId && (accountId === undefined || one.accountId === accountId),
    );
    if (!named) return `no account on ${channelId}: configure one`;
    if (named.channel.capabilities.login === undefined) return `channel ${channelId} does not support logout`;
    await named.supervisor.stop();
    const ending = new AbortController();
    try {
      await named.make(idleHost(named.host, ending.signal)).logout?.(deadline(this.#clock, LOGOUT_MS));
    } finally {
      ending.abort();
    }
    return { accountId: named.accountId };
  }

  /** Ends what is under way. */
  close(): void {
    this.#logins.close();
  }

  #find(channelId: string | undefined, accountId: string | undefined): Linkable | undefined {
    return [...this.#accounts()].find(
      (one) =>
        one.channel.capabilities.login !== undefined &&
        (channelId === undefined || one.channel.id === channelId) &&
        (accountId === undefined || one.accountId === accountId),
    );
  }
}

/** The host of an account that is linked or unlinked and never runs. */
function idleHost(host: Linkable["host"], signal: AbortSignal): MainHost {
  const nothing = () => undefined;
  const refuse = () => Promise.reject(new ChannelError("transient", "this account does not run"));
  return { ...host, signal, connected: nothing, heard: nothing, receive: refuse };
}

function keyOf({ channel, accountId }: Linkable): string {
  return `${channel.id} ${accountId}`;
}
