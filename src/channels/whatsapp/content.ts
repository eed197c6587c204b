/** What a message holds, out of the many wrappings WhatsApp puts around it: text, files, what it quotes. Pure. */
import type { InboundMedia } from "../contract.ts";
import type { proto } from "./library.ts";
import { handleOf, type MediaFields } from "./media-handle.ts";

/** The parts of a message that people see. */
export interface Content {
  text?: string;
  media?: InboundMedia;
  context?: proto.IContextInfo | null | undefined;
}

/** Wrappings around a message: it disappears, it shows once, it is an edit, a document with a caption. */
const wrappings = [
  "ephemeralMessage",
  "viewOnceMessage",
  "viewOnceMessageV2",
  "viewOnceMessageV2Extension",
  "documentWithCaptionMessage",
  "editedMessage",
  "groupMentionedMessage",
  "associatedChildMessage",
  "botInvokeMessage",
  "lottieStickerMessage",
] as const;

/** Wrappings within wrappings; the network itself does not nest more. */
const MAX_DEPTH = 6;

/** The message inside all wrappings. */
export function unwrap(message: proto.IMessage): proto.IMessage {
  let current = message;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const inner = wrappings.map((name) => current[name]?.message).find((one) => one !== null && one !== undefined);
    if (!inner) return current;
    current = inner;
  }
  return current;
}

/** What people see of an unwrapped message; undefined when there is nothing to see. */
export function contentOf(message: proto.IMessage): Content | undefined {
  return fileOf(message) ?? textOf(message) ?? placeOf(message) ?? cardsOf(message) ?? choiceOf(message);
}

function textOf({ conversation, extendedTextMessage }: proto.IMessage): Content | undefined {
  const text = extendedTextMessage?.text ?? conversation;
  return text ? { text, context: extendedTextMessage?.contextInfo } : undefined;
}

function fileOf(message: proto.IMessage): Content | undefined {
  const { imageMessage, videoMessage, ptvMessage, audioMessage, documentMessage, stickerMessage } = message;
  if (imageMessage) return file("image", imageMessage);
  const video = videoMessage ?? ptvMessage;
  if (video) return file("video", video);
  if (audioMessage) return file(audioMessage.ptt ? "voice" : "audio", audioMessage);
  if (documentMessage) return file("document", documentMessage);
  return stickerMessage ? file("sticker", stickerMessage) : undefined;
}

type File = MediaFields & {
  caption?: string | null;
  fileName?: string | null;
  mimetype?: string | null;
  fileLength?: unknown;
  contextInfo?: proto.IContextInfo | null;
};

function file(kind: InboundMedia["kind"], fields: File): Content {
  const { caption, fileName, mimetype, contextInfo } = fields;
  const handle = handleOf(kind, fields);
  const sizeBytes = toNumber(fields.fileLength);
  const media: InboundMedia | undefined = handle === undefined ? undefined : { kind, handle };
  if (media && mimetype) media.mimeType = mimetype;
  if (media && sizeBytes !== undefined) media.sizeBytes = sizeBytes;
  if (media && fileName) media.fileName = fileName;
  return { ...(media ? { media } : {}), ...(caption ? { text: caption } : {}), context: contextInfo };
}

function placeOf({ locationMessage, liveLocationMessage }: proto.IMessage): Content | undefined {
  if (locationMessage) {
    const { degreesLatitude, degreesLongitude, name, address, contextInfo } = locationMessage;
    const where = [name, address].filter(Boolean).join(", ");
    const point = `${degreesLatitude ?? 0}, ${degreesLongitude ?? 0}`;
    return { text: `Location: ${where === "" ? point : `${where} (${point})`}`, context: contextInfo };
  }
  if (!liveLocationMessage) return undefined;
  const { degreesLatitude, degreesLongitude, caption, contextInfo } = liveLocationMessage;
  const point = `${degreesLatitude ?? 0}, ${degreesLongitude ?? 0}`;
  return { text: `Live location: ${caption ? `${caption} (${point})` : point}`, context: contextInfo };
}

function cardsOf({ contactMessage, contactsArrayMessage }: proto.IMessage): Content | undefined {
  const cards = contactMessage ? [contactMessage] : (contactsArrayMessage?.contacts ?? []);
  if (cards.length === 0) return undefined;
  const lines = cards.map(({ displayName, vcard }) => {
    const numbers = [...(vcard ?? "").matchAll(/^(?:\w+\.)?TEL[^:\r\n]*:(?<number>[^\r\n]+)/gim)];
    return [`Contact: ${displayName ?? "without a name"}`, ...numbers.map(({ groups }) => groups!["number"])].join(
      ", ",
    );
  });
  return { text: lines.join("\n"), context: (contactMessage ?? contactsArrayMessage)?.contextInfo };
}

/** Questions with answers to choose from, and what was chosen from a menu of a business. */
function choiceOf(message: proto.IMessage): Content | undefined {
  const poll = message.pollCreationMessage ?? message.pollCreationMessageV2 ?? message.pollCreationMessageV3;
  if (poll) {
    const options = (poll.options ?? []).map(({ optionName }) => `- ${optionName ?? ""}`);
    return { text: [`Poll: ${poll.name ?? ""}`, ...options].join("\n"), context: poll.contextInfo };
  }
  const { buttonsResponseMessage, listResponseMessage, templateButtonReplyMessage } = message;
  const chosen =
    buttonsResponseMessage?.selectedDisplayText ??
    listResponseMessage?.title ??
    templateButtonReplyMessage?.selectedDisplayText;
  const answer = buttonsResponseMessage ?? listResponseMessage ?? templateButtonReplyMessage;
  return chosen ? { text: chosen, context: answer?.contextInfo } : undefined;
}

/** A number as the library gives it: its own, or an object for 64 bits. */
export function toNumber(value: unknown): number | undefined {
  if (value === null || value === undefined) return undefined;
  const number = Number(String(value));
  return Number.isSafeInteger(number) ? number : undefined;
}
