/**
 * The normalizer: takes messages of any A2UI version and gives messages that can be drawn, keeping what each surface
 * shows. Pure apart from the surfaces it is given; what is wrong comes back in words a model can act on.
 */
import { BASIC_CATALOG, theme } from "./catalog.ts";
import { isObject, object } from "./checks.ts";
import { contentsOf, dataOf, pointerOf } from "./contents.ts";
import { cleanJson, type Json, type JsonObject } from "./json.ts";
import { Notes, type Problem, quote, Spot } from "./problem.ts";
import { type Incoming, readMessages } from "./read.ts";
import { readV08, readV09 } from "./read-component.ts";
import {
  copySurface,
  createSurface,
  type Dialect,
  type Message,
  replay,
  type Surface,
  setData,
  sizeOf,
} from "./surface.ts";
import { walk } from "./tree.ts";

/** Components of one surface. */
const MAX_COMPONENTS = 5_000;
/** Bytes of one surface: it is sent whole to a page that comes later. */
const MAX_SURFACE_BYTES = 1024 * 1024;
/** Surfaces of one node, and their bytes together; then the oldest goes. */
const MAX_SURFACES = 16;
const MAX_NODE_BYTES = 4 * 1024 * 1024;
/** Longest id of a surface or component: ids are repeated in every tap. */
const MAX_ID_CHARS = 128;

/** What a push came to. */
export interface Pushed {
  /** What the node is to be sent, in order; empty when nothing could be used. */
  messagesToSend: Message[];
  /** What was not applied. */
  errors: Problem[];
  /** What was applied after something was mended or left out. */
  warnings: Problem[];
  /** The surfaces the node shows now. */
  surfaces: string[];
}

/** Surfaces of one node by id, the least recently touched first. */
export type Surfaces = Map<string, Surface>;

/** Applies what was pushed to the surfaces of one node. */
export function pushMessages(surfaces: Surfaces, pushed: unknown): Pushed {
  const push = new Push(surfaces);
  for (const incoming of readMessages(pushed, new Spot("", "", push.notes))) push.take(incoming);
  return push.finish();
}

class Push {
  readonly notes = new Notes();
  readonly #surfaces: Surfaces;
  /** Surfaces as they become; null for deleted ones. */
  readonly #drafts = new Map<string, Surface | null>();
  /** Where a surface was last written, to say there what is wrong with the whole of it. */
  readonly #places = new Map<string, Spot>();
  #sent: { surfaceId: string; message: Message }[] = [];

  constructor(surfaces: Surfaces) {
    this.#surfaces = surfaces;
  }

  take({ opening, dialect, isV1, body, at: place }: Incoming): void {
    const surfaceId = body["surfaceId"] ?? (opening === "deleteSurface" ? undefined : "main");
    if (typeof surfaceId !== "string" || surfaceId === "" || surfaceId.length > MAX_ID_CHARS) {
      place.at("surfaceId").fail(`must be text of at most ${MAX_ID_CHARS} characters`);
      return;
    }
    const at = place.of(surfaceId);
    this.#places.set(surfaceId, at);
    if (body["surfaceId"] === undefined) at.warn('should name a surfaceId; "main" was taken');
    const known = this.#find(surfaceId);
    if (opening === "deleteSurface") return this.#delete(surfaceId, dialect ?? known?.dialect ?? "v0.8", at);
    const kind = dialect ?? "v0.8";
    const isOther = known !== undefined && known.dialect !== kind;
    if (isOther) {
      at.warn(`the surface was of ${known.dialect}: it begins anew`);
      this.#delete(surfaceId, known.dialect, at);
    }
    const surface = isOther ? undefined : known;
    if (opening === "createSurface") return this.#create(surfaceId, surface, { body, isV1, at });
    if (opening === "beginRendering") return this.#begin(surface ?? this.#open(surfaceId, "v0.8"), body, at);
    const target = surface ?? this.#openFor(surfaceId, kind, at);
    if (opening === "dataModelUpdate") return this.#updateContents(target, body, at);
    if (opening === "updateDataModel") return this.#updateData(target, body, { isV1, at });
    this.#updateComponents(target, body["components"], at);
  }

  /** Checks the surfaces as a whole, keeps what holds and gives the result. */
  finish(): Pushed {
    for (const [id, draft] of this.#drafts) {
      if (draft !== null && !this.#holds(draft)) {
        this.#sent = this.#sent.filter(({ surfaceId }) => surfaceId !== id);
        continue;
      }
      this.#surfaces.delete(id);
      if (draft !== null) this.#surfaces.set(id, draft);
    }
    const messagesToSend = this.#sent.map(({ message }) => message);
    let bytes = [...this.#surfaces.values()].reduce((sum, surface) => sum + surface.bytes, 0);
    for (const [id, surface] of this.#surfaces) {
      if (this.#surfaces.size <= MAX_SURFACES && bytes <= MAX_NODE_BYTES) break;
      this.#surfaces.delete(id);
      bytes -= surface.bytes;
      messagesToSend.push(deletion(id, surface.dialect));
      new Spot("", id, this.notes).warn("too many surfaces are kept: this one, the oldest, was deleted");
    }
    const { errors, warnings } = this.notes;
    return { messagesToSend, errors, warnings, surfaces: [...this.#surfaces.keys()] };
  }

  #find(id: string): Surface | undefined {
    const draft = this.#drafts.get(id);
    if (draft !== undefined) return draft ?? undefined;
    const kept = this.#surfaces.get(id);
    if (kept === undefined) return undefined;
    const copy = copySurface(kept);
    this.#drafts.set(id, copy);
    return copy;
  }

  #open(id: string, dialect: Dialect, begun: JsonObject = {}): Surface {
    const surface = createSurface(id, dialect, begun);
    this.#drafts.set(id, surface);
    return surface;
  }

  /** v0.8 surfaces come to be by being mentioned; v0.9 ones should have been created. */
  #openFor(id: string, dialect: Dialect, at: Spot): Surface {
    if (dialect === "v0.8") return this.#open(id, dialect);
    at.warn("should come after createSurface; the surface was created");
    const begun = { catalogId: BASIC_CATALOG };
    this.#send(id, { version: "v0.9", createSurface: { surfaceId: id, ...begun } });
    return this.#open(id, dialect, begun);
  }

  #delete(surfaceId: string, dialect: Dialect, at: Spot): void {
    if (this.#find(surfaceId) === undefined) at.warn("there is no such surface");
    this.#drafts.set(surfaceId, null);
    this.#send(surfaceId, deletion(surfaceId, dialect));
  }

  #create(surfaceId: string, known: Surface | undefined, given: { body: JsonLike; isV1: boolean; at: Spot }): void {
    const { body, isV1, at } = given;
    const shape = { surfaceId: keep, catalogId: keep, theme, sendDataModel: keep };
    const inline = { components: keep, dataModel: keep, metadata: keep };
    const found = object(isV1 ? { ...shape, ...inline } : shape, [])({ ...body, surfaceId }, at);
    if (!isObject(found)) return;
    if (known) {
      at.warn("the surface exists already: it begins anew");
      this.#send(surfaceId, deletion(surfaceId, known.dialect));
    }
    const catalog = found["catalogId"];
    if (catalog !== undefined && !isBasic(catalog))
      at.at("catalogId").warn(`unknown catalog, the basic one is used: ${BASIC_CATALOG}`);
    const begun: JsonObject = { catalogId: BASIC_CATALOG };
    if (isObject(found["theme"])) begun["theme"] = found["theme"] as Json;
    if (found["sendDataModel"] === true) begun["sendDataModel"] = true;
    const surface = this.#open(surfaceId, "v0.9", begun);
    this.#send(surfaceId, { version: "v0.9", createSurface: { surfaceId, ...begun } });
    if (!isV1) return;
    if (isObject(body["dataModel"])) this.#updateData(surface, { value: body["dataModel"] }, { isV1, at });
    if (body["components"] !== undefined) this.#updateComponents(surface, body["components"], at);
  }

  #begin(surface: Surface, body: JsonLike, at: Spot): void {
    const { root } = body;
    if (typeof root !== "string" || root === "") return void at.at("root").fail("must be the id of a component");
    const begun: JsonObject = {};
    const styles = isObject(body["styles"]) ? theme(body["styles"], at.at("styles")) : undefined;
    if (styles !== undefined) begun["styles"] = styles;
    surface.root = root;
    surface.begun = begun;
    this.#send(surface.id, { beginRendering: { surfaceId: surface.id, root, ...begun } });
  }

  #updateData(surface: Surface, body: JsonLike, { isV1, at }: { isV1: boolean; at: Spot }): void {
    const path = typeof body["path"] === "string" ? body["path"] : "/";
    const given = isV1 && body["value"] === null ? undefined : body["value"];
    const value = given === undefined ? undefined : cleanJson(given);
    if (given !== undefined && value === undefined)
      return void at.at("value").fail("must be JSON that is not nested too deep and has no forbidden keys");
    const isRoot = /^\/*$/.test(path);
    if (isRoot && value !== undefined && !isObject(value))
      return void at.at("value").fail(`must be an object at the root, not ${quote(value)}`);
    if (!setData(surface, path, value))
      return void at.at("path").fail(`leads through something that is no object or list: ${quote(path)}`);
    const change = { surfaceId: surface.id, path, ...(value === undefined ? {} : { value }) };
    this.#send(surface.id, { version: "v0.9", updateDataModel: isRoot ? { ...change, value: value ?? {} } : change });
  }

  #updateContents(surface: Surface, body: JsonLike, at: Spot): void {
    const path = pointerOf(typeof body["path"] === "string" ? body["path"] : "/");
    const value = dataOf(body["contents"], at.at("contents"));
    if (value === undefined) return;
    const isRoot = path === "/";
    if (isRoot && !isObject(value)) return void at.at("contents").fail("must have named entries at the root");
    if (!setData(surface, path, value))
      return void at.at("path").fail(`leads through something that is no object or list: ${quote(path)}`);
    const contents = isObject(value) ? contentsOf(value as JsonObject) : contentsOf({ ".": value });
    this.#send(surface.id, { dataModelUpdate: { surfaceId: surface.id, path, contents } });
  }

  #updateComponents(surface: Surface, list: unknown, at: Spot): void {
    const place = at.at("components");
    if (!Array.isArray(list) || list.length === 0) return void place.fail("must be a list of at least one component");
    const isV08 = surface.dialect === "v0.8";
    const notes = new Notes();
    const read = list.map((one, index) => {
      const spot = place.at(index, notes);
      return isV08 ? readV08(one, spot) : readV09(one, spot, (id) => surface.components.get(id)?.["component"]);
    });
    this.notes.add(notes);
    const usable = read.filter((component) => component !== undefined);
    if (usable.length < read.length) return; // One message is drawn as a whole or not at all.
    for (const { id, ...rest } of usable) surface.components.set(id, rest);
    const body = { surfaceId: surface.id, components: usable };
    this.#send(surface.id, isV08 ? { surfaceUpdate: body } : { version: "v0.9", updateComponents: body });
  }

  #send(surfaceId: string, message: Message): void {
    this.#sent.push({ surfaceId, message });
  }

  /** Whether a surface may be shown as it became. */
  #holds(surface: Surface): boolean {
    const at = this.#places.get(surface.id) ?? new Spot("", surface.id, this.notes);
    const refuse = (message: string) => {
      at.fail(`${message}; nothing of this push was applied to the surface`);
      return false;
    };
    if (surface.components.size > MAX_COMPONENTS)
      return refuse(`a surface must not have more than ${MAX_COMPONENTS} components`);
    surface.bytes = sizeOf(surface);
    if (surface.bytes > MAX_SURFACE_BYTES)
      return refuse(`a surface must not be larger than ${MAX_SURFACE_BYTES} bytes`);
    const { trouble, missing } = walk(surface);
    if (trouble) return refuse(`component ${quote(trouble.componentId)}: ${trouble.message}`);
    for (const [id, namedBy] of missing)
      at.warn(`component ${quote(namedBy)} names ${quote(id)}, which does not exist yet`);
    if (surface.root === undefined) at.warn("nothing is shown before beginRendering names the root");
    else if (!surface.components.has(surface.root))
      at.warn(`nothing is shown before there is a component with the id ${quote(surface.root)}`);
    return true;
  }
}

type JsonLike = Record<string, unknown>;

/** The messages that make an empty page show all of these. */
export function replayAll(surfaces: Surfaces): Message[] {
  return [...surfaces.values()].flatMap(replay);
}

/** Passes for now; looked at by its own rule. */
const keep = (value: unknown): Json | undefined => cleanJson(value) ?? "";

function deletion(surfaceId: string, dialect: Dialect): Message {
  return { ...(dialect === "v0.9" ? { version: "v0.9" } : {}), deleteSurface: { surfaceId } };
}

function isBasic(catalogId: unknown): boolean {
  return typeof catalogId === "string" && /(basic|standard|minimal)/i.test(catalogId);
}
