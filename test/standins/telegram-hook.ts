/** How the Bot API delivers to an address: one update after another, each until it is taken. */

type Json = Record<string, unknown>;

/** The address of a bot, and what waits for it. */
export class HookDelivery {
  url = "";
  /** While true, nothing is delivered. */
  isPaused = false;
  #secret: string | undefined;
  #pending: Json[] = [];
  #lastError: { last_error_date: number; last_error_message: string } | undefined;
  #isBusy = false;
  /** There was news while it was busy. */
  #isWanted = false;
  readonly #nowSeconds: () => number;
  /** Performs a call that came as the answer to a delivery. */
  readonly #perform: (method: string, payload: Json) => void;

  constructor(options: { nowSeconds: () => number; perform: (method: string, payload: Json) => void }) {
    this.#nowSeconds = options.nowSeconds;
    this.#perform = options.perform;
  }

  get waiting(): number {
    return this.#pending.length;
  }

  /** Delivers there from now on, beginning with what waits. */
  open(url: string, secret: string | undefined): void {
    this.url = url;
    this.#secret = secret;
    void this.#deliver();
  }

  close(): Json[] {
    this.url = "";
    return this.#pending.splice(0);
  }

  push(update: Json): void {
    this.#pending.push(update);
    void this.#deliver();
  }

  info(): Json {
    const { url, waiting } = this;
    return { url, has_custom_certificate: false, pending_update_count: waiting, ...this.#lastError };
  }

  /** What is not taken waits until there is news; the real one tries again after a while. */
  async #deliver(): Promise<void> {
    this.#isWanted = true;
    if (this.#isBusy) return;
    this.#isBusy = true;
    const isOpen = () => this.url !== "" && !this.isPaused;
    while (this.#isWanted) {
      this.#isWanted = false;
      while (this.#pending[0] && isOpen() && (await this.#post(this.#pending[0]))) this.#pending.shift();
    }
    this.#isBusy = false;
  }

  async #post(update: Json): Promise<boolean> {
    const headers = new Headers({ "content-type": "application/json" });
    if (this.#secret !== undefined) headers.set("X-Telegram-Bot-Api-Secret-Token", this.#secret);
    const response = await fetch(this.url, {
      method: "POST",
      headers,
      body: JSON.stringify(update),
      keepalive: false,
    }).catch(() => undefined);
    const text = (await response?.text()) ?? "";
    if (!response?.ok) {
      const status = response?.status ?? "connection refused";
      const last_error_message = `Wrong response from the webhook: ${status}`;
      this.#lastError = { last_error_date: this.#nowSeconds(), last_error_message };
      return false;
    }
    if (text !== "") {
      const { method, ...payload } = JSON.parse(text) as { method: string };
      this.#perform(method, payload);
    }
    return true;
  }
}
