/**
 * The frame in which agents show pages. It has no origin of its own and can do nothing to the page around it; the two
 * talk by messages, and who speaks is known by the window it speaks from, because an origin that is none tells nothing.
 */
import { type Fields, fieldsOf, textOf } from "../../shared/wire.ts";
import { CommandFailure } from "../failure.ts";

/** What is in the frame: nothing, an agent's page, the page that draws A2UI, or something without a bridge. */
export type FramePage = "none" | "canvas" | "a2ui" | "bare";

interface Needs {
  /** Somebody tapped something on the A2UI page. */
  onTap(payload: unknown): void;
  after(delayMs: number, fn: () => void): void;
}

/** A page that was loaded and has not said within this time that its bridge is there has none. */
const BRIDGE_MS = 5_000;
const ANSWER = "openclaw:canvas-answer";
const READY = "openclaw:canvas-ready";
const TAP = "openclaw:a2ui-action";

interface Question {
  resolve(result: unknown): void;
  reject(error: CommandFailure): void;
}

export class CanvasFrame {
  /** Belongs into the page once, and stays there: a frame that is moved loads anew. */
  readonly element: HTMLIFrameElement;
  readonly #needs: Needs;
  readonly #questions = new Map<number, Question>();
  #nextId = 1;
  #page: FramePage = "none";
  /** What was asked to be shown; only the A2UI page may report taps. */
  #wanted: "canvas" | "a2ui" = "canvas";
  /** How long to wait for the bridge of what was loaded. */
  #bridgeMs = BRIDGE_MS;
  #onSettled: ((page: FramePage) => void) | undefined;
  /** Counts loads, so that the end of a wait for one that was replaced changes nothing. */
  #loads = 0;

  constructor(needs: Needs) {
    this.#needs = needs;
    this.element = document.createElement("iframe");
    this.element.title = "Canvas";
    this.element.setAttribute("sandbox", "allow-scripts allow-forms allow-popups");
    this.element.setAttribute("allow", "");
    this.element.referrerPolicy = "no-referrer";
    this.element.addEventListener("load", () => this.#onLoad());
    addEventListener("message", (event) => this.#receive(event));
  }

  get page(): FramePage {
    return this.#page;
  }

  /** Shows an address. Resolves when its bridge is there, or it turned out to have none, as pictures do. */
  load(
    address: string,
    wanted: "canvas" | "a2ui",
    given: { hasBridge: boolean; signal: AbortSignal },
  ): Promise<FramePage> {
    this.#loads += 1;
    this.#page = "none";
    this.#wanted = wanted;
    this.#bridgeMs = given.hasBridge ? BRIDGE_MS : 0;
    this.#drop("another page was opened meanwhile");
    const { promise, resolve, reject } = Promise.withResolvers<FramePage>();
    this.#onSettled = resolve;
    given.signal.addEventListener("abort", () => reject(given.signal.reason), { once: true });
    this.element.src = address;
    return promise;
  }

  /** Asks the page in the frame something and resolves with what it says. */
  ask(question: Fields, signal: AbortSignal): Promise<unknown> {
    const window = this.element.contentWindow;
    if (window === null || this.#page === "none") return Promise.reject(nothingShown());
    if (this.#page === "bare")
      return Promise.reject(
        new CommandFailure("UNAVAILABLE", "what the canvas shows cannot be asked: it is no page of ours"),
      );
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#questions.set(id, { resolve, reject });
    const onAbort = () => {
      this.#questions.delete(id);
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    window.postMessage({ id, ...question }, "*");
    return promise.finally(() => signal.removeEventListener("abort", onAbort));
  }

  /** Tells the page what became of a tap. */
  tell(actionStatus: Fields): void {
    this.element.contentWindow?.postMessage({ actionStatus }, "*");
  }

  #onLoad(): void {
    if (this.#onSettled === undefined) return;
    const load = this.#loads;
    this.#needs.after(this.#bridgeMs, () => {
      if (load === this.#loads) this.#settle("bare");
    });
  }

  #settle(page: FramePage): void {
    const settled = this.#onSettled;
    if (settled === undefined) return;
    this.#page = page;
    this.#onSettled = undefined;
    settled(page);
  }

  #receive({ source, data }: MessageEvent): void {
    const window = this.element.contentWindow;
    if (window === null || source !== window) return;
    const message = fieldsOf(data);
    switch (message["type"]) {
      case READY:
        return this.#begin(message["page"]);
      case ANSWER:
        return this.#answer(message);
      case TAP:
        if (this.#wanted === "a2ui" && this.#page === "a2ui") this.#needs.onTap(message["payload"]);
    }
  }

  #begin(said: unknown): void {
    // A page that is there again was reloaded; what it was asked before, it does not know.
    this.#drop("the page was loaded anew meanwhile");
    const page = said === "a2ui" && this.#wanted === "a2ui" ? "a2ui" : "canvas";
    if (this.#onSettled === undefined) this.#page = page;
    else this.#settle(page);
  }

  #answer(message: Fields): void {
    const id = message["id"];
    const question = typeof id === "number" ? this.#questions.get(id) : undefined;
    if (question === undefined) return;
    this.#questions.delete(id as number);
    if (message["ok"] === true) question.resolve(message["result"]);
    else question.reject(new CommandFailure("UNAVAILABLE", textOf(message["error"]) ?? "the page could not do it"));
  }

  #drop(reason: string): void {
    for (const question of this.#questions.values()) question.reject(new CommandFailure("UNAVAILABLE", reason));
    this.#questions.clear();
  }
}

function nothingShown(): CommandFailure {
  return new CommandFailure("UNAVAILABLE", "the canvas shows nothing: present a page first");
}
