/**
 * Notifications: of the system where it is allowed, else a notice on this page, which counts only while somebody can
 * see it.
 */
import type { Fields } from "../shared/wire.ts";
import { refuse } from "./failure.ts";
import type { Command } from "./invocations.ts";
import type { Lends } from "./lends.ts";
import { textIn, wordIn } from "./params.ts";

/** A notice on the page. */
export interface Notice {
  id: number;
  title: string;
  body: string;
}

/** Notices that stay on the page; older ones give way. */
const MAX_NOTICES = 5;
/** Longest text of one. */
const MAX_CHARS = 1_000;

export class Notices {
  readonly #lends: Lends;
  readonly #onChange: () => void;
  #list: readonly Notice[] = [];
  #nextId = 1;
  constructor(needs: { lends: Lends; onChange: () => void }) {
    this.#lends = needs.lends;
    this.#onChange = needs.onChange;
  }

  /** Newest first. */
  get list(): readonly Notice[] {
    return this.#list;
  }

  /** Shows a notice on the page. */
  add(title: string, body: string): void {
    this.#list = [{ id: this.#nextId++, title, body }, ...this.#list].slice(0, MAX_NOTICES);
    this.#onChange();
  }

  dismiss(id: number): void {
    this.#list = this.#list.filter((notice) => notice.id !== id);
    this.#onChange();
  }

  get commands(): [name: string, command: Command][] {
    return [["system.notify", { run: async (params) => this.#notify(params) }]];
  }

  #notify(params: Fields): { delivery: "system" | "overlay" } {
    const title = (textIn(params, "title") ?? "").slice(0, MAX_CHARS);
    const body = (textIn(params, "body") ?? "").slice(0, MAX_CHARS);
    if (title.trim() === "" && body.trim() === "") return refuse("INVALID_REQUEST", "a title or a body is needed");
    const delivery = wordIn(params, "delivery", ["auto", "system", "overlay"]);
    const isLoud = wordIn(params, "priority", ["active", "passive", "timeSensitive"]) === "timeSensitive";
    this.#lends.requireOn("notify");
    if (delivery === "system") this.#lends.require("notify");
    if (delivery !== "overlay" && this.#lends.isReady("notify") && showBySystem(title, body, isLoud))
      return { delivery: "system" };
    if (delivery === "system") return refuse("UNAVAILABLE", "this browser shows no notifications of pages");
    if (document.visibilityState === "hidden") {
      this.#lends.miss("notify");
      return refuse("NOTIFICATION_PERMISSION_REQUIRED", "the page is not in front, and may not show notifications");
    }
    this.add(title, body);
    return { delivery: "overlay" };
  }
}

/** False where pages need a service worker for it, as on Android. */
function showBySystem(title: string, body: string, isLoud: boolean): boolean {
  try {
    const notification = new Notification(title === "" ? body : title, {
      ...(title !== "" && { body }),
      requireInteraction: isLoud,
    });
    notification.onclick = () => globalThis.focus();
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
