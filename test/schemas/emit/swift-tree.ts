/** Reads Swift with the real grammar, so that tests can ask what was declared and whether it is Swift at all. */

import swift from "@ast-grep/lang-swift";
import { type DynamicLangRegistrations, parse, registerDynamicLanguage, type SgNode } from "@ast-grep/napi";

registerDynamicLanguage({ swift } as DynamicLangRegistrations);

/** The root of the syntax tree. */
export const parseSwift = (text: string): SgNode => parse("swift", text).root();

/** The source of each place where the text is not Swift: nodes the parser marked as errors or made up. */
export function syntaxErrors(root: SgNode): string[] {
  return [...nodes(root)].filter((node) => node.kind() === "ERROR" || isMissing(node)).map((node) => node.text());
}

/** Properties of each struct by the struct's name, as `name: Type`. */
export function structs(root: SgNode): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const declaration of declarations(root, "struct")) {
    const properties = [...(declaration.field("body")?.children() ?? [])].filter(
      (node) => node.kind() === "property_declaration",
    );
    const texts = properties.map((node) => node.text().replace(/^public let /, ""));
    found.set(nameOf(declaration), texts);
  }
  return found;
}

/** Cases of each enum by the enum's name, as they are written. */
export function enums(root: SgNode): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const declaration of declarations(root, "enum")) {
    const entries = [...(declaration.field("body")?.children() ?? [])].filter((node) => node.kind() === "enum_entry");
    found.set(
      nameOf(declaration),
      entries.map((node) => node.text().replace(/^case /, "")),
    );
  }
  return found;
}

function* declarations(root: SgNode, keyword: string): Generator<SgNode> {
  for (const node of nodes(root)) {
    if (node.kind() === "class_declaration" && node.field("declaration_kind")?.text() === keyword) yield node;
  }
}

function* nodes(node: SgNode): Generator<SgNode> {
  yield node;
  for (const child of node.children()) yield* nodes(child);
}

function nameOf(declaration: SgNode): string {
  return declaration.field("name")?.text() ?? "";
}

/** The parser repairs a text by inventing tokens; those have no length. */
function isMissing(node: SgNode): boolean {
  const { start, end } = node.range();
  return node.isLeaf() && start.index === end.index && node.kind() !== "source_file";
}
