/** Links that are under way: a code is shown, somebody scans it, and the account starts. One at a time for each account. */
import type { Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import { within } from "../lib/within.ts";
import type { Account } from "./contract.ts";

/** How long somebody has to find their phone. */
const LOGIN_MS = 180_000;

/** Where a link stands. */
export type LoginState =
  | { state: "waiting"; qr?: string }
  | { state: "linked"; name: string }
  | { state: "failed"; problem: string };

/** One link. */
export class Login {
  #state: LoginState = { state: "waiting" };
  #changed = Promise.withResolvers<void>();

  get state(): LoginState {
    return this.#state;
  }

  /** Resolves when the state is another than `known`, or `signal` aborts. */
  async change(known: LoginState, signal: AbortSignal): Promise<LoginState> {
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => resolve(), { once: true });
    while (this.#state === known && !signal.aborted) await Promise.race([this.#changed.promise, promise]);
    return this.#state;
  }

  /** Called by {@link Logins}. How it ended is final, whatever an account still says. */
  set(state: LoginState): void {
    if (this.#state.state !== "waiting") return;
    this.#state = state;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** All of them. */
export class Logins {
  readonly #clock: Clock;
  readonly #current = new Map<string, { login: Login; abort: AbortController }>();
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The link of an account that is waiting, or has ended a moment ago. */
  find(key: string): Login | undefined {
    return this.#current.get(key)?.login;
  }

  /** Begins one; an earlier one of the account ends. `onLinked` is called when it is done. */
  begin(key: string, open: (signal: AbortSignal) => Account, onLinked: () => void): Login {
    this.end(key);
    const login = new Login();
    const abort = new AbortController();
    this.#current.set(key, { login, abort });
    const forget = () => {
      abort.abort();
      // Who waits for it still has to hear how it ended.
      this.#clock.after(LOGIN_MS, () => {
        if (this.#current.get(key)?.login === login) this.#current.delete(key);
      });
    };
    void this.#link(login, open, abort.signal).then((isLinked) => {
      forget();
      if (isLinked) onLinked();
    });
    return login;
  }

  /** Ends the link of an account, if one is under way. */
  end(key: string): void {
    this.#current.get(key)?.abort.abort(new Error("another link of this account was begun"));
  }

  /** Ends all of them. */
  close(): void {
    for (const { abort } of this.#current.values()) abort.abort(new Error("the gateway closed the account"));
    this.#current.clear();
  }

  /** Ends in time, also when the account does not. */
  async #link(login: Login, open: (signal: AbortSignal) => Account, signal: AbortSignal): Promise<boolean> {
    try {
      const self = await within({ clock: this.#clock, ms: LOGIN_MS, signals: [signal] }, async (limit) => {
        const account = open(signal);
        if (!account.login) throw new Error("this account has no link");
        return account.login(({ qr }) => login.set({ state: "waiting", qr }), limit);
      });
      login.set({ state: "linked", name: self.name ?? self.id });
      return true;
    } catch (error) {
      const isLate = error instanceof DOMException && error.name === "TimeoutError";
      const problem = isLate ? "nobody scanned the code in time: start again" : messageOf(error);
      login.set({ state: "failed", problem });
      return false;
    }
  }
}
