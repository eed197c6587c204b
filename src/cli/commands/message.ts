/** `moltbot message react|edit|delete|read` and `moltbot poll`: what can be done in a chat beside sending a text. */
import { defineBranch, defineLeaf } from "../command.ts";
import { usageError } from "../exit-codes.ts";

const place = {
  channel: { type: "string", valueHint: "NAME", description: "the network (default: the only one)" },
  to: { type: "string", valueHint: "CHAT", required: true, description: "the chat" },
  account: { type: "string", valueHint: "ID", description: "account on that network" },
} as const;

const id = { type: "string", valueHint: "ID", required: true, description: "the network's id of the message" } as const;

interface Place {
  channel?: string | undefined;
  to: string;
  account?: string | undefined;
}

function placeOf({ channel, to, account }: Place) {
  return {
    to,
    ...(channel === undefined ? {} : { channel }),
    ...(account === undefined ? {} : { accountId: account }),
  };
}

const action = <const N extends "delete" | "read">(name: N, summary: string) =>
  defineLeaf({
    name,
    summary,
    args: { ...place, id },
    async run(args, cli) {
      const params = { ...placeOf(args), action: name, messageId: args.id, idempotencyKey: cli.io.ids.uuid() };
      cli.print(await cli.call("message.action", params), () => "done");
    },
  });

const react = defineLeaf({
  name: "react",
  summary: "Put an emoji on a message",
  args: { ...place, id, emoji: { type: "string", required: true, description: "the emoji; empty takes ours away" } },
  async run(args, cli) {
    const { id: messageId, emoji } = args;
    const params = { ...placeOf(args), action: "react", messageId, emoji, idempotencyKey: cli.io.ids.uuid() };
    cli.print(await cli.call("message.action", params), () => "done");
  },
});

const edit = defineLeaf({
  name: "edit",
  summary: "Change a message of ours",
  args: { ...place, id, message: { type: "string", required: true, valueHint: "TEXT", description: "its new text" } },
  async run(args, cli) {
    const { id: messageId, message } = args;
    const params = { ...placeOf(args), action: "edit", messageId, message, idempotencyKey: cli.io.ids.uuid() };
    cli.print(await cli.call("message.action", params), () => "done");
  },
});

export const message = defineBranch({
  name: "message",
  summary: "Change messages that are there: react, edit, delete, mark as read",
  children: {
    react: async () => react,
    edit: async () => edit,
    delete: async () => action("delete", "Delete a message"),
    read: async () => action("read", "Mark a message as read"),
  },
});

export const poll = defineLeaf({
  name: "poll",
  summary: "Ask a question with answers to choose from in a chat",
  args: {
    ...place,
    question: { type: "string", required: true, valueHint: "TEXT", description: "the question" },
    options: { type: "string", required: true, valueHint: "A,B,...", description: "the answers, with commas between" },
    choices: { type: "string", valueHint: "N", description: "answers one person may choose (default: 1)" },
    hours: { type: "string", valueHint: "N", description: "how long it is open" },
  },
  async run(args, cli) {
    const { question, choices, hours } = args;
    const options = args.options
      .split(",")
      .map((option) => option.trim())
      .filter(Boolean);
    if (options.length < 2) usageError('two answers at least: --options "yes,no"');
    const sent = await cli.call<{ messageId: string; chatId: string; channel: string }>("poll", {
      ...placeOf(args),
      question,
      options,
      ...(choices === undefined ? {} : { maxSelections: Number(choices) }),
      ...(hours === undefined ? {} : { durationHours: Number(hours) }),
      idempotencyKey: cli.io.ids.uuid(),
    });
    cli.print(sent, () => `asked in ${sent.chatId} on ${sent.channel} (${sent.messageId})`);
  },
});
