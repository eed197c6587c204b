/**
 * Receives: one connection of Socket Mode at a time, each envelope stored before it is acknowledged, in the order they
 * came. A connection the network wants to renew is replaced before it is let go; any other end ends the run, and the
 * supervisor decides what is next. What came twice is not skipped here: the inbox knows event ids.
 */
import { ChannelError, type ChannelHost } from "../contract.ts";
import type { WebApi } from "./client.ts";
import { forContract } from "./errors.ts";
import type { Intake } from "./intake.ts";
import { type Json, objectAt, textAt } from "./json.ts";
import { Line, type LineEvents } from "./line.ts";

/** Envelopes that may wait for the disk. The network gives up on one after three seconds, so that more is a jam. */
const MAX_WAITING = 500;
/** A line the network wants renewed sooner than this is trouble, and not to be answered with one line after another. */
const MIN_LINE_MS = 5_000;

export interface ReceiverOptions {
  api: WebApi;
  host: ChannelHost;
  intake: Intake;
}

/** Runs once. */
export class Receiver implements LineEvents {
  readonly #options: ReceiverOptions;
  readonly #lines = new Set<Line>();
  /** Lines that are being replaced; that they end is no news. */
  readonly #retiring = new WeakSet<Line>();
  readonly #ended = Promise.withResolvers<never>();
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #isOver = false;

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  /** Receives until the account stops or something fails; rejects in either case. */
  async run(onConnected: () => void): Promise<never> {
    const { signal } = this.#options.host;
    const onAbort = () => this.#fail(signal.reason);
    signal.addEventListener("abort", onAbort);
    this.#ended.promise.catch(() => undefined); // It may fail before anybody waits for it.
    try {
      signal.throwIfAborted();
      await Promise.race([this.#open(), this.#ended.promise]);
      onConnected();
      return await this.#ended.promise;
    } finally {
      this.#isOver = true;
      signal.removeEventListener("abort", onAbort);
      for (const line of this.#lines) line.close();
    }
  }

  onFrame(frame: Json, line: Line): void {
    if (frame["type"] === "disconnect") return this.#onDisconnect(textAt(frame, "reason") ?? "", line);
    const envelopeId = textAt(frame, "envelope_id");
    const type = textAt(frame, "type");
    if (envelopeId === undefined || type === undefined) return;
    this.#enqueue(async () => {
      await this.#options.intake.store({ type, payload: objectAt(frame, "payload") }, envelopeId);
      line.acknowledge(envelopeId);
    });
  }

  onSign(): void {
    this.#options.host.heard();
  }

  onGarbage(): void {
    this.#options.host.log.warn("frame cannot be read and is skipped");
  }

  onEnd(line: Line, error: ChannelError): void {
    this.#lines.delete(line);
    if (!this.#retiring.has(line)) this.#fail(error);
  }

  async #open(): Promise<Line> {
    const { api, host } = this.#options;
    const { url = "" } = await forContract(() => api.call("apps.connections.open"));
    const protocol = URL.parse(url)?.protocol;
    if (protocol !== "wss:" && !(protocol === "ws:" && api.isPlain))
      throw new ChannelError("transient", "Slack names an address for the connection that is not wss");
    if (this.#isOver) throw new ChannelError("transient", "the connection was given up");
    const line = new Line(url, host.clock, this);
    this.#lines.add(line);
    await line.opened;
    return line;
  }

  #onDisconnect(reason: string, line: Line): void {
    switch (reason) {
      case "warning":
      case "refresh_requested":
        return this.#renew(line);
      case "link_disabled":
        return this.#fail(
          new ChannelError("auth", "Socket Mode is switched off for the Slack app: switch it on in its settings"),
        );
      default:
        return this.#fail(new ChannelError("transient", `Slack ends the connection: ${reason.slice(0, 100)}`));
    }
  }

  #renew(old: Line): void {
    if (this.#retiring.has(old)) return;
    const { clock, log } = this.#options.host;
    if (clock.monotonic() - old.openedAtMs < MIN_LINE_MS)
      return this.#fail(new ChannelError("transient", "Slack ends the connection right after it began"));
    this.#retiring.add(old);
    this.#open().then(
      () => {
        log.debug("connection renewed");
        // What came on the old line is acknowledged there first.
        this.#enqueue(async () => {
          this.#lines.delete(old);
          old.close();
        });
      },
      (error: unknown) => this.#fail(error),
    );
  }

  /** One thing after another, so that events of a chat stay in their order. After a failure nothing is stored. */
  #enqueue(work: () => Promise<void>): void {
    if (++this.#waiting > MAX_WAITING)
      this.#fail(new ChannelError("transient", "messages come faster than they can be stored"));
    this.#tail = this.#tail
      .then(() => (this.#isOver ? undefined : work()))
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#waiting--;
      });
  }

  #fail(reason: unknown): void {
    this.#isOver = true;
    this.#ended.reject(reason);
  }
}
