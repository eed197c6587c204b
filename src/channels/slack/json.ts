/** Looks into values a network sent without trusting their shape. Pure. */
export type Json = Record<string, unknown>;

export const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The object there, or an empty one. */
export const objectAt = (value: Json, key: string): Json => (isJson(value[key]) ? value[key] : {});

/** The text there, unless it is empty. */
export function textAt(value: Json, key: string): string | undefined {
  const found = value[key];
  return typeof found === "string" && found !== "" ? found : undefined;
}

/** The objects of the list there. */
export function listAt(value: Json, key: string): Json[] {
  const found = value[key];
  return Array.isArray(found) ? found.filter(isJson) : [];
}
