/** The building blocks of the config schema: closed objects of optional keys, secrets, and the formats people mistype. */
import {
  type StringOptions,
  type TObject,
  type TOptional,
  type TProperties,
  type TSchema,
  Type,
} from "@sinclair/typebox";
import { Strict } from "#schemas/primitives.ts";

type Optionals<T extends TProperties> = { [K in keyof T]: TOptional<T[K]> };

/** A section in which every key may be left out; keys it does not name are reported, never applied. */
export function Section<T extends TProperties>(description: string, properties: T): TObject<Optionals<T>> {
  const optional: Record<string, TSchema> = {};
  for (const [key, schema] of Object.entries(properties)) optional[key] = Type.Optional(schema);
  return Strict(optional, { description }) as unknown as TObject<Optionals<T>>;
}

/** A text that `config.get` hides, logs never show and docs mark. */
export const SecretText = (description: string) => Type.String({ minLength: 1, description, "x-secret": true });

/** A non-empty text. */
export const Text = (description: string, options: StringOptions = {}) =>
  Type.String({ minLength: 1, description, ...options });

/** A list of non-empty texts. */
export const Texts = (description: string, options: StringOptions = {}) =>
  Type.Array(Type.String({ minLength: 1, ...options }), { description });

/** A switch. */
export const Flag = (description: string) => Type.Boolean({ description });

/** A whole number from `minimum` up to `maximum`. */
export const Whole = (description: string, minimum: number, maximum = Number.MAX_SAFE_INTEGER) =>
  Type.Integer({ description, minimum, maximum });

/** A TCP port; `0` lets the system choose one. */
export const Port = (description: string) => Whole(description, 0, 65_535);

/** Longest delay a timer of this platform can hold; larger values would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** A span of time a timer can hold. */
export const Millis = (description: string, minimum = 1) => Whole(description, minimum, MAX_TIMER_MS);
