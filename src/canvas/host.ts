/**
 * The canvas over HTTP: files that agents write, the A2UI page, and the socket that reloads them, below
 * `/__openclaw__/` and below `/__openclaw__/cap/<token>/__openclaw__/`. Who has neither the gateway's secret nor a live
 * capability gets the same answer for every path: nothing is here (threats T17).
 */
import type { ServerWebSocket } from "bun";
import type { Log } from "../lib/log.ts";
import type { Capabilities, Holder } from "./capabilities.ts";
import { answerFile, isHtml, isUnchanged, readWhole, typeOf } from "./content.ts";
import { findFile } from "./files.ts";
import { decodePage, injectScript, MAX_PAGE_BYTES, surfacePage } from "./html.ts";
import { agentPolicy, baseHeaders, type Place, surfacePolicy } from "./policy.ts";

/** Judges strangers; the gateway's rules. */
export interface Doorkeeper {
  /** Whether `Host` names this gateway (threats T01). */
  knowsHost(address: string, headers: Headers): boolean;
  /** Whether the gateway's secret comes as a bearer token. Wrong ones are counted against the caller (threats T03). */
  holdsSecret(address: string, headers: Headers): boolean;
  /** Whether a page of that origin may open sockets here. */
  allowsOrigin(address: string, headers: Headers): boolean;
}

/** The files of the A2UI page, and the script that goes into the pages of agents. */
export interface CanvasAssets {
  /** Name of the page's script and style beside the page. */
  script: string;
  style: string;
  /** Answers a request for one of them; undefined for every other name. */
  handle(name: string, request: Request): { body: Uint8Array<ArrayBuffer> | null; headers: Headers } | undefined;
  /** The text of the bridge. */
  bridge(): string;
}

/** A socket that tells a page to reload. */
export interface ReloadSocket {
  open(socket: ServerWebSocket<unknown>): void;
  close(): void;
}

/** What the listener offers a request: to become a socket. */
export type Upgrade = (socket: ReloadSocket) => boolean;

/** Where everything here lies. */
const ROOT = "/__openclaw__/";
const CAPABILITY = /^\/__openclaw__\/cap\/([A-Za-z0-9_-]{16,128})(?=\/)/;
/** Reload sockets at once, all together: every open page has one. */
const MAX_SOCKETS = 512;

/** Who asks, and where. */
interface Visit {
  place: Place;
  /** Undefined for who holds the gateway's secret. */
  holder: Holder | undefined;
  token: string | undefined;
}

export class CanvasHost {
  readonly #needs: HostNeeds;
  readonly #sockets = new Map<ServerWebSocket<unknown>, string | undefined>();
  constructor(needs: HostNeeds) {
    this.#needs = needs;
  }

  /** Whether an address is one of the canvas. Cheap, because every request is asked. */
  owns(url: string): boolean {
    return url.startsWith(ROOT, url.indexOf("/", "https://".length));
  }

  /** Answers a request for such an address; undefined when it became a socket. */
  async fetch(request: Request, address: string, upgrade: Upgrade): Promise<Response | undefined> {
    const url = new URL(request.url);
    if (!this.#needs.door.knowsHost(address, request.headers)) return new Response(null, { status: 403 });
    const visit = this.#admit(url, address, request.headers);
    if (!visit) return nothing();
    const path = url.pathname.slice(visit.place.prefix.length);
    if (path === `${ROOT}ws`) return this.#reload(request, address, visit, upgrade);
    if (request.method !== "GET" && request.method !== "HEAD")
      return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
    if (path === `${ROOT}a2ui` || path === `${ROOT}canvas`) return moved(`${url.pathname}/`);
    if (path.startsWith(`${ROOT}a2ui/`)) return this.#surfaces(path.slice(`${ROOT}a2ui/`.length), request, visit);
    if (path.startsWith(`${ROOT}canvas/`)) return this.#file(path.slice(`${ROOT}canvas/`.length), request, visit);
    return nothing();
  }

  /** How many pages would be told. */
  get openPages(): number {
    return this.#sockets.size;
  }

  /** Tells every open page to reload. */
  reload(): void {
    for (const socket of this.#sockets.keys()) socket.send("reload");
  }

  /** Closes the sockets of a connection that is gone. */
  drop(connectionId: string): void {
    for (const [socket, owner] of this.#sockets) if (owner === connectionId) socket.close(1000, "");
  }

  /** Closes all sockets. */
  close(): void {
    for (const socket of this.#sockets.keys()) socket.close(1001, "");
  }

  #admit({ pathname }: URL, address: string, headers: Headers): Visit | undefined {
    const host = headers.get("host") ?? "";
    const [prefix = "", token] = CAPABILITY.exec(pathname) ?? [];
    if (token !== undefined) {
      const holder = this.#needs.capabilities.use(token);
      return holder && { place: { host, prefix }, holder, token };
    }
    if (!this.#needs.door.holdsSecret(address, headers)) return undefined;
    return { place: { host, prefix: "" }, holder: undefined, token };
  }

  async #file(path: string, request: Request, { place, holder }: Visit): Promise<Response> {
    const found = await findFile(this.#needs.root, path);
    if (found === undefined) return nothing();
    // A page loads its files from beside it, and the address of a folder ends in a slash for that.
    if ("folder" in found) return moved(`${new URL(request.url).pathname}/`);
    const headers = baseHeaders();
    headers.set("content-security-policy", agentPolicy(place));
    // A page without an origin is a stranger to its own files; who knows the capability may read them.
    if (holder) headers.set("access-control-allow-origin", "*");
    const type = typeOf(found.file.name);
    if (!isHtml(type) || found.file.sizeBytes > MAX_PAGE_BYTES) return answerFile(found.file, request, headers);
    const { tag } = found.file;
    const { isLive, assets } = this.#needs;
    const page = injectScript(decodePage(await readWhole(found.file)), assets.bridge(), isLive ? "data-live" : "");
    return answerText(page, { request, headers, type, tag });
  }

  #surfaces(name: string, request: Request, { place, holder }: Visit): Response {
    const { assets } = this.#needs;
    const headers = baseHeaders();
    headers.set("content-security-policy", surfacePolicy(place));
    if (name === "" || name === "index.html") {
      const state = holder ? this.#needs.stateOf(holder.nodeId) : [];
      const page = surfacePage({ state, script: assets.script, style: assets.style });
      return answerText(page, { request, headers, type: "text/html; charset=utf-8" });
    }
    const asset = assets.handle(name, request);
    if (!asset) return nothing();
    asset.headers.forEach((value, key) => {
      headers.set(key, value);
    });
    return new Response(request.method === "HEAD" ? null : asset.body, { headers });
  }

  #reload(request: Request, address: string, { holder, token }: Visit, upgrade: Upgrade): Response | undefined {
    if (!this.#needs.isLive) return nothing();
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket")
      return new Response("this address is a WebSocket\n", { status: 426, headers: { upgrade: "websocket" } });
    const origin = request.headers.get("origin");
    // Pages of agents have no origin; they show the capability instead. Nowhere else is `null` let in.
    const isOwnPage = origin === "null" && holder !== undefined;
    if (origin !== null && !isOwnPage && !this.#needs.door.allowsOrigin(address, request.headers))
      return new Response(null, { status: 403 });
    if (this.#sockets.size >= MAX_SOCKETS) return new Response(null, { status: 503, headers: { "retry-after": "5" } });
    let mine: ServerWebSocket<unknown> | undefined;
    const release = token === undefined ? () => undefined : this.#needs.capabilities.hold(token);
    const isUpgraded = upgrade({
      open: (socket) => {
        mine = socket;
        this.#sockets.set(socket, holder?.connectionId);
      },
      close: () => {
        release();
        if (mine) this.#sockets.delete(mine);
      },
    });
    if (isUpgraded) return undefined;
    release();
    return new Response(null, { status: 400 });
  }
}

export interface HostNeeds {
  /** The folder that is served. */
  root: string;
  /** Reload pages when files change. */
  isLive: boolean;
  door: Doorkeeper;
  capabilities: Capabilities;
  assets: CanvasAssets;
  /** What the page of a node shows, as messages. */
  stateOf(nodeId: string): readonly unknown[];
  log: Log;
}

function answerText(
  text: string,
  { request, headers, type, tag }: { request: Request; headers: Headers; type: string; tag?: string },
): Response {
  headers.set("content-type", type);
  if (tag !== undefined) {
    const etag = `"${tag}-b"`;
    headers.set("etag", etag);
    if (isUnchanged(request.headers, etag)) return new Response(null, { status: 304, headers });
  }
  const body = new TextEncoder().encode(text);
  headers.set("content-length", `${body.byteLength}`);
  return new Response(request.method === "HEAD" ? null : body, { headers });
}

function moved(location: string): Response {
  const headers = baseHeaders();
  headers.set("location", location);
  return new Response(null, { status: 302, headers });
}

/** One answer for everything that is not there and everything that is not for the asker. */
function nothing(): Response {
  return new Response(null, { status: 404 });
}
