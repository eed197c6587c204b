/** Writes single Swift declarations. Pure. */
import { caseNames, docLines, escaped, isIdentifier, literal, propertyNames } from "./swift-names.ts";

/** One property of a struct. */
export interface SwiftField {
  key: string;
  type: string;
  isOptional: boolean;
  /** The only text it can hold, which its initializer fills in. */
  constant?: string | undefined;
  docs?: string | undefined;
}

/** A struct with an initializer; `CodingKeys` only where a key is not a Swift name. */
export function struct(name: string, fields: readonly SwiftField[], docs?: string): string {
  const names = propertyNames(fields.map(({ key }) => key));
  const nameOf = ({ key }: SwiftField) => escaped(names.get(key)!);
  const typeOf = ({ type, isOptional }: SwiftField) => (isOptional && !type.endsWith("?") ? `${type}?` : type);
  const properties = fields.map(
    (field) => `${docLines(field.docs, "    ")}    public let ${nameOf(field)}: ${typeOf(field)}\n`,
  );
  const parameters = fields.map(
    (field) => `        ${nameOf(field)}: ${typeOf(field)}${defaultOf(field, typeOf(field))}`,
  );
  const assignments = fields.map((field) => `        self.${nameOf(field)} = ${nameOf(field)}\n`);
  const initializer =
    fields.length === 0
      ? "    public init() {}\n"
      : `    public init(\n${parameters.join(",\n")}\n    ) {\n${assignments.join("")}    }\n`;
  const keys = fields.every(({ key }) => isIdentifier(key)) ? "" : `\n${codingKeys(names)}`;
  const body = [properties.join(""), initializer].filter(Boolean).join("\n");
  return `${docLines(docs)}public struct ${name}: Codable, Sendable {\n${body}${keys}}\n`;
}

/** An enum of texts that only clients send: nothing unknown can arrive. */
export function closedEnum(name: string, values: readonly string[], docs?: string): string {
  return `${docLines(docs)}public enum ${name}: String, Codable, CaseIterable, Hashable, Sendable {\n${rawCases(values)}}\n`;
}

/** An enum of texts that may grow: what is not known yet decodes to `unrecognized` and encodes back as it was. */
export function openEnum(name: string, values: readonly string[], docs?: string): string {
  const cases = [...caseNames(values)].map(([value, caseName]) => ({ value: literal(value), name: escaped(caseName) }));
  return `${docLines(docs)}public enum ${name}: RawRepresentable, Codable, Hashable, Sendable {
${cases.map((item) => `    case ${item.name}\n`).join("")}    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
${cases.map((item) => `        case ${item.value}: self = .${item.name}\n`).join("")}        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
${cases.map((item) => `        case .${item.name}: return ${item.value}\n`).join("")}        case .unrecognized(let value): return value
        }
    }
}
`;
}

/** An enum over objects that one text property tells apart; an unknown one is kept as it came. */
export function taggedUnion(options: {
  name: string;
  property: string;
  cases: readonly { value: string; type: string }[];
  docs: string | undefined;
}): string {
  const names = caseNames(options.cases.map(({ value }) => value));
  const cases = options.cases.map(({ value, type }) => ({
    value: literal(value),
    type,
    name: escaped(names.get(value)!),
  }));
  return `${docLines(options.docs)}public enum ${options.name}: Codable, Sendable {
${cases.map((item) => `    case ${item.name}(${item.type})\n`).join("")}    /// A kind this version does not know.
    case unrecognized(AnyCodable)

    private enum DiscriminatorKey: String, CodingKey {
        case discriminator = ${literal(options.property)}
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: DiscriminatorKey.self)
        switch try container.decode(String.self, forKey: .discriminator) {
${cases.map((item) => `        case ${item.value}: self = .${item.name}(try ${item.type}(from: decoder))\n`).join("")}        default: self = .unrecognized(try AnyCodable(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
${cases.map((item) => `        case .${item.name}(let value): try value.encode(to: encoder)\n`).join("")}        case .unrecognized(let value): try value.encode(to: encoder)
        }
    }
}
`;
}

function codingKeys(names: ReadonlyMap<string, string>): string {
  const cases = [...names].map(([key, name]) => {
    const rawValue = key === name ? "" : ` = ${literal(key)}`;
    return `        case ${escaped(name)}${rawValue}\n`;
  });
  return `    private enum CodingKeys: String, CodingKey {\n${cases.join("")}    }\n`;
}

function rawCases(values: readonly string[]): string {
  return [...caseNames(values)].map(([value, name]) => `    case ${escaped(name)} = ${literal(value)}\n`).join("");
}

function defaultOf({ constant }: SwiftField, type: string): string {
  if (constant !== undefined) return ` = ${literal(constant)}`;
  return type.endsWith("?") ? " = nil" : "";
}
