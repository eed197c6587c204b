/** The surfaces of the A2UI page: takes messages of v0.8 and v0.9 and keeps an element for each surface. */
import { A2uiSurface, type basicCatalog } from "@a2ui/lit/v0_9";
import { type A2uiClientAction, type A2uiMessage, type ComponentApi, MessageProcessor } from "@a2ui/web_core/v0_9";
import { KeyedData } from "./keyed-data.ts";
import { LegacySurface, type Message } from "./legacy.ts";

/** What a call of the page's API answers; apps send it on as JSON. */
export interface Applied {
  ok: boolean;
  surfaces: string[];
  error?: string;
}

/** A surface that lies in the page itself, so that the page's style reaches what is in it. */
class PageSurface extends A2uiSurface {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}

const legacyWords = ["surfaceUpdate", "dataModelUpdate", "beginRendering"];

/** All surfaces of a page. */
export class Surfaces {
  readonly #holder: HTMLElement;
  readonly #processor: MessageProcessor<ComponentApi>;
  readonly #legacy = new Map<string, LegacySurface>();
  readonly #sections = new Map<string, HTMLElement>();

  constructor(needs: { holder: HTMLElement; catalog: typeof basicCatalog; onAction: (tap: A2uiClientAction) => void }) {
    const { holder, catalog, onAction } = needs;
    customElements.define("canvas-surface", PageSurface);
    this.#holder = holder;
    this.#processor = new MessageProcessor([catalog], (action) => onAction(this.#named(action)));
    this.#processor.onSurfaceCreated((surface) => {
      const legacy = this.#legacy.get(surface.id);
      if (legacy)
        Object.defineProperty(surface, "dataModel", { value: new KeyedData((path) => legacy.isRepeated(path)) });
      this.#show(surface.id);
    });
    this.#processor.onSurfaceDeleted((id) => {
      this.#sections.get(id)?.remove();
      this.#sections.delete(id);
      this.#tellCount();
    });
    this.#tellCount();
  }

  /** Applies messages in order. One that fails does not keep the rest from being shown. */
  apply(messages: unknown): Applied {
    const list = Array.isArray(messages) ? messages : [messages];
    const failures: string[] = [];
    for (const message of list) {
      try {
        this.#take(message as Message);
      } catch (error) {
        failures.push(error instanceof Error ? error.message : `${error}`);
      }
    }
    const surfaces = this.ids();
    return failures.length ? { ok: false, surfaces, error: failures.slice(0, 5).join("; ") } : { ok: true, surfaces };
  }

  /** Takes everything off the page. */
  reset(): Applied {
    for (const id of [...this.#processor.model.surfacesMap.keys()]) this.#processor.model.deleteSurface(id);
    this.#legacy.clear();
    return { ok: true, surfaces: [] };
  }

  /** Names of the surfaces that are there. */
  ids(): string[] {
    return [...this.#processor.model.surfacesMap.keys()];
  }

  /** The data of a surface that asked for all of it with each tap. */
  dataOf(surfaceId: string): unknown {
    const surface = this.#processor.model.getSurface(surfaceId);
    return surface?.sendDataModel ? surface.dataModel.get("/") : undefined;
  }

  #take(message: Message): void {
    if (typeof message !== "object" || message === null) throw new Error("a message must be an object");
    const word = legacyWords.find((key) => key in message);
    if (word === undefined) {
      const deleted = message["deleteSurface"] as { surfaceId?: string } | undefined;
      if (deleted?.surfaceId !== undefined) this.#legacy.delete(deleted.surfaceId);
      return this.#process([message]);
    }
    const id = `${(message[word] as { surfaceId?: unknown } | null)?.surfaceId ?? "main"}`;
    const legacy = this.#legacy.get(id) ?? new LegacySurface(id);
    this.#legacy.set(id, legacy);
    this.#process(legacy.take(message));
  }

  #process(messages: readonly Message[]): void {
    // The processor looks at what it gets: that is what throws.
    for (const message of messages) this.#processor.processMessages([message as unknown as A2uiMessage]);
  }

  #named(action: A2uiClientAction): A2uiClientAction {
    const legacy = this.#legacy.get(action.surfaceId);
    return legacy ? { ...action, sourceComponentId: legacy.originalId(action.sourceComponentId) } : action;
  }

  #show(id: string): void {
    const surface = this.#processor.model.getSurface(id);
    const section = document.createElement("section");
    section.className = "surface";
    section.dataset["surface"] = id;
    const { font, primaryColor } = (surface?.theme ?? {}) as { font?: unknown; primaryColor?: unknown };
    if (typeof primaryColor === "string")
      section.style.setProperty("--a2ui-color-on-primary", isLight(primaryColor) ? "#1c1a18" : "#ffffff");
    if (typeof font === "string") section.style.fontFamily = `${font}, system-ui, sans-serif`;
    const element = new PageSurface();
    Object.assign(element, { surface });
    section.append(element);
    this.#sections.get(id)?.remove();
    this.#sections.set(id, section);
    this.#holder.append(section);
    this.#tellCount();
  }

  #tellCount(): void {
    this.#holder.classList.toggle("empty", this.#sections.size === 0);
  }
}

/** Whether dark words are easier to read on a colour, by how bright it looks. */
function isLight(color: string): boolean {
  const value = Number.parseInt(color.slice(1), 16);
  return 0.299 * (value >> 16) + 0.587 * ((value >> 8) & 255) + 0.114 * (value & 255) > 150;
}
