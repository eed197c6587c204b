/** `moltbot send`: writes a message into a chat, without asking an agent. */
import { defineLeaf } from "../command.ts";
import { usageError } from "../exit-codes.ts";

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
    media: { type: "string", valueHint: "URL", description: "file to send along, where the gateway can" },
  },
  async run(args, cli) {
    const { message, to, channel, account, media } = args;
    if (!message && !media) usageError('say what to send: moltbot send --message "..."');
    if (media !== undefined && !(await takesMedia())) usageError("this version sends text only: leave out --media");
    const sent = await cli.call<{ messageId: string; chatId: string; channel: string }>("send", {
      to,
      message,
      channel,
      idempotencyKey: cli.io.ids.uuid(),
      ...(account === undefined ? {} : { accountId: account }),
      ...(media === undefined ? {} : { mediaUrl: media }),
    });
    cli.print(sent, () => `sent to ${sent.chatId} on ${sent.channel} (${sent.messageId})`);
  },
});

/** Asked of the declaration, so that the option works on the day the method does. */
async function takesMedia(): Promise<boolean> {
  const { findMethod } = await import("../methods.ts");
  const properties: object = findMethod("send")?.params["properties"] ?? {};
  return "mediaUrl" in properties;
}
