/** HTML on its way out: the bridge goes in before the end of the body, whatever the page is made of. */

/** Larger pages are sent as they are: reading them whole to add a script is not worth it. */
export const MAX_PAGE_BYTES = 8 * 1024 * 1024;

/** Puts a script before the last `</body>`, or at the end of a page that has none. */
export function injectScript(page: string, script: string, attributes = ""): string {
  const tag = `<script ${attributes}>${script.replaceAll(/<\/(script)/gi, "<\\/$1")}</script>`;
  const at = lastEndOfBody(page);
  return at < 0 ? `${page}${tag}` : `${page.slice(0, at)}${tag}${page.slice(at)}`;
}

/** A value as JSON that may stand inside a script element. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll("<", "\\u003c")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}

/** Decodes a page as its first bytes say, UTF-8 otherwise. */
export function decodePage(bytes: Uint8Array<ArrayBuffer>): string {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (!isUtf16) return new TextDecoder().decode(bytes);
  return new TextDecoder(bytes[0] === 0xff ? "utf-16le" : "utf-16be").decode(bytes);
}

function lastEndOfBody(page: string): number {
  let last = -1;
  for (const { index } of page.matchAll(/<\/body\s*>/gi)) last = index;
  return last;
}

/** What is shown until an agent writes something. */
export const starterPage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Canvas</title>
    <style>
      body {
        display: grid;
        min-height: 100dvh;
        margin: 0;
        place-content: center;
        gap: 0.5rem;
        padding: 1.5rem;
        box-sizing: border-box;
        text-align: center;
        font: 1rem/1.5 system-ui, sans-serif;
        background: light-dark(#faf8f5, #171615);
        color: light-dark(#2b2926, #ece9e4);
      }
      h1 { margin: 0; font-size: 1.25rem; }
      p { margin: 0; color: light-dark(#6f6a63, #a39d94); }
    </style>
  </head>
  <body>
    <h1>The canvas is empty</h1>
    <p>Ask an agent to draw something, or put an index.html into this folder. The page reloads by itself.</p>
  </body>
</html>
`;

/** The page that draws A2UI surfaces: `state` is what it shows at once, `script` and `style` lie beside it. */
export function surfacePage({ state, script, style }: { state: unknown; script: string; style: string }): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
    <meta name="color-scheme" content="light dark" />
    <meta name="robots" content="noindex" />
    <title>Canvas</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="${style}" />
  </head>
  <body>
    <main id="surfaces"></main>
    <script type="application/json" id="state">${scriptJson(state)}</script>
    <script src="${script}"></script>
  </body>
</html>
`;
}
