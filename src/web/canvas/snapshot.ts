/**
 * A picture of a page, made by the page itself: its elements are copied with their computed styles into an SVG image,
 * which is drawn. Works without an origin and without permission; what comes from other sites stays blank.
 */

/** How the picture should be. */
export interface SnapshotOptions {
  format: "png" | "jpeg";
  maxWidth?: number;
  /** 0 to 1, for JPEG. */
  quality?: number;
}

export interface Snapshot {
  format: "png" | "jpeg";
  base64: string;
  width: number;
  height: number;
}

/** Widths when nobody says, by format; PNG is larger for the same picture. */
const MAX_WIDTH = { jpeg: 1600, png: 900 } as const;
const QUALITY = 0.9;
/** Elements that are copied; a page of more is cut. */
const MAX_ELEMENTS = 20_000;
/** Longest picture of a page that scrolls: what is seen counts. */
const MAX_PIXELS = 16_000_000;
const XHTML = "http://www.w3.org/1999/xhtml";
const skipped = new Set([
  "SCRIPT",
  "NOSCRIPT",
  "TEMPLATE",
  "LINK",
  "META",
  "TITLE",
  "STYLE",
  "HEAD",
  "IFRAME",
  "OBJECT",
]);

/** Takes the picture of what is seen of this page. */
export async function takeSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  await document.fonts?.ready;
  const { clientWidth, clientHeight } = document.documentElement;
  const width = Math.max(1, clientWidth || innerWidth);
  const height = Math.max(1, clientHeight || innerHeight);
  const image = await paint(await svgOf(width, height));
  const scale = Math.min(
    devicePixelRatio || 1,
    (options.maxWidth ?? MAX_WIDTH[options.format]) / width,
    Math.sqrt(MAX_PIXELS / (width * height)),
  );
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser cannot draw");
  context.fillStyle = backgroundOf();
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const address = canvas.toDataURL(`image/${options.format}`, options.quality ?? QUALITY);
  const { format } = options;
  return { format, base64: address.slice(address.indexOf(",") + 1), width: canvas.width, height: canvas.height };
}

async function svgOf(width: number, height: number): Promise<string> {
  const copier = new Copier();
  const page = copier.copy(document.body);
  await copier.settled();
  const frame = document.createElementNS(XHTML, "div");
  // The background of the body belongs to the page, and the copy begins where the page is scrolled to.
  frame.setAttribute(
    "style",
    `position:relative;width:${width}px;height:${height}px;overflow:hidden;background:${backgroundOf()}`,
  );
  const shift = document.createElementNS(XHTML, "div");
  const { left, top } = document.body.getBoundingClientRect();
  const { marginLeft, marginTop } = getComputedStyle(document.body);
  shift.setAttribute(
    "style",
    `position:absolute;left:${left - Number.parseFloat(marginLeft)}px;top:${top - Number.parseFloat(marginTop)}px;width:${document.body.offsetWidth}px`,
  );
  shift.append(page);
  frame.append(shift);
  const markup = new XMLSerializer().serializeToString(frame);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><foreignObject width="100%" height="100%">${markup}</foreignObject></svg>`;
}

function paint(svg: string): Promise<HTMLImageElement> {
  const image = new Image();
  const { promise, resolve, reject } = Promise.withResolvers<HTMLImageElement>();
  image.onload = () => resolve(image);
  image.onerror = () => reject(new Error("this page cannot be drawn"));
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  return promise;
}

function backgroundOf(): string {
  for (const element of [document.body, document.documentElement]) {
    const { backgroundColor } = getComputedStyle(element);
    if (backgroundColor !== "rgba(0, 0, 0, 0)" && backgroundColor !== "transparent") return backgroundColor;
  }
  return matchMedia("(prefers-color-scheme: dark)").matches &&
    /dark/.test(getComputedStyle(document.documentElement).colorScheme)
    ? "#121212"
    : "#ffffff";
}

/** Copies elements as they look now. */
class Copier {
  #left = MAX_ELEMENTS;
  readonly #waiting: Promise<void>[] = [];

  copy(node: Node): Node {
    if (node instanceof Text) return document.createTextNode(node.data);
    if (!(node instanceof Element) || skipped.has(node.tagName.toUpperCase()) || this.#left-- <= 0)
      return document.createTextNode("");
    const style = getComputedStyle(node);
    if (style.display === "none") return document.createTextNode("");
    const copy = this.#shell(node, style);
    if (copy.childNodes.length === 0 && !isReplaced(node)) {
      this.#pseudo(node, copy, "::before");
      for (const child of childrenOf(node)) copy.append(this.copy(child));
      this.#pseudo(node, copy, "::after");
    }
    return copy;
  }

  /** Waits for pictures that were still being read. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#waiting);
  }

  #shell(node: Element, style: CSSStyleDeclaration): Element {
    if (node instanceof SVGElement) {
      const copy = node.cloneNode(false) as SVGElement;
      copy.setAttribute("style", textOf(style));
      return copy;
    }
    const isCanvas = node instanceof HTMLCanvasElement || node instanceof HTMLVideoElement;
    if (isCanvas || node instanceof HTMLImageElement) return this.#picture(node, style);
    // An element of an unknown name would be drawn without its style where names have rules.
    const copy = document.createElementNS(XHTML, node.tagName.includes("-") ? "div" : node.tagName.toLowerCase());
    copy.setAttribute("style", textOf(style));
    if (node instanceof HTMLInputElement) {
      copy.setAttribute("type", node.type);
      copy.setAttribute("value", node.type === "password" ? "•".repeat(node.value.length) : node.value);
      if (node.checked) copy.setAttribute("checked", "checked");
      for (const name of ["min", "max", "step", "placeholder"])
        if (node.hasAttribute(name)) copy.setAttribute(name, node.getAttribute(name) ?? "");
    } else if (node instanceof HTMLTextAreaElement) copy.textContent = node.value;
    else if (node instanceof HTMLSelectElement) copy.textContent = node.selectedOptions[0]?.textContent ?? "";
    for (const name of ["colspan", "rowspan", "start", "value", "open"])
      if (node.hasAttribute(name) && !copy.hasAttribute(name)) copy.setAttribute(name, node.getAttribute(name) ?? "");
    return copy;
  }

  #picture(node: HTMLCanvasElement | HTMLVideoElement | HTMLImageElement, style: CSSStyleDeclaration): Element {
    const copy = document.createElementNS(XHTML, "img");
    copy.setAttribute("style", `${textOf(style)};width:${style.width};height:${style.height}`);
    const work = dataOf(node).then((address) => copy.setAttribute("src", address));
    this.#waiting.push(work);
    return copy;
  }

  #pseudo(node: Element, copy: Element, name: "::before" | "::after"): void {
    if (node instanceof SVGElement) return;
    const style = getComputedStyle(node, name);
    const [, text] = /^"((?:[^"\\]|\\.)*)"$/.exec(style.content) ?? [];
    if (text === undefined) return;
    const span = document.createElementNS(XHTML, "span");
    span.setAttribute("style", textOf(style));
    span.textContent = text;
    copy.append(span);
  }
}

function isReplaced(node: Element): boolean {
  return /^(input|textarea|select|img|canvas|video|audio)$/i.test(node.tagName);
}

/** What is drawn inside an element: its shadow, with what is slotted there. */
function childrenOf(node: Element): Node[] {
  if (node.shadowRoot) return [...node.shadowRoot.childNodes];
  if (node instanceof HTMLSlotElement) {
    const assigned = node.assignedNodes({ flatten: true });
    if (assigned.length) return assigned;
  }
  return [...node.childNodes];
}

function textOf(style: CSSStyleDeclaration): string {
  const kept: string[] = [];
  for (const name of style) {
    const value = style.getPropertyValue(name);
    // What a rule would load from elsewhere makes the whole picture fail in some browsers.
    if (!/url\((?!["']?(data:|#))/i.test(value)) kept.push(`${name}:${value}`);
  }
  return `${kept.join(";")};transition:none;animation:none`;
}

/** A picture as data, where the browser lets us read it. */
async function dataOf(node: HTMLCanvasElement | HTMLVideoElement | HTMLImageElement): Promise<string> {
  if (node instanceof HTMLCanvasElement) return node.toDataURL();
  if (node instanceof HTMLImageElement && node.currentSrc.startsWith("data:")) return node.currentSrc;
  const isImage = node instanceof HTMLImageElement;
  const width = isImage ? node.naturalWidth : node.videoWidth;
  const height = isImage ? node.naturalHeight : node.videoHeight;
  if (isImage) {
    const blob = await fetch(node.currentSrc).then((answer) => answer.blob());
    const reader = new FileReader();
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    reader.onload = () => resolve(`${reader.result}`);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
    return promise;
  }
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.drawImage(node, 0, 0);
  return canvas.toDataURL();
}
