/**
 * What this browser lends: what it can do at all, what the person here allows, and what the browser permits. The
 * gateway's owner decides besides that, on the gateway. No DOM: what a browser can do is asked through {@link Permits}.
 */
import type { Shelf } from "../shared/credentials.ts";
import type { Fields } from "../shared/wire.ts";
import { refuse } from "./failure.ts";

/** What can be lent. */
export const lendNames = ["canvas", "camera", "microphone", "screen", "location", "notify"] as const;
export type LendName = (typeof lendNames)[number];

/** What the browser says about a permission: a click can bring about `granted` from `prompt` only. */
export type Permission = "granted" | "prompt" | "denied";

/** Why something cannot be lent at all: the page came over plain http, or the device or browser has no such thing. */
export type Obstacle = "insecure" | "absent";

/** The browser, as this file needs it. */
export interface Permits {
  /** Why this cannot be done here; undefined when it can. Tried, not guessed from the name of the browser. */
  obstacleTo(name: LendName): Promise<Obstacle | undefined>;
  /** Whether clips can be recorded. */
  canRecord(): boolean;
  permissionFor(name: LendName): Promise<Permission>;
  /** Asks the person. Must be called from a click. */
  ask(name: LendName): Promise<void>;
  /** What was granted turned out to be no longer so. */
  forget(name: LendName): void;
}

/** One thing as the page shows it. */
export interface Lend {
  name: LendName;
  obstacle: Obstacle | undefined;
  /** The person here lets it be used. */
  isOn: boolean;
  permission: Permission;
  /** It was asked for and could not be given. */
  isWanted: boolean;
}

/** How failures call it (`protocol/nodes.md` section 6). */
const prefixes: Readonly<Record<LendName, string>> = {
  canvas: "CANVAS",
  camera: "CAMERA",
  microphone: "RECORD_AUDIO",
  screen: "SCREEN",
  location: "LOCATION",
  notify: "NOTIFICATION",
};

const canvasCommands = [
  "canvas.present",
  "canvas.hide",
  "canvas.navigate",
  "canvas.eval",
  "canvas.snapshot",
  "canvas.a2ui.push",
  "canvas.a2ui.pushJSONL",
  "canvas.a2ui.reset",
];

/** Under which name the choices are kept. */
const OFF = "moltbot.node.off";

/** The things this browser lends. */
export class Lends {
  readonly #permits: Permits;
  readonly #shelf: Shelf;
  readonly #onChange: () => void;
  readonly #wanted = new Set<LendName>();
  #list: readonly Lend[] = [];
  constructor(needs: { permits: Permits; shelf: Shelf; onChange: () => void }) {
    this.#permits = needs.permits;
    this.#shelf = needs.shelf;
    this.#onChange = needs.onChange;
  }

  get list(): readonly Lend[] {
    return this.#list;
  }

  /** Looks at the browser anew: at the start, and when a permission or a device has changed. */
  async refresh(): Promise<void> {
    const off = this.#off();
    this.#list = await Promise.all(
      lendNames.map(async (name) => {
        const obstacle = await this.#permits.obstacleTo(name);
        const permission = obstacle ? "denied" : await this.#permits.permissionFor(name);
        if (permission === "granted") this.#wanted.delete(name);
        return { name, obstacle, permission, isOn: !off.has(name), isWanted: this.#wanted.has(name) };
      }),
    );
    this.#onChange();
  }

  /** The person here changed their mind. */
  turn(name: LendName, isOn: boolean): void {
    const off = this.#off();
    if (isOn) off.delete(name);
    else off.add(name);
    this.#shelf.setItem(OFF, [...off].join(" "));
    this.#wanted.delete(name);
    this.#list = this.#list.map((lend) => (lend.name === name ? { ...lend, isOn, isWanted: false } : lend));
    this.#onChange();
  }

  /** Asks the person for a permission; from a click. Resolves when it was answered, in whichever way. */
  async ask(name: LendName): Promise<void> {
    await this.#permits.ask(name);
    this.#wanted.delete(name);
    await this.refresh();
  }

  /** Whether a command may use this now. */
  isReady(name: LendName): boolean {
    const lend = this.#find(name);
    return lend !== undefined && !lend.obstacle && lend.isOn && lend.permission === "granted";
  }

  /** Ends a command when this cannot be had here, or the person has turned it off. */
  requireOn(name: LendName): Lend {
    const lend = this.#find(name);
    if (lend === undefined || lend.obstacle) return refuse("UNAVAILABLE", "this browser cannot do that");
    return lend.isOn ? lend : refuse(`${prefixes[name]}_DISABLED`, "it is turned off on the device");
  }

  /** Ends a command unless it may use this now. What is missing is shown to the person. */
  require(name: LendName): void {
    const { permission } = this.requireOn(name);
    if (permission === "granted") return;
    this.miss(name);
    const how = permission === "denied" ? "in the settings of the browser there" : "with the button on its page";
    refuse(`${prefixes[name]}_PERMISSION_REQUIRED`, `somebody at the device has to allow it ${how}`);
  }

  /** A permission turned out to be missing: the person gets its button. */
  miss(name: LendName): void {
    this.#wanted.add(name);
    this.#permits.forget(name);
    const now = (lend: Lend): Lend => ({
      ...lend,
      isWanted: true,
      permission: lend.permission === "granted" ? "prompt" : lend.permission,
    });
    this.#list = this.#list.map((lend) => (lend.name === name ? now(lend) : lend));
    this.#onChange();
  }

  /** What the node says of itself in `connect`: what works here, whether or not it is allowed at the moment. */
  claims(): { caps: string[]; commands: string[]; permissions: Fields } {
    const has = (name: LendName) => this.#find(name)?.obstacle === undefined && this.#find(name) !== undefined;
    const clips = this.#permits.canRecord() ? ["camera.clip"] : [];
    const commands = [
      ...(has("canvas") ? canvasCommands : []),
      ...(has("camera") ? ["camera.list", "camera.snap", ...clips] : []),
      ...(has("screen") ? ["screen.record"] : []),
      ...(has("location") ? ["location.get"] : []),
      ...(has("notify") ? ["system.notify"] : []),
    ];
    const caps = lendNames.filter((name) => has(name) && name !== "microphone");
    // Not the screen: it is shared for a while, and a new connection for each time would be in the way of using it.
    const permissions = Object.fromEntries(
      lendNames
        .filter((name) => name !== "canvas" && name !== "screen" && has(name))
        .map((name) => [name, this.isReady(name)]),
    );
    return { caps, commands, permissions };
  }

  #find(name: LendName): Lend | undefined {
    return this.#list.find((lend) => lend.name === name);
  }

  #off(): Set<string> {
    return new Set(this.#shelf.getItem(OFF)?.split(" ").filter(Boolean));
  }
}
