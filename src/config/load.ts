/** Turns the text of a config file into a typed config and a list of what is wrong with it. Pure; never throws. */
import { type Env, substituteEnv } from "./env.ts";
import { type Json5Document, Json5Error, parseJson5Document } from "./json5.ts";
import { isBlankJson5, type Json5Span, positionAt } from "./json5-scan.ts";
import { isObject } from "./paths.ts";
import { brokenRules } from "./rules.ts";
import { type Config, ConfigSchema } from "./schema.ts";
import { type ConfigIssue, validate } from "./validate.ts";

/** What a config text came to. */
export interface ParsedConfig {
  /** The valid part; all of it when no issue is fatal. */
  config: Config;
  /** The text's own values: unknown keys kept, variables not replaced. */
  source: Record<string, unknown>;
  issues: ConfigIssue[];
}

/** Parses a config. A missing file (undefined) and one without content are valid and empty. */
export function parseConfig(text: string | undefined, env: Env): ParsedConfig {
  if (text === undefined || isBlankJson5(text)) return { config: {}, source: {}, issues: [] };
  const document = readDocument(text);
  if ("issue" in document) return { config: {}, source: {}, issues: [document.issue] };
  const { value, spans } = document;
  if (!isObject(value)) {
    return { config: {}, source: {}, issues: [{ path: "", message: "expected an object", severity: "fatal" }] };
  }
  const substituted = substituteEnv(value, env);
  const unresolved = new Set(substituted.issues.map((issue) => issue.path));
  const checked = validate(ConfigSchema, substituted.value);
  // The schema is the check beside which this narrowing stands; every key of the root is optional.
  const config = (checked.value ?? {}) as Config;
  const issues = [
    ...substituted.issues,
    ...checked.issues.filter((issue) => !unresolved.has(issue.path)),
    ...brokenRules(config),
  ];
  return { config, source: value, issues: issues.map((issue) => locate(issue, text, spans)) };
}

/** True when the config must not be used as it is. */
export const hasFatal = (issues: readonly ConfigIssue[]): boolean => issues.some((issue) => issue.severity === "fatal");

function readDocument(text: string): Json5Document | { issue: ConfigIssue } {
  try {
    return parseJson5Document(text);
  } catch (error) {
    if (!(error instanceof Json5Error)) throw error;
    const { message, line, column } = error;
    return { issue: { path: "", message, severity: "fatal", line, column } };
  }
}

/** Adds the place of the key in question, or of the section it is missing from. */
function locate(issue: ConfigIssue, text: string, spans: ReadonlyMap<string, Json5Span>): ConfigIssue {
  for (let path = issue.path; path !== ""; path = parentOf(path)) {
    const span = spans.get(path);
    if (span) return { ...issue, ...positionAt(text, span.keyAt ?? span.start) };
  }
  return issue;
}

function parentOf(path: string): string {
  const parent = path.replace(/(?:\.?[^.[\]"]+|\[\d+\]|\["(?:[^"\\]|\\.)*"\])$/, "");
  return parent === path ? "" : parent;
}
