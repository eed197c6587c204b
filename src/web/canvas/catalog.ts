/** The catalog of the A2UI page: the published one, with what must not be left to it. */
import { basicCatalog } from "@a2ui/lit/v0_9";
import {
  Catalog,
  createFunctionImplementation,
  type FunctionImplementation,
  IconApi,
  RegexApi,
} from "@a2ui/web_core/v0_9";
import { BasicCatalogA2uiLitElement } from "@a2ui/web_core/v0_9/basic_catalog";
import { drawIcon } from "./icons.ts";

/** Longest text that a pattern of the agent's runs over: it does so at every key press. */
const MAX_MATCHED_CHARS = 2_000;
const MAX_PATTERN_CHARS = 512;
const ICON_TAG = "canvas-icon";

class IconElement extends BasicCatalogA2uiLitElement<typeof IconApi> {
  override readonly api = IconApi;
  override render(): unknown {
    return drawIcon(this.controller?.props?.name);
  }
}

/** Makes the catalog; once, because elements are registered under their names. */
export function createCatalog(): typeof basicCatalog {
  customElements.define(ICON_TAG, IconElement);
  const components = [...basicCatalog.components.values()].map((component) =>
    component.name === "Icon" ? { ...component, tagName: ICON_TAG } : component,
  );
  const functions = [...basicCatalog.functions.values()].map((one) => {
    if (one.name === "openUrl") return attended(one);
    return one.name === "regex" ? boundedRegex() : one;
  });
  return new Catalog(basicCatalog.id, components, [...functions, ...lenientFunctions()]);
}

/** Opens a window only in answer to a click of a person, never because a screen was drawn. */
function attended(openUrl: FunctionImplementation): FunctionImplementation {
  return {
    ...openUrl,
    execute: (args, context, signal) => {
      const { event } = globalThis as { event?: Event };
      const isClick = event?.type === "click" && event.isTrusted;
      return isClick ? openUrl.execute(args, context, signal) : undefined;
    },
  };
}

function boundedRegex(): FunctionImplementation {
  return createFunctionImplementation({ ...RegexApi, returnType: "boolean" }, ({ pattern, value }) => {
    if (pattern.length > MAX_PATTERN_CHARS || value.length > MAX_MATCHED_CHARS) return false;
    try {
      return new RegExp(pattern).test(value);
    } catch {
      return true; // A pattern that is none must not lock the form.
    }
  });
}

/** Functions of other catalogs that examples use: the row of a template, from v1.0, and `capitalize`. */
function lenientFunctions(): FunctionImplementation[] {
  // Arguments are taken as they come.
  const schema = Object.assign(Object.create(RegexApi.schema), { parse: (args: unknown) => args });
  return [
    {
      name: "@index",
      returnType: "number",
      schema,
      execute: ({ offset }, { path }) => Number(/\/(\d+)$/.exec(path)?.[1] ?? 0) + (Number(offset) || 0),
    },
    {
      name: "capitalize",
      returnType: "string",
      schema,
      execute: ({ value }) => `${value ?? ""}`.replace(/^./u, (letter) => letter.toUpperCase()),
    },
  ];
}
