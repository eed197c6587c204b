/** `moltbot send`: writes a message into a chat, without asking an agent. */
import { basename } from "node:path";
import { defineLeaf } from "../command.ts";
import { CommandError, usageError } from "../exit-codes.ts";

export const send = defineLeaf({
  name: "send",
  summary: "Send a message to a chat",
  args: {
    message: { type: "string", valueHint: "TEXT", description: "the message" },
    to: {
      type: "string",
      valueHint: "CHAT",
      default: "main",
      description: "the chat; on webchat a session key (default: main)",
    },
    channel: { type: "string", valueHint: "NAME", default: "webchat", description: "the network (default: webchat)" },
    account: { type: "string", valueHint: "ID", description: "account on that network" },
    media: { type: "string", valueHint: "FILE", description: "file to send along: a path here, or a web address" },
    voice: { type: "boolean", description: "send audio as a voice note" },
    "reply-to": { type: "string", valueHint: "ID", description: "message to quote" },
    silent: { type: "boolean", description: "without a sound, where the network can" },
  },
  async run(args, cli) {
    const { message, to, channel, account, media, voice, silent } = args;
    if (!message && !media) usageError('say what to send: moltbot send --message "..."');
    const sent = await cli.call<{ messageId: string; chatId: string; channel: string }>("send", {
      to,
      channel,
      idempotencyKey: cli.io.ids.uuid(),
      ...(message ? { message } : {}),
      ...(account === undefined ? {} : { accountId: account }),
      ...(media === undefined ? {} : await fileOf(media)),
      ...(voice ? { asVoice: true } : {}),
      ...(silent ? { silent: true } : {}),
      ...(args["reply-to"] === undefined ? {} : { replyToId: args["reply-to"] }),
    });
    cli.print(sent, () => `sent to ${sent.chatId} on ${sent.channel} (${sent.messageId})`);
  },
});

/** Read here, where the person is: the gateway takes no paths (threats T16). */
async function fileOf(media: string): Promise<object> {
  if (/^https?:\/\//i.test(media)) return { mediaUrl: media };
  const file = Bun.file(media);
  if (!(await file.exists())) throw new CommandError("failed", `there is no file ${media}`);
  const buffer = Buffer.from(await file.arrayBuffer()).toString("base64");
  return { buffer, filename: basename(media), contentType: file.type };
}
