/** The committed files that derive from declarations: made by build.ts, printed by `moltbot protocol`. Pure. */
import { emitDocs } from "#schemas/emit/docs.ts";
import { emitJsonSchema } from "#schemas/emit/json-schema.ts";
import { emitSwift } from "#schemas/emit/swift.ts";
import { configMarkdown } from "../config/docs.ts";
import { describeProtocol } from "./index.ts";

/** Text by path in the repository. */
export function generatedFiles(version: string): Record<string, string> {
  const protocol = describeProtocol(version);
  return {
    "schemas/generated/protocol.schema.json": emitJsonSchema(protocol),
    "schemas/generated/Protocol.swift": emitSwift(protocol),
    "docs/protocol.md": emitDocs(protocol),
    "docs/config.md": configMarkdown(),
  };
}
