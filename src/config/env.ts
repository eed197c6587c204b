/** Puts values of the environment where a config text says `${NAME}`. Pure. */
import { isObject, joinPath } from "./paths.ts";
import type { ConfigIssue } from "./validate.ts";

/** The environment as it is handed in; only names in capitals are looked up. */
export type Env = Readonly<Record<string, string | undefined>>;

/** `$${NAME}` stands for the text `${NAME}` itself. */
const reference = /\$(\$?)\{([A-Z_][A-Z0-9_]*)\}/g;

/**
 * The value with every reference in its texts replaced. A missing or empty variable is a fatal issue, and the text that
 * needs it is left out: used as it stands, it would be a secret that anyone who read the docs can guess.
 */
export function substituteEnv(value: unknown, env: Env): { value: unknown; issues: ConfigIssue[] } {
  const issues: ConfigIssue[] = [];
  const visit = (item: unknown, at: string): unknown => {
    if (typeof item === "string") {
      const names = missingNames(item, env);
      issues.push(...names.map((name) => missing(name, at)));
      return names.length > 0 ? undefined : substituteText(item, env);
    }
    if (Array.isArray(item)) return item.map((entry, index) => visit(entry, joinPath(at, index)));
    if (!isObject(item)) return item;
    const entries = Object.entries(item).map(([key, entry]): [string, unknown] => [
      key,
      visit(entry, joinPath(at, key)),
    ]);
    return Object.fromEntries(entries.filter(([, entry]) => entry !== undefined));
  };
  return { value: visit(value, ""), issues };
}

function missingNames(text: string, env: Env): string[] {
  const names = text.matchAll(reference).flatMap(([, dollar, name]) => (dollar === "" && name ? [name] : []));
  return [...new Set(names.filter((name) => !find(name, env)))];
}

function substituteText(text: string, env: Env): string {
  return text.replace(reference, (whole, dollar: string, name: string) =>
    dollar === "" ? (find(name, env) ?? "") : whole.slice(1),
  );
}

function find(name: string, env: Env): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}

function missing(name: string, path: string): ConfigIssue {
  return { path, message: `environment variable ${name} is not set`, severity: "fatal" };
}
