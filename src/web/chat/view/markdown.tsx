/**
 * Shows Markdown as elements, never as HTML text: whatever a model or a stranger writes becomes text nodes and the few
 * element kinds below. A block whose source did not change keeps its elements, so that streaming draws the end only.
 */
import { type ComponentChildren, Fragment, h, type VNode } from "preact";
import { useMemo } from "preact/hooks";
import { type Block, parseMarkdown, type SourcedBlock } from "../markdown/blocks.ts";
import { type Inline, parseInline } from "../markdown/inline.ts";
import { CodeBlock } from "./code-block.tsx";

export function Markdown({ text }: { text: string }) {
  return (
    <div class="markdown">
      {parseMarkdown(text).map((sourced, index) => (
        <TopBlock key={index} {...sourced} />
      ))}
    </div>
  );
}

function TopBlock({ block, source }: SourcedBlock) {
  // Equal sources give equal blocks.
  return useMemo(() => renderBlock(block), [source, block.type]);
}

/** The elements of one block. Pure. */
export function renderBlock(block: Block): VNode {
  switch (block.type) {
    case "paragraph":
      return <p>{renderInline(block.text)}</p>;
    case "heading":
      // The page's own headings come first in the outline.
      return h(`h${Math.min(6, block.level + 2)}`, { class: `h${block.level}` }, renderInline(block.text));
    case "code":
      return <CodeBlock language={block.language} text={block.text} />;
    case "quote":
      return <blockquote>{block.blocks.map(renderBlock)}</blockquote>;
    case "rule":
      return <hr />;
    case "list": {
      const items = block.items.map((item) => <li>{item.map((inner) => renderItem(inner, block.isTight))}</li>);
      return block.isOrdered ? <ol start={block.start}>{items}</ol> : <ul>{items}</ul>;
    }
    case "table":
      return renderTable(block);
  }
}

function renderItem(block: Block, isTight: boolean): VNode {
  return isTight && block.type === "paragraph" ? <Fragment>{renderInline(block.text)}</Fragment> : renderBlock(block);
}

function renderTable({ align, header, rows }: Block & { type: "table" }): VNode {
  const classOf = (column: number) => (align[column] ? `align-${align[column]}` : undefined);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section class="table-scroll" tabIndex={0} aria-label="Table">
      <table>
        <thead>
          <tr>
            {header.map((cell, column) => (
              <th scope="col" class={classOf(column)}>
                {renderInline(cell)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              {row.map((cell, column) => (
                <td class={classOf(column)}>{renderInline(cell)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function renderInline(text: string): ComponentChildren {
  return parseInline(text).map(renderNode);
}

function renderNode(node: Inline): ComponentChildren {
  switch (node.type) {
    case "text":
      return node.text;
    case "code":
      return <code>{node.text}</code>;
    case "break":
      return <br />;
    case "em":
    case "strong":
    case "del":
      return h(node.type, null, node.children.map(renderNode));
    case "link":
      return (
        <a href={node.href} title={node.href} target="_blank" rel="noopener noreferrer">
          {node.children.map(renderNode)}
        </a>
      );
  }
}
