/**
 * Bundles the pages for browsers and writes the manifest through which the executable embeds them.
 * The manifest is a module of `type: "file"` imports, so the same code serves the files from disk and from the binary.
 */
import { mkdir, rm } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import packageJson from "../../package.json" with { type: "json" };

/** A file of a page as the manifest lists it. */
export interface PageFile {
  /** The path it is served under. */
  path: string;
  /** Where it can be read: on disk, or inside the executable. */
  file: string;
  /** The media type. */
  type: string;
  /** The path contains a hash of the content, so it never changes. */
  isHashed: boolean;
}

export interface BuiltPages {
  files: PageFile[];
  /** The scripts and style of the canvas, which the canvas host serves under addresses of its own. */
  canvas: PageFile[];
  /** Bytes of each kind after minifying, before compression. */
  sizes: { script: number; style: number };
}

/** The pages, by the folder each has, with the address it is served under. */
const PAGES: Readonly<Record<string, string>> = { chat: "/", node: "/node" };
/** What the canvas needs: plain scripts, because a page without an origin may not load modules. */
const CANVAS = ["a2ui.ts", "a2ui.css", "bridge.ts"].map((name) => join(import.meta.dir, "canvas", name));
/** Where the hashed files are served, under the root. */
const ASSETS = "assets";

const mediaTypes: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

/** Builds all pages into `outDir`, which is emptied first, and writes `manifest.ts` there. */
export async function buildPages(outDir: string, options: { minify: boolean }): Promise<BuiltPages> {
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  const built = await Bun.build({
    entrypoints: Object.keys(PAGES).map((name) => join(import.meta.dir, name, "index.html")),
    root: import.meta.dir,
    outdir: outDir,
    target: "browser",
    minify: options.minify,
    splitting: true,
    publicPath: "/",
    naming: {
      entry: "[dir]/[name].[ext]",
      chunk: `${ASSETS}/[name]-[hash].[ext]`,
      asset: `${ASSETS}/[name]-[hash].[ext]`,
    },
    define: { PAGE_VERSION: JSON.stringify(packageJson.version), "process.env.NODE_ENV": '"production"' },
  });
  const files = built.outputs.map((output) => describe(outDir, output.path));
  const canvas = await buildCanvas(outDir, options);
  await Bun.write(join(outDir, "manifest.ts"), manifestOf(outDir, files, canvas));
  const sizeOf = (ending: string) =>
    built.outputs.filter(({ path }) => path.endsWith(ending)).reduce((sum, { size }) => sum + size, 0);
  return { files, canvas, sizes: { script: sizeOf(".js"), style: sizeOf(".css") } };
}

async function buildCanvas(outDir: string, options: { minify: boolean }): Promise<PageFile[]> {
  const built = await Bun.build({
    entrypoints: CANVAS,
    outdir: join(outDir, "canvas"),
    target: "browser",
    format: "iife",
    minify: options.minify,
    naming: { entry: "[name]-[hash].[ext]" },
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return built.outputs.map((output) => describe(outDir, output.path));
}

function describe(outDir: string, file: string): PageFile {
  const extension = file.slice(file.lastIndexOf(".") + 1);
  const type = mediaTypes[extension];
  if (type === undefined) throw new Error(`no media type for ${basename(file)}; add it to the table of the page build`);
  const inner = relative(outDir, file).replaceAll("\\", "/");
  const isHashed = inner.startsWith(`${ASSETS}/`);
  const page = /^([^/]+)\/index\.html$/.exec(inner)?.[1];
  const path = page === undefined ? `/${inner}` : (PAGES[page] ?? `/${page}`);
  return { path, file, type, isHashed };
}

function manifestOf(outDir: string, pages: readonly PageFile[], canvas: readonly PageFile[]): string {
  const sorted = [...pages, ...canvas].toSorted((one, other) => (one.path < other.path ? -1 : 1));
  const imports = sorted.map(
    ({ file }, index) =>
      `import file${index} from ${JSON.stringify(`./${relative(outDir, file).replaceAll("\\", "/")}`)} with { type: "file" };`,
  );
  const listOf = (files: readonly PageFile[]) =>
    sorted.flatMap((file, index) => {
      const { path, type, isHashed } = file;
      if (!files.includes(file)) return [];
      return `  { path: ${JSON.stringify(path)}, file: file${index}, type: ${JSON.stringify(type)}, isHashed: ${isHashed} },`;
    });
  return [
    "// Written by src/web/build.ts. The imports are files, not modules, which the type checker cannot know.",
    "// @ts-nocheck",
    ...imports,
    "",
    "export const pageFiles: readonly { path: string; file: string; type: string; isHashed: boolean }[] = [",
    ...listOf(pages),
    "];",
    "",
    "export const canvasFiles: readonly { path: string; file: string; type: string; isHashed: boolean }[] = [",
    ...listOf(canvas),
    "];",
    "",
  ].join("\n");
}
