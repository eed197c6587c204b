/** JSON5 on the command line. */

import { Json5Error, parseJson5 } from "../config/json5.ts";
import { isObject } from "../config/paths.ts";
import { usageError } from "./exit-codes.ts";

/** The value of an option that takes JSON5; a mistake in it is a wrong command line. */
export function parseJson5Option(name: string, text: string): unknown {
  try {
    return parseJson5(text);
  } catch (error) {
    if (!(error instanceof Json5Error)) throw error;
    return usageError(`--${name} is not JSON5: ${error.message}`);
  }
}

/** The same, for an object. */
export function parseObjectOption(name: string, text: string): Record<string, unknown> {
  const value = parseJson5Option(name, text);
  return isObject(value) ? value : usageError(`--${name} must be an object, for example '{limit: 5}'`);
}
