/** What imsg tells of a message, as far as it is read here (https://github.com/steipete/imsg, docs/json.md). */
import { type Static, Type } from "@sinclair/typebox";
import { Lenient, Nullable } from "#schemas/primitives.ts";

const { Array: List, String: Text, Integer, Boolean: Flag } = Type;
/** Empty things are left out, or null, depending on the version. */
const Maybe = <T extends Parameters<typeof Nullable>[0]>(schema: T) => Type.Optional(Nullable(schema));

const Attachment = Lenient({
  original_path: Maybe(Text({ maxLength: 4096 })),
  filename: Maybe(Text()),
  transfer_name: Maybe(Text()),
  uti: Maybe(Text()),
  mime_type: Maybe(Text()),
  total_bytes: Maybe(Integer()),
  is_sticker: Maybe(Flag()),
  missing: Maybe(Flag()),
});
export type Attachment = Static<typeof Attachment>;

/** One row. */
export const Row = Lenient({
  id: Integer(),
  /** Where to go on after a restart, when it is not the id. */
  cursor: Maybe(Integer()),
  guid: Maybe(Text()),
  chat_id: Maybe(Integer()),
  chat_guid: Maybe(Text()),
  chat_identifier: Maybe(Text()),
  chat_name: Maybe(Text()),
  is_group: Maybe(Flag()),
  sender: Maybe(Text()),
  sender_name: Maybe(Text()),
  is_from_me: Maybe(Flag()),
  text: Maybe(Text()),
  created_at: Maybe(Text()),
  attachments: Maybe(List(Attachment)),
  reply_to_guid: Maybe(Text()),
  thread_originator_guid: Maybe(Text()),
  reply_to_id: Maybe(Type.Union([Text(), Integer()])),
  reply_to_text: Maybe(Text()),
  reply_to_sender: Maybe(Text()),
  is_reaction: Maybe(Flag()),
  reaction_type: Maybe(Text()),
  reaction_emoji: Maybe(Text()),
  is_reaction_add: Maybe(Flag()),
  reacted_to_guid: Maybe(Text()),
  poll: Maybe(
    Lenient({
      kind: Maybe(Text()),
      question: Maybe(Text()),
      options: Maybe(List(Lenient({ text: Maybe(Text()) }))),
    }),
  ),
});
export type Row = Static<typeof Row>;

/** What a notification of a message carries. */
export const MessageParams = Lenient({ message: Row });
