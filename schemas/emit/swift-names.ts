/** Turns names of the protocol into Swift identifiers. Pure. */

/** Words that need backticks as a name. */
const reserved: ReadonlySet<string> = new Set(
  `Any Protocol Self Type actor as associatedtype async await break case catch class continue default defer deinit do
  else enum extension fallthrough false fileprivate for func guard if import in indirect init inout internal is let nil
  open operator precedencegroup private protocol public repeat rethrows return self some static struct subscript super
  switch throw throws true try typealias var where while`.split(/\s+/),
);

/** Types of Swift, Foundation and this file that a shape must not hide. */
const takenTypes: ReadonlySet<string> = new Set(
  `Any AnyCodable Array Bool Character Codable CodingKey Data Date Decimal Decodable Decoder Dictionary Double Encodable
  Encoder Error Float GatewayEvent GatewayMethod Hashable Int JSONDecoder JSONEncoder Never Nullable Optional Protocol
  Result Self Sendable Sequence Set String Task Type URL UUID Void`.split(/\s+/),
);

/** Names an enum has already, so that no case may take them. */
const takenCases: ReadonlySet<string> = new Set(
  "rawValue hashValue allCases unrecognized none some self init".split(" "),
);

/** Names that backticks do not make usable as a property: they mean the value, its type or its initializer. */
const unusable: ReadonlySet<string> = new Set(["self", "Self", "Type", "Protocol", "init"]);

/** True for what Swift takes as a property name, with backticks if need be. */
export const isIdentifier = (name: string): boolean =>
  /^(?!_$)[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !unusable.has(name);

/** A name as it is written in Swift. */
export const escaped = (name: string): string => (reserved.has(name) ? `\`${name}\`` : name);

/** A type name that hides none of Swift's. */
export const swiftTypeName = (name: string): string => (takenTypes.has(name) ? `Gateway${name}Shape` : name);

/** Property names for the keys of an object: the keys themselves wherever Swift can write them. */
export function propertyNames(keys: readonly string[]): Map<string, string> {
  const used = new Set([...keys.filter(isIdentifier), ...unusable]);
  return new Map(keys.map((key) => [key, isIdentifier(key) ? key : freeName(camel(key), used)]));
}

/** Case names for the values of an enum. */
export function caseNames(values: readonly string[]): Map<string, string> {
  const used = new Set(takenCases);
  return new Map(values.map((value) => [value, freeName(camel(value), used)]));
}

/** A text as a Swift string literal. */
export function literal(text: string): string {
  const escapeChar = (char: string) => (/["\\]/.test(char) ? `\\${char}` : `\\u{${char.codePointAt(0)?.toString(16)}}`);
  return `"${text.replace(/["\\\p{Cc}\u2028\u2029]/gu, escapeChar)}"`;
}

/** A text as documentation lines. */
export function docLines(text: string | undefined, indent = ""): string {
  if (!text) return "";
  return text
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => `${indent}/// ${line}`.trimEnd())
    .map((line) => `${line}\n`)
    .join("");
}

function freeName(wanted: string, used: Set<string>): string {
  let name = wanted;
  while (used.has(name)) name += "_";
  used.add(name);
  return name;
}

/** `operator.read` as `operatorRead`, `24h` as `_24h`. */
function camel(text: string): string {
  const [first = "", ...rest] = text.split(/[^A-Za-z0-9]+/).filter(Boolean);
  const head = /^[A-Z0-9]+$/.test(first) ? first.toLowerCase() : first.charAt(0).toLowerCase() + first.slice(1);
  const name = head + rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  return name === "" ? "empty" : /^\d/.test(name) ? `_${name}` : name;
}
