/** What the daemon tells of, as far as it is read here; it leaves out everything that is empty. */
import { type Static, Type } from "@sinclair/typebox";
import { Lenient } from "#schemas/primitives.ts";

const { Optional, Array: List, String: Text, Integer, Boolean: Flag } = Type;
const Time = Integer({ minimum: 0, maximum: 8.64e15 });

const Attachment = Lenient({
  id: Optional(Text({ minLength: 1, maxLength: 512 })),
  contentType: Optional(Text()),
  filename: Optional(Text()),
  size: Optional(Integer({ minimum: 0 })),
  caption: Optional(Text()),
});
export type Attachment = Static<typeof Attachment>;

const Mention = Lenient({
  name: Optional(Text()),
  number: Optional(Text()),
  uuid: Optional(Text()),
  start: Integer({ minimum: 0 }),
  length: Integer({ minimum: 0 }),
});
export type Mention = Static<typeof Mention>;

const Quote = Lenient({
  id: Time,
  author: Optional(Text()),
  authorNumber: Optional(Text()),
  authorUuid: Optional(Text()),
  text: Optional(Text()),
});
export type Quote = Static<typeof Quote>;

const DataMessage = Lenient({
  timestamp: Time,
  message: Optional(Text()),
  groupInfo: Optional(Lenient({ groupId: Text({ minLength: 1 }), groupName: Optional(Text()) })),
  reaction: Optional(
    Lenient({
      emoji: Text({ minLength: 1 }),
      targetAuthor: Optional(Text()),
      targetAuthorNumber: Optional(Text()),
      targetAuthorUuid: Optional(Text()),
      targetSentTimestamp: Time,
      isRemove: Optional(Flag()),
    }),
  ),
  quote: Optional(Quote),
  mentions: Optional(List(Mention)),
  attachments: Optional(List(Attachment)),
  sticker: Optional(Lenient({ packId: Text({ minLength: 1 }), stickerId: Integer({ minimum: 0 }) })),
  remoteDelete: Optional(Lenient({ timestamp: Time })),
});
export type DataMessage = Static<typeof DataMessage>;

const Envelope = Lenient({
  source: Optional(Text()),
  sourceNumber: Optional(Text()),
  sourceUuid: Optional(Text()),
  sourceName: Optional(Text()),
  timestamp: Time,
  dataMessage: Optional(DataMessage),
  editMessage: Optional(Lenient({ targetSentTimestamp: Time, dataMessage: DataMessage })),
  syncMessage: Optional(Type.Unknown()),
  receiptMessage: Optional(Type.Unknown()),
  typingMessage: Optional(Type.Unknown()),
  callMessage: Optional(Type.Unknown()),
  storyMessage: Optional(Type.Unknown()),
});
export type Envelope = Static<typeof Envelope>;

/** The data of one event. */
export const Received = Lenient({
  account: Optional(Text()),
  envelope: Envelope,
  /** Why the envelope could not be opened. */
  exception: Optional(Type.Unknown()),
});
export type Received = Static<typeof Received>;
