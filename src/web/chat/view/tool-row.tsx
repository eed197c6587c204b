/** A tool call in one line; opened, it shows what went in and what came out. */

import { Icon } from "../../shared/view/icon.tsx";
import type { ToolPart } from "../entries.ts";

const words = { running: "running", done: "done", error: "failed" } as const;

export function ToolRow({ tool }: { tool: ToolPart }) {
  return (
    <details class={`tool is-${tool.status}`}>
      <summary>
        {tool.status === "running" ? <span class="spinner" aria-hidden="true" /> : <Icon name="tool" />}
        <span class="tool-name">{tool.name}</span>
        <code class="tool-args ellipsis">{tool.args}</code>
        <span class="tool-status">{words[tool.status]}</span>
        <Icon name="chevron" />
      </summary>
      {tool.args !== "" && <Output text={tool.args} />}
      <Output text={tool.output === "" ? "No output" : tool.output} />
    </details>
  );
}

function Output({ text }: { text: string }) {
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
  return <pre tabIndex={0}>{text}</pre>;
}
