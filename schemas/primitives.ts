/** The building blocks every schema here is made of. */
import { Kind, type ObjectOptions, type TProperties, type TSchema, Type, TypeRegistry } from "@sinclair/typebox";

/** An object that refuses properties it does not name: the rule for everything that travels on the wire. */
export const Strict = <T extends TProperties>(properties: T, options: ObjectOptions = {}) =>
  Type.Object(properties, { ...options, additionalProperties: false });

/** An object whose unknown properties are kept and ignored: for the methods the protocol calls lenient. */
export const Lenient = <T extends TProperties>(properties: T, options: ObjectOptions = {}) =>
  Type.Object(properties, { ...options, additionalProperties: true });

/** A string of at least one character. */
export const NonEmptyString = Type.String({ minLength: 1 });

/** A non-empty string of at most `maxLength` characters. */
export const ShortString = (maxLength: number) => Type.String({ minLength: 1, maxLength });

TypeRegistry.Set<TSchema & { enum: readonly string[] }>(
  "OneOf",
  (schema, value) => typeof value === "string" && schema.enum.includes(value),
);

/** A string set by a fixed list; emitted as a Swift enum. */
export const OneOf = <const T extends readonly string[]>(values: T, options: Record<string, unknown> = {}) =>
  Type.Unsafe<T[number]>({ [Kind]: "OneOf", type: "string", enum: [...values], ...options });

/** The value or `null`, where `null` clears what was set. */
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** Milliseconds since 1970, UTC. */
export const TimestampMs = Type.Integer({ minimum: 0 });

/** Any JSON object. */
export const AnyObject = Type.Record(Type.String(), Type.Unknown());

/** An id we or a peer generated (uuid, idempotency key): bounded, because it is stored and echoed. */
export const Id = ShortString(256);

/** An empty parameter object. */
export const NoParams = Strict({});
