/** A text with buttons below it, as the network wants it: in blocks (https://docs.slack.dev/reference/block-kit). Pure. */
import type { Button, Outbound } from "../contract.ts";
import type { Json } from "./json.ts";

/** Longest text of one section, and of one button, in characters. */
const MAX_SECTION_CHARS = 3000;
const MAX_LABEL_CHARS = 75;

/** The blocks; none when there are no buttons, because a text alone is shown as well without. */
export function blocksOf({ text = "", buttons = [] }: Outbound): Json[] {
  const rows = buttons.filter((row) => row.length > 0);
  if (rows.length === 0) return [];
  return [...sectionsOf(text), ...rows.map(toActions)];
}

function sectionsOf(text: string): Json[] {
  const sections: Json[] = [];
  for (let rest = text; rest !== ""; ) {
    const lineEnd = rest.lastIndexOf("\n", MAX_SECTION_CHARS);
    const end = rest.length <= MAX_SECTION_CHARS ? rest.length : lineEnd > 0 ? lineEnd : MAX_SECTION_CHARS;
    sections.push({ type: "section", text: { type: "mrkdwn", text: rest.slice(0, end) } });
    rest = rest.slice(end).replace(/^\n/, "");
  }
  return sections;
}

/** The id of a button has to be its own in the message; which one was pressed is told by its value. */
function toActions(row: readonly Button[], rowIndex: number): Json {
  const elements = row.map(({ label, value }, index) => ({
    type: "button",
    action_id: `button-${rowIndex}-${index}`,
    text: { type: "plain_text", text: label.slice(0, MAX_LABEL_CHARS), emoji: true },
    value,
  }));
  return { type: "actions", elements };
}
