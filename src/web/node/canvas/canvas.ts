/** The canvas commands: what the frame shows, what is asked of it, and taps that go to the gateway. */
import { type Clock, deadline } from "../../../lib/clock.ts";
import { type Fields, fieldsOf, listOf, textOf } from "../../shared/wire.ts";
import { encodePicture } from "../capture/picture.ts";
import { refuse } from "../failure.ts";
import type { Command, Work } from "../invocations.ts";
import type { Lends } from "../lends.ts";
import { numberIn, textIn, wordIn } from "../params.ts";
import { addressOf, type CanvasPlace, placeOf } from "./address.ts";
import { CanvasFrame } from "./frame.ts";

interface Needs {
  lends: Lends;
  clock: Clock;
  /** Where this page came from; the canvas is served there too. */
  origin: string;
  /** Gets the address of the canvas from the gateway; it holds a capability that ends with the connection. */
  freshUrl(): Promise<string>;
  /** Longest base64 that the gateway takes in one answer. */
  maxChars(): number;
  /** Passes a tap on; resolves with why it was not taken, or undefined. */
  sendTap(payload: unknown): Promise<string | undefined>;
  onChange(): void;
}

/** A capability lives ten minutes after its last use; an address that was not used for this long is made anew. */
const FRESH_MS = 8 * 60_000;
const HOME: CanvasPlace = { kind: "canvas", path: "/__openclaw__/canvas/" };
const SURFACES: CanvasPlace = { kind: "a2ui", path: "/__openclaw__/a2ui/" };
/** Defaults of the protocol (`protocol/nodes.md` section 6). */
const SNAPSHOT = { width: { jpeg: 1_600, png: 900 }, quality: 0.9 } as const;

export class Canvas {
  readonly frame: CanvasFrame;
  readonly #needs: Needs;
  #isShown = false;
  #place: CanvasPlace | undefined;
  #url: { value: string; usedAtMs: number } | undefined;
  /** A page was shown under an address that has ended. */
  #isStale = false;

  constructor(needs: Needs) {
    this.#needs = needs;
    this.frame = new CanvasFrame({
      onTap: (payload) => void this.#tap(payload),
      after: (delayMs, fn) => void needs.clock.after(delayMs, fn),
    });
  }

  get isShown(): boolean {
    return this.#isShown;
  }

  /** What it shows, as a person may read it: without the secret in the address. */
  get label(): string {
    if (this.#place === undefined) return "";
    return this.#place.kind === "a2ui" ? "A form" : this.#place.path.slice(HOME.path.length) || "index.html";
  }

  /** There is a new connection: addresses of the last one lead nowhere, so what was shown is loaded again. */
  connected(url: string | undefined): void {
    this.#url = url === undefined ? undefined : { value: url, usedAtMs: this.#needs.clock.monotonic() };
    this.#isStale = this.#place !== undefined;
    if (this.#place !== undefined && this.#isShown) void this.#reload(this.#place);
  }

  /** The person closes or opens it; an agent can open it again. */
  show(isShown: boolean): void {
    this.#isShown = isShown;
    this.#needs.onChange();
  }

  /** Opens the canvas as it was, or its first page. */
  async open(signal: AbortSignal): Promise<void> {
    this.show(true);
    if (this.#place === undefined || this.#isStale) await this.#go(this.#place ?? HOME, signal);
  }

  get commands(): [name: string, command: Command][] {
    const all: Record<string, (params: Fields, work: Work) => Promise<unknown>> = {
      "canvas.present": (params, { signal }) => this.#present(textIn(params, "url"), signal),
      "canvas.hide": async () => this.show(false),
      "canvas.navigate": (params, { signal }) => this.#present(textIn(params, "url") ?? "", signal),
      "canvas.eval": (params, { signal }) => this.#eval(params, signal),
      "canvas.snapshot": (params, { signal }) => this.#snapshot(params, signal),
      "canvas.a2ui.push": ({ messages }, { signal }) => this.#draw(listOf(messages), signal),
      "canvas.a2ui.pushJSONL": (params, { signal }) => this.#draw(parseLines(textIn(params, "jsonl") ?? ""), signal),
      "canvas.a2ui.reset": (_params, { signal }) => this.#reset(signal),
    };
    return Object.entries(all).map(([name, work]) => {
      const run: Command["run"] = async (params, given) => {
        this.#needs.lends.require("canvas");
        return await work(params, given);
      };
      return [name, { lane: "canvas", run }];
    });
  }

  async #present(url: string | undefined, signal: AbortSignal): Promise<void> {
    if (url === undefined) return await this.open(signal);
    const place = placeOf(url, this.#needs.origin);
    this.show(true);
    await this.#go(place, signal);
  }

  async #eval(params: Fields, signal: AbortSignal): Promise<{ result: string }> {
    const script = textIn(params, "javaScript");
    if (script === undefined || script === "") return refuse("INVALID_REQUEST", "javaScript is needed");
    await this.#settle(signal);
    if (this.frame.page === "a2ui")
      return refuse("UNAVAILABLE", "the A2UI page runs no script: navigate to a page of the canvas first");
    const result = await this.frame.ask({ js: script }, signal);
    return { result: typeof result === "string" ? result : (JSON.stringify(result) ?? "") };
  }

  async #snapshot(params: Fields, signal: AbortSignal): Promise<{ format: "jpeg" | "png"; base64: string }> {
    const format = wordIn(params, "format", ["jpeg", "jpg", "png"]) === "png" ? "png" : "jpeg";
    const maxWidth = numberIn(params, "maxWidth", { min: 1, max: 8_192, otherwise: SNAPSHOT.width[format] });
    const quality = numberIn(params, "quality", { min: 0.1, max: 1, otherwise: SNAPSHOT.quality });
    await this.#settle(signal);
    const taken = fieldsOf(await this.frame.ask({ snapshot: { format, maxWidth, quality } }, signal));
    const base64 = textOf(taken["base64"]);
    const isOfFormat = taken["format"] === format && base64 !== undefined && /^[A-Za-z0-9+/=]+$/.test(base64);
    if (!isOfFormat) return refuse("UNAVAILABLE", "the page gave no picture");
    const maxChars = this.#needs.maxChars();
    if (base64.length <= maxChars) return { format, base64 };
    const picture = new Image();
    picture.src = `data:image/${format};base64,${base64}`;
    await picture.decode();
    const frame = { source: picture, width: picture.naturalWidth, height: picture.naturalHeight };
    return { format, base64: (await encodePicture(frame, { format, maxWidth, quality, maxChars })).base64 };
  }

  async #draw(messages: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    if (messages.length === 0) return refuse("INVALID_REQUEST", "there are no messages");
    const isFresh = await this.#openSurfaces(signal);
    // A page that was just loaded shows what the gateway keeps, and that may be in these messages: opened twice, it fails.
    const shown = isFresh ? listOf(await this.frame.ask({ getSurfaces: true }, signal)) : [];
    const isOpened = (message: unknown) => shown.includes(fieldsOf(fieldsOf(message)["createSurface"])["surfaceId"]);
    const wanted = messages.filter((message) => !isOpened(message));
    return await this.frame.ask({ applyMessages: wanted }, signal);
  }

  async #reset(signal: AbortSignal): Promise<unknown> {
    if (this.#place?.kind !== "a2ui") return { ok: true, surfaces: [] };
    await this.#openSurfaces(signal);
    return await this.frame.ask({ reset: true }, signal);
  }

  /** Shows the A2UI page. True when it had to be loaded for that. */
  async #openSurfaces(signal: AbortSignal): Promise<boolean> {
    this.show(true);
    const isThere = this.#place?.kind === "a2ui" && !this.#isStale && this.frame.page === "a2ui";
    if (!isThere) await this.#go(SURFACES, signal);
    if (this.frame.page !== "a2ui") refuse("A2UI_HOST_UNAVAILABLE", "the gateway's A2UI page did not come up");
    return !isThere;
  }

  /** Makes sure that there is a page to ask. */
  async #settle(signal: AbortSignal): Promise<void> {
    if (this.#place === undefined || this.#isStale || this.frame.page === "none") await this.open(signal);
  }

  async #go(place: CanvasPlace, signal: AbortSignal): Promise<void> {
    const { address, hasBridge } = await this.#find(place, signal);
    this.#place = place;
    this.#isStale = false;
    this.#needs.onChange();
    await this.frame.load(address, place.kind, { hasBridge, signal });
  }

  /** Looks first whether the page is there: what a frame without an origin got, nobody can tell afterwards. */
  async #find(place: CanvasPlace, signal: AbortSignal): Promise<{ address: string; hasBridge: boolean }> {
    const { clock, origin } = this.#needs;
    const kept = this.#url;
    const isFresh = kept !== undefined && clock.monotonic() - kept.usedAtMs < FRESH_MS;
    for (const url of [...(isFresh ? [kept.value] : []), undefined]) {
      const value = url ?? (await this.#needs.freshUrl());
      const address = addressOf(place, value, origin);
      const { ok, headers } = await fetch(address, { method: "HEAD", cache: "no-store", signal });
      this.#url = { value, usedAtMs: clock.monotonic() };
      if (ok) return { address, hasBridge: headers.get("content-type")?.startsWith("text/html") ?? false };
    }
    return refuse("INVALID_REQUEST", `the canvas has no ${place.path.slice(HOME.path.length) || "page"}`);
  }

  async #reload(place: CanvasPlace): Promise<void> {
    try {
      await this.#go(place, deadline(this.#needs.clock, RELOAD_MS));
    } catch (error) {
      // It is tried again when the canvas is needed.
      this.#isStale = true;
      console.info("the canvas could not be loaded again", error);
    }
  }

  async #tap(payload: unknown): Promise<void> {
    const action = fieldsOf(fieldsOf(payload)["userAction"]);
    const id = textOf(action["id"]);
    // A tap of a person, not of a script: the browser knows.
    const { userActivation } = navigator;
    const isByPerson = userActivation === undefined || userActivation.isActive;
    const problem = isByPerson ? await this.#needs.sendTap(payload) : "nobody tapped there";
    this.frame.tell({ ...(id !== undefined && { id }), ok: problem === undefined, ...(problem && { error: problem }) });
  }
}

/** For loading a page again after a reconnect; nobody waits for it. */
const RELOAD_MS = 10_000;

function parseLines(jsonl: string): unknown[] {
  return jsonl
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line, index) => {
      try {
        return JSON.parse(line) as unknown;
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        return refuse("INVALID_REQUEST", `line ${index + 1} is no JSON`);
      }
    });
}
