/** How the network delivers over HTTP: signed, one after another here, and again until it is taken. */
import { createHmac } from "node:crypto";

type Json = Record<string, unknown>;

/** What is delivered: an event as JSON, everything else as a form. */
export interface Parcel {
  type: string;
  payload: Json;
}

/** The request URL of an app. */
export class SlackHook {
  readonly signingSecret = "0123456789abcdefStandInSigningSecret";
  url = "";
  /** While true, nothing is delivered. */
  isPaused = false;
  /** The time that is signed. */
  nowSeconds = () => Date.UTC(2026, 0, 15, 12) / 1000;
  /** Statuses of the answers, in order. */
  readonly statuses: number[] = [];
  readonly #pending: Parcel[] = [];
  #isBusy = false;
  /** Somebody asked while it was busy. */
  #isWanted = false;

  push(parcel: Parcel): void {
    this.#pending.push(parcel);
    void this.retry();
  }

  /** Delivers what waits; the real one does so after a minute, and after five. */
  async retry(): Promise<void> {
    this.#isWanted = true;
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (this.#isWanted) {
      this.#isWanted = false;
      while (this.#pending[0] && !this.isPaused && (await this.#post(this.#pending[0]))) this.#pending.shift();
    }
    this.#isBusy = false;
  }

  async #post(parcel: Parcel): Promise<boolean> {
    const response = await fetch(this.url, { ...this.request(parcel), keepalive: false }).catch(() => undefined);
    this.statuses.push(response?.status ?? 0);
    await response?.body?.cancel();
    return response?.ok === true;
  }

  /** The request as it is signed. */
  request({ type, payload }: Parcel): { method: string; headers: Record<string, string>; body: string } {
    const isEvent = type === "events_api";
    const body = isEvent ? JSON.stringify(payload) : formOf(type, payload);
    return {
      method: "POST",
      body,
      headers: {
        "content-type": isEvent ? "application/json" : "application/x-www-form-urlencoded",
        ...this.sign(body),
      },
    };
  }

  sign(body: string, timestamp = String(this.nowSeconds())): Record<string, string> {
    const signature = createHmac("sha256", this.signingSecret).update(`v0:${timestamp}:${body}`).digest("hex");
    return { "x-slack-request-timestamp": timestamp, "x-slack-signature": `v0=${signature}` };
  }
}

function formOf(type: string, payload: Json): string {
  const fields = type === "interactive" ? { payload: JSON.stringify(payload) } : payload;
  return new URLSearchParams(fields as Record<string, string>).toString();
}
