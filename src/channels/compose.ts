/**
 * Makes of something to say the messages a network takes: text rendered and cut, files with the text as caption where it
 * fits, a poll or buttons where there are any. Pure.
 */
import type { Button, Capabilities, ChatRef, Outbound, OutboundMedia, Poll } from "./contract.ts";
import { renderPieces } from "./text/render.ts";

/** Something to say in a chat. */
export interface Saying {
  chat: ChatRef;
  /** Markdown. */
  text: string;
  /** Names the whole; each message has it with its number. */
  key: string;
  media?: readonly OutboundMedia[];
  poll?: Poll;
  buttons?: Button[][];
  replyTo?: string;
  isSilent?: boolean;
  /** The message whose place the first piece takes. */
  replaces?: string;
}

/** How an account writes. */
export interface Manner {
  capabilities: Capabilities;
  textLimit: number;
  tables: "code" | "bullets" | "off";
  chunkMode: "length" | "newline";
  /** Whether every message quotes, or the first. */
  quotes: "first" | "all";
}

/** The messages, in order; none when there is nothing to say. */
export function composePieces(saying: Saying, manner: Manner): Outbound[] {
  const { key, replyTo, isSilent, replaces } = saying;
  const chat = placeOf(saying.chat);
  const bodies = bodiesOf(saying, manner);
  return bodies.map((body, index) => ({
    chat,
    ...body,
    key: `${key}-${index}`,
    ...(replyTo !== undefined && (index === 0 || manner.quotes === "all") ? { replyTo } : {}),
    ...(isSilent === true ? { isSilent } : {}),
    // A file cannot take the place of a text.
    ...(replaces !== undefined && index === 0 && body.text !== undefined && !body.media ? { replaces } : {}),
  }));
}

type Body = Omit<Outbound, "chat" | "key">;

function bodiesOf({ text, media = [], poll, buttons }: Saying, manner: Manner): Body[] {
  const { capabilities } = manner;
  const { pollOptions = 0 } = capabilities;
  if (poll && poll.options.length <= pollOptions) return [{ poll }];
  const said = poll ? asText(poll) : text;
  // Buttons stand below a text; what cannot be a button is listed in it.
  const { rows, unfit } = arrange(buttons ?? [], said.trim() === "" ? undefined : capabilities.buttons);
  const words = withList(said, unfit);
  const [first, ...rest] = media;
  const caption = first && rows.length === 0 ? captionOf(words, manner) : undefined;
  const files: Body[] = first ? [{ media: first, ...caption }, ...rest.map((file) => ({ media: file }))] : [];
  const pieces: Body[] = caption ? [] : render(words, manner, manner.textLimit);
  const last = pieces.at(-1);
  if (last && rows.length > 0) last.buttons = rows;
  return [...files, ...pieces];
}

/** The text as the caption of a file, if it fits there in one piece. */
function captionOf(text: string, manner: Manner): Pick<Outbound, "text" | "plainText"> | undefined {
  const { captionLimit } = manner.capabilities;
  if (text.trim() === "") return {};
  if (captionLimit === 0 || text.length > captionLimit) return undefined;
  const pieces = render(text, manner, captionLimit);
  return pieces.length === 1 ? pieces[0] : undefined;
}

function render(text: string, { capabilities, tables, chunkMode }: Manner, textLimit: number) {
  const { markup, maxLines } = capabilities;
  const lines = maxLines === undefined ? {} : { maxLines };
  return renderPieces(text, { markup, tables, chunkMode, textLimit, ...lines });
}

/** What can be answered where there is no button for it. */
function withList(text: string, buttons: readonly Button[]): string {
  if (buttons.length === 0) return text;
  return [text, "", ...buttons.map(({ label, value }) => `- ${label}: \`${value}\``)].join("\n");
}

/** The rows the network shows, none of them empty, and the buttons that are in none. */
function arrange(buttons: readonly Button[][], limits: Capabilities["buttons"]) {
  if (!limits) return { rows: [], unfit: buttons.flat() };
  const fits = ({ value }: Button) => Buffer.byteLength(value) <= limits.valueBytes;
  const rows = buttons
    .map((row) => row.filter(fits).slice(0, limits.perRow))
    .filter((row) => row.length > 0)
    .slice(0, limits.rows);
  const shown = new Set(rows.flat());
  return { rows, unfit: buttons.flat().filter((button) => !shown.has(button)) };
}

/** A poll on a network that has none, or none of that size. */
function asText({ question, options }: Poll): string {
  return [`**${question}**`, "", ...options.map((option, index) => `${index + 1}. ${option}`)].join("\n");
}

function placeOf({ kind, id, threadId }: ChatRef): ChatRef {
  return { kind, id, ...(threadId === undefined ? {} : { threadId }) };
}
