/**
 * What this imsg can do beyond sending and hearing: its bridge into Messages, which the owner of the Mac has to set up.
 * Told by `imsg status --json`; tools that do not know that command have none of it.
 */
import { Type } from "@sinclair/typebox";
import { Lenient } from "#schemas/primitives.ts";
import { parseJson } from "../../lib/json.ts";
import { validator } from "../../lib/validate.ts";

/** In the order they are remembered. `reply`: answers may quote what they answer. */
export const abilityNames = ["typing", "read", "react", "edit", "remove", "reply"] as const;
export type AbilityName = (typeof abilityNames)[number];

const status = validator(
  Lenient({
    advanced_features: Type.Optional(Type.Boolean()),
    typing_indicators: Type.Optional(Type.Boolean()),
    read_receipts: Type.Optional(Type.Boolean()),
    v2_ready: Type.Optional(Type.Boolean()),
    rpc_methods: Type.Optional(Type.Array(Type.String())),
    selectors: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  }),
);

/** The method an ability is, and what the bridge needs for it: any of these in Messages. */
const needs: Readonly<Record<AbilityName, { method: string; selectors: readonly string[] }>> = {
  typing: { method: "typing", selectors: [] },
  read: { method: "read", selectors: [] },
  react: { method: "tapback", selectors: ["sendReaction"] },
  edit: { method: "message.edit", selectors: ["editMessageItemTranslation", "editMessageItem", "editMessage"] },
  remove: { method: "message.unsend", selectors: ["retractMessagePart"] },
  reply: { method: "send.rich", selectors: ["sendMessage"] },
};

/** Reads what the tool says about itself; nothing when it says nothing. */
export function parseAbilities(output: string): AbilityName[] {
  const parsed = parseJson(output.trim());
  const value = parsed.ok ? parsed.value : undefined;
  if (!status.check(value) || value.advanced_features !== true) return [];
  const { rpc_methods = [], selectors = {} } = value;
  return abilityNames.filter((name) => {
    if (name === "typing" && value.typing_indicators === false) return false;
    if (name === "read" && value.read_receipts === false) return false;
    const { method, selectors: wanted } = needs[name];
    const isThere = wanted.length === 0 || (value.v2_ready === true && wanted.some((one) => selectors[one] === true));
    return rpc_methods.includes(method) && isThere;
  });
}

/** The abilities as they are remembered for the next start. */
export function recallAbilities(text: string | undefined): AbilityName[] {
  const names = (text ?? "").split(" ");
  return abilityNames.filter((name) => names.includes(name));
}
