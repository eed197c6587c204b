/**
 * The canvas as the rest of the gateway sees it: addresses for nodes, what their A2UI surfaces show, and taps that come
 * back. Knows no sockets and sends nothing; who has a node's socket calls it and passes on what it says.
 */
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Ids } from "../lib/ids.ts";
import type { Log } from "../lib/log.ts";
import type { JsonObject } from "./a2ui/json.ts";
import { type Pushed, pushMessages, replayAll, type Surfaces } from "./a2ui/push.ts";
import type { Message } from "./a2ui/surface.ts";
import { parseActionLine, parseUserAction, tagOf, type UserAction } from "./action.ts";
import { CAPABILITY_MS, Capabilities, type Holder } from "./capabilities.ts";
import { type CanvasAssets, CanvasHost, type Doorkeeper } from "./host.ts";
import { starterPage } from "./html.ts";
import { watchFolder } from "./watch.ts";

/** Nodes whose surfaces are kept; then those of the one that was written to longest ago go. */
const MAX_NODES = 64;
/** Taps remembered per node, so that none counts twice. */
const MAX_SEEN_ACTIONS = 512;

/** Which connection asks for an address, with the headers of its upgrade: what reached the gateway reaches the canvas. */
export interface Asking extends Holder {
  headers: Headers;
}

/** Addresses for a node. January's apps append `/__openclaw__/a2ui/` to the first, later ones know the second. */
export interface CanvasUrls {
  canvasHostUrl: string;
  pluginSurfaceUrls: { canvas: string };
  expiresAtMs: number;
  /** How long one lives after its last use. */
  expiresInMs: number;
}

/** What became of a tap. */
export type ActionVerdict =
  | { isAccepted: true; action: UserAction }
  | { isAccepted: false; id: string | undefined; reason: string };

export interface CanvasNeeds {
  isEnabled: boolean;
  /** The folder that is served; made, with a page in it, when it is not there. */
  root: string;
  isLive: boolean;
  /** Whether the gateway itself speaks TLS. */
  isTls(): boolean;
  door: Doorkeeper;
  assets: CanvasAssets;
  clock: Clock;
  ids: Ids;
  log: Log;
}

/** The canvas of one gateway. */
export class Canvas implements Disposable {
  readonly host: CanvasHost;
  readonly #needs: CanvasNeeds;
  readonly #capabilities: Capabilities;
  /** By node, the least recently written first. */
  readonly #surfaces = new Map<string, Surfaces>();
  readonly #seenActions = new Map<string, Set<string>>();
  #watcher: Disposable | undefined;
  #isOver = false;

  constructor(needs: CanvasNeeds) {
    this.#needs = needs;
    this.#capabilities = new Capabilities(needs);
    this.host = new CanvasHost({
      ...needs,
      capabilities: this.#capabilities,
      stateOf: (nodeId) => this.stateOf(nodeId),
    });
  }

  /** Makes the folder and begins to watch it. A folder that cannot be made is told, and nothing is shown from it. */
  async start(): Promise<void> {
    const { isEnabled, root, isLive, clock, log } = this.#needs;
    if (!isEnabled) return;
    try {
      await mkdir(root, { recursive: true, mode: 0o700 });
      const index = join(root, "index.html");
      const isThere = await stat(index).then(
        () => true,
        () => false,
      );
      if (!isThere) await writeFile(index, starterPage, { flag: "wx", mode: 0o600 });
      if (isLive && !this.#isOver)
        this.#watcher = watchFolder({ folder: root, clock, log, tell: () => this.host.reload() });
    } catch (error) {
      log.warn("the canvas folder cannot be used", { root, error: messageOf(error) });
    }
  }

  /** The folder that is served. */
  get root(): string {
    return this.#needs.root;
  }

  get isEnabled(): boolean {
    return this.#needs.isEnabled;
  }

  /**
   * Fresh addresses for a connection that has proven to be that node; undefined when the canvas is off. They name the
   * host and port by which the node reached the gateway: that way is open, whatever stands in between.
   */
  urlFor({ nodeId, connectionId, headers }: Asking): CanvasUrls | undefined {
    const host = headers.get("host");
    if (!this.#needs.isEnabled || !host) return undefined;
    // A proxy in front that ends TLS says so. Who lies here misleads only itself.
    const isSecure = this.#needs.isTls() || headers.get("x-forwarded-proto") === "https";
    const { token, expiresAtMs } = this.#capabilities.mint({ nodeId, connectionId });
    const url = `${isSecure ? "https" : "http"}://${host}/__openclaw__/cap/${token}`;
    return { canvasHostUrl: url, pluginSurfaceUrls: { canvas: url }, expiresAtMs, expiresInMs: CAPABILITY_MS };
  }

  /** The node's connection is gone, or the node was revoked: its addresses lead nowhere from now on. */
  drop(connectionId: string): void {
    this.#capabilities.drop(connectionId);
    this.host.drop(connectionId);
  }

  /** Applies A2UI messages, of any version, as a list or as JSONL, and says what to send the node. */
  push(nodeId: string, messages: unknown): Pushed {
    const surfaces = this.#surfaces.get(nodeId) ?? new Map();
    const pushed = pushMessages(surfaces, messages);
    this.#surfaces.delete(nodeId);
    if (surfaces.size > 0) this.#surfaces.set(nodeId, surfaces);
    const [oldest] = this.#surfaces.keys();
    if (this.#surfaces.size > MAX_NODES && oldest !== undefined) this.#surfaces.delete(oldest);
    return pushed;
  }

  /** Forgets what a node shows; its page is told by `canvas.a2ui.reset`. */
  reset(nodeId: string): void {
    this.#surfaces.delete(nodeId);
  }

  /** The messages that bring an empty page of this node up to date. */
  stateOf(nodeId: string): Message[] {
    return replayAll(this.#surfaces.get(nodeId) ?? new Map());
  }

  /**
   * Takes a tap that came over a node's own socket (threats T19): only from a connection of that node, on a surface it
   * was given, of a component that offers this action, and once. Everything else is refused and written down.
   */
  act({ nodeId, connectionId }: Holder, given: unknown): ActionVerdict {
    const action = parseUserAction(given);
    const refuse = (reason: string): ActionVerdict => {
      this.#needs.log.warn("a tap was refused", { nodeId, connectionId, reason });
      return { isAccepted: false, id: action?.id, reason };
    };
    if (!action) return refuse("not a tap");
    if (!this.#capabilities.isConnected({ nodeId, connectionId })) return refuse("not a connection of this node");
    if (!this.#offers(nodeId, action)) return refuse("no such surface, component or action");
    const seen = this.#seenActions.get(nodeId) ?? new Set();
    if (seen.has(action.id)) return refuse("this tap was taken before");
    seen.add(action.id);
    const [oldest] = seen;
    if (seen.size > MAX_SEEN_ACTIONS && oldest !== undefined) seen.delete(oldest);
    this.#seenActions.delete(nodeId);
    this.#seenActions.set(nodeId, seen);
    const [quietest] = this.#seenActions.keys();
    if (this.#seenActions.size > MAX_NODES && quietest !== undefined) this.#seenActions.delete(quietest);
    return { isAccepted: true, action };
  }

  /** Whether a line that an app formatted itself is a tap this node may report; undefined when it is no such line. */
  vouchForLine(nodeId: string, line: string): boolean | undefined {
    if (!line.startsWith("CANVAS_A2UI ")) return undefined;
    const fields = parseActionLine(line);
    return fields !== undefined && this.#offers(nodeId, fields);
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#watcher?.[Symbol.dispose]();
    this.host.close();
  }

  #offers(nodeId: string, tap: { name: string; surfaceId: string; sourceComponentId: string }): boolean {
    // A line holds tags, a tap the names themselves.
    const isSame = (one: string | undefined, other: string) =>
      one !== undefined && (one === other || tagOf(one) === other);
    for (const [id, surface] of this.#surfaces.get(nodeId) ?? []) {
      if (!isSame(id, tap.surfaceId)) continue;
      for (const [componentId, component] of surface.components)
        if (isSame(componentId, tap.sourceComponentId) && isSame(actionNameOf(component), tap.name)) return true;
    }
    return false;
  }
}

/** The name of the event that a component sends when it is tapped. */
function actionNameOf(component: JsonObject): string | undefined {
  const { component: type } = component;
  const properties = typeof type === "object" && type !== null ? Object.values(type)[0] : component;
  const action = nested(properties, "action");
  const name = nested(nested(action, "event"), "name") ?? nested(action, "name");
  return typeof name === "string" && name !== "" ? name : undefined;
}

function nested(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject)[key] : undefined;
}
