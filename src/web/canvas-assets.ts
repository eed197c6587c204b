/** The files of the canvas as the canvas host wants them: the A2UI page's script and style, and the bridge as text. */
import { readFileSync } from "node:fs";
import { chooseEncoding, type Loaded, loadFile } from "./assets.ts";
import type { PageFile } from "./build.ts";
import { canvasFiles } from "./dist/manifest.ts";

/** The files, by what they are for. */
export interface CanvasFiles {
  /** Name of the A2UI page's script, which changes with its content. */
  script: string;
  style: string;
  /** A file of the A2UI page as the asker can take it; undefined for every other name. */
  handle(name: string, request: Request): { body: Uint8Array<ArrayBuffer>; headers: Headers } | undefined;
  /** The script that goes into the pages of agents. */
  bridge(): string;
}

/** Opens the files. Reads nothing until the first request. */
export function openCanvasFiles(files: readonly PageFile[] = canvasFiles): CanvasFiles {
  const nameOf = (file: PageFile) => file.path.slice(file.path.lastIndexOf("/") + 1);
  const find = (start: string, ending: string) => {
    const found = files.find((file) => nameOf(file).startsWith(start) && file.path.endsWith(ending));
    if (!found) throw new Error(`the pages were built without ${start}*${ending}`);
    return found;
  };
  const script = find("a2ui-", ".js");
  const style = find("a2ui-", ".css");
  const bridge = find("bridge-", ".js");
  const served = new Map([script, style].map((file) => [nameOf(file), file]));
  const loaded = new Map<string, Loaded>();
  let bridgeText: string | undefined;
  return {
    script: nameOf(script),
    style: nameOf(style),
    handle(name, request) {
      const file = served.get(name);
      if (file === undefined) return undefined;
      const kept = loaded.get(name) ?? loadFile(file);
      loaded.set(name, kept);
      const encoding = chooseEncoding(request.headers.get("accept-encoding"));
      const body = kept.bodies[encoding];
      const headers = new Headers({
        "content-type": file.type,
        "content-length": `${body.byteLength}`,
        vary: "accept-encoding",
        ...(encoding === "identity" ? {} : { "content-encoding": encoding }),
      });
      return { body, headers };
    },
    bridge() {
      bridgeText ??= readFileSync(bridge.file, "utf8");
      return bridgeText;
    },
  };
}
