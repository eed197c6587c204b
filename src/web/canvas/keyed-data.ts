/**
 * The data of a v0.8 surface for the renderer of v0.9: templates of v0.8 also repeat over the values of an object,
 * where v0.9 knows lists only. Objects that a template names are read as the list of their values.
 */
import { DataModel } from "@a2ui/web_core/v0_9";

export class KeyedData extends DataModel {
  readonly #isRepeated: (path: string) => boolean;

  /** `isRepeated` says whether a template repeats over what a path names. */
  constructor(isRepeated: (path: string) => boolean) {
    super({});
    this.#isRepeated = isRepeated;
  }

  override get(path: string): unknown {
    const found = super.get(this.#keyed(path));
    return isKeyed(found) && path !== "/" && this.#isRepeated(path) ? Object.values(found) : found;
  }

  override set(path: string, value: unknown): this {
    super.set(this.#keyed(path), value);
    // Rows are known by place and by key: whoever looks at either is told.
    if (path !== "/") super.set("/", super.get("/"));
    return this;
  }

  /** The path with keys where it counts rows of an object. */
  #keyed(path: string): string {
    let keyed = "";
    for (const segment of path.split("/").filter((part) => part !== "")) {
      const holder = super.get(keyed === "" ? "/" : keyed);
      const isRow = isKeyed(holder) && /^\d+$/.test(segment) && !Object.hasOwn(holder, segment);
      const key = isRow ? Object.keys(holder)[Number(segment)] : undefined;
      keyed += `/${key?.replaceAll("~", "~0").replaceAll("/", "~1") ?? segment}`;
    }
    return keyed === "" ? "/" : keyed;
  }
}

function isKeyed(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
