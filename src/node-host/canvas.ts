/**
 * `canvas.*` in a browser without a window (`protocol/nodes.md` section 6): pages of the gateway's canvas are opened,
 * asked and pictured. Commands run one after the other. Nobody sees it, so nobody taps: forms are shown for pictures.
 */
import { Type } from "@sinclair/typebox";
import { Lenient, Nullable, OneOf } from "#schemas/primitives.ts";
import type { Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import { validator } from "../lib/validate.ts";
import { within } from "../lib/within.ts";
import { type Browser, closeBrowser, openView } from "./browser.ts";
import { kindOf, pageAt, surfacesAt } from "./canvas-address.ts";
import type { Command } from "./command.ts";
import { CommandFailure, invalid, readParams, unavailable } from "./failure.ts";

/** How long one command may take, the start of the browser included. */
const COMMAND_MS = 25_000;
/** Widest picture when nobody says (`protocol/nodes.md` section 6). */
const WIDTHS = { png: 900, jpeg: 1_600 } as const;
const JPEG_QUALITY = 0.9;
/** The size of a page that nobody gave a size, and the longest side of one. */
const WIDTH = 1_280;
const HEIGHT = 800;
const MAX_SIDE = 4_096;

const Maybe = <T extends Parameters<typeof Nullable>[0]>(schema: T) => Type.Optional(Nullable(schema));
const Size = Maybe(Type.Number());
const shapes = {
  present: validator(
    Lenient({
      url: Maybe(Type.String()),
      placement: Maybe(Lenient({ x: Size, y: Size, width: Size, height: Size })),
    }),
  ),
  navigate: validator(Lenient({ url: Maybe(Type.String()) })),
  eval: validator(Lenient({ javaScript: Type.String({ minLength: 1 }) })),
  snapshot: validator(
    Lenient({
      maxWidth: Maybe(Type.Number({ minimum: 1 })),
      quality: Maybe(Type.Number({ minimum: 0, maximum: 1 })),
      format: Maybe(OneOf(["png", "jpeg", "jpg"])),
    }),
  ),
  push: validator(Lenient({ messages: Type.Array(Type.Unknown()) })),
};

/** The answer of the browser to a script (`Runtime.evaluate`). */
interface Evaluated {
  result: { value?: unknown; description?: string };
  exceptionDetails?: { text?: string; exception?: { description?: string } };
}

/** The canvas of one host. */
export class Canvas implements Disposable {
  readonly #browser: Browser;
  readonly #freshUrl: () => Promise<string>;
  readonly #clock: Clock;
  #view: Bun.WebView | undefined;
  #base = "";
  /** The end of the command before. */
  #last: Promise<unknown> = Promise.resolve();
  constructor(needs: {
    browser: Browser;
    /** Asks the gateway for an address of the canvas that is open to this node. */
    freshUrl: () => Promise<string>;
    clock: Clock;
  }) {
    this.#browser = needs.browser;
    this.#freshUrl = needs.freshUrl;
    this.#clock = needs.clock;
  }

  /** Its commands by name. */
  commands(): [name: string, command: Command][] {
    const inTurn =
      (work: (params: unknown) => Promise<unknown>): Command =>
      (params, signal) =>
        this.#inTurn(() => work(params), signal);
    return [
      ["canvas.present", inTurn((params) => this.#present(params))],
      ["canvas.hide", inTurn(async () => this[Symbol.dispose]())],
      ["canvas.navigate", inTurn((params) => this.#show(readParams(shapes.navigate, params).url ?? ""))],
      ["canvas.eval", inTurn((params) => this.#eval(params))],
      ["canvas.snapshot", inTurn((params) => this.#snapshot(params))],
      ["canvas.a2ui.push", inTurn((params) => this.#push(params))],
      ["canvas.a2ui.reset", inTurn(() => this.#onSurfaces("reset", []))],
    ];
  }

  /** Closes the page and ends the browser. */
  [Symbol.dispose](): void {
    if (!this.#view) return;
    this.#view.close();
    this.#view = undefined;
    closeBrowser();
  }

  async #inTurn(work: () => Promise<unknown>, signal: AbortSignal): Promise<unknown> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    try {
      return await within({ clock: this.#clock, ms: COMMAND_MS, signals: [signal] }, async () => {
        await before;
        return work();
      });
    } catch (error) {
      if (error instanceof CommandFailure) throw error;
      // A browser that hangs or is gone is given up; the next command starts another.
      this[Symbol.dispose]();
      return unavailable(`the browser did not do it: ${messageOf(error)}`);
    } finally {
      resolve();
    }
  }

  async #present(params: unknown): Promise<undefined> {
    const { url, placement } = readParams(shapes.present, params);
    if (url || !this.#view || !this.#shownKind()) await this.#show(url ?? "");
    const { width, height } = placement ?? {};
    if (width || height) await this.#resize(width ?? WIDTH, height ?? HEIGHT);
  }

  async #show(meant: string): Promise<undefined> {
    this.#base = await this.#freshUrl();
    await this.#goTo(pageAt(meant, this.#base));
  }

  async #goTo(address: string): Promise<void> {
    const isNew = this.#view === undefined;
    this.#view ??= openView(this.#browser, address);
    await this.#view.navigate(address);
    if (isNew) await this.#resize(WIDTH, HEIGHT);
  }

  /** The page itself, without the edges of a window that is not there. */
  async #resize(width: number, height: number): Promise<void> {
    const side = (wanted: number) => Math.max(1, Math.min(MAX_SIDE, Math.round(wanted)));
    const size = { width: side(width), height: side(height) };
    await this.#view?.cdp("Emulation.setDeviceMetricsOverride", { ...size, deviceScaleFactor: 1, mobile: false });
  }

  async #eval(params: unknown): Promise<object> {
    const { javaScript } = readParams(shapes.eval, params);
    if (this.#shownKind() === "a2ui") invalid("the A2UI page runs no script: navigate to a page of the canvas first");
    const value = await this.#run(javaScript);
    return { result: typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined") };
  }

  async #snapshot(params: unknown): Promise<object> {
    const asked = readParams(shapes.snapshot, params);
    const format = asked.format === "png" ? "png" : "jpeg";
    const view = await this.#open();
    const { cssLayoutViewport } = await view.cdp<{ cssLayoutViewport: { clientWidth: number; clientHeight: number } }>(
      "Page.getLayoutMetrics",
    );
    const { clientWidth: width, clientHeight: height } = cssLayoutViewport;
    const scale = Math.min(1, (asked.maxWidth ?? WIDTHS[format]) / width);
    const quality = format === "jpeg" ? { quality: Math.round((asked.quality ?? JPEG_QUALITY) * 100) } : {};
    const clip = { x: 0, y: 0, width, height, scale };
    const { data } = await view.cdp<{ data: string }>("Page.captureScreenshot", { format, ...quality, clip });
    return { format, base64: data };
  }

  async #push(params: unknown): Promise<unknown> {
    const { messages } = readParams(shapes.push, params);
    return this.#onSurfaces("applyMessages", [messages]);
  }

  /** Calls the interface of the A2UI page, which is opened when another one is shown. */
  async #onSurfaces(name: "applyMessages" | "reset", args: readonly unknown[]): Promise<unknown> {
    if (this.#shownKind() !== "a2ui") {
      this.#base = await this.#freshUrl();
      await this.#goTo(surfacesAt(this.#base));
    }
    const list = args.map((one) => JSON.stringify(one)).join(", ");
    return (await this.#run(`openclawA2UI.${name}(${list})`)) ?? { ok: true };
  }

  async #run(expression: string): Promise<unknown> {
    const view = await this.#open();
    const { result, exceptionDetails } = await view.cdp<Evaluated>("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
      userGesture: false,
    });
    if (exceptionDetails)
      return unavailable(exceptionDetails.exception?.description ?? exceptionDetails.text ?? "the script failed");
    return result.value ?? result.description;
  }

  /** The view, on a page of the canvas: a page may have led elsewhere, and that is not looked into. */
  async #open(): Promise<Bun.WebView> {
    if (!this.#view || !this.#shownKind()) await this.#show("");
    return this.#view ?? unavailable("the canvas is hidden");
  }

  #shownKind(): "canvas" | "a2ui" | undefined {
    return this.#view ? kindOf(this.#view.url, this.#base) : undefined;
  }
}
