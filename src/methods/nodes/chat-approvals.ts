/**
 * Asks the owner about an execution in a chat, and takes the word from there: only from chats the owner named, only one
 * to one, and only for a question that still waits (threats T09, T14).
 */
import { GatewayError, messageOf } from "../../lib/errors.ts";
import type { Log } from "../../lib/log.ts";
import type { Services } from "../services.ts";

/** Who wrote a command in a chat of a network. */
export interface ChatCaller {
  channel: string;
  accountId: string;
  chatId: string;
  senderId: string;
  isDirect: boolean;
}

/** A chat that is asked. */
interface Target {
  channel: string;
  accountId?: string | undefined;
  to: string;
}

/** The chats the owner wants to be asked in. */
export function approvalTargets({ config }: Pick<Services, "config">): Target[] {
  const written = config.snapshot.approvals?.exec?.targets ?? [];
  return written.flatMap(({ channel, to, accountId }) => (channel && to ? [{ channel, to, accountId }] : []));
}

/** Tells the owner's chats of every question. */
export function askInChats(app: Services, log: Log): void {
  app.execApprovals.on("requested", ({ approval: { id, request } }) => {
    for (const target of approvalTargets(app)) {
      const text = [
        `An agent asks to run this${request.host ? ` on ${request.host}` : ""}${request.cwd ? ` in ${request.cwd}` : ""} (${request.command.length} characters):`,
        ...fenced([request.command, ...Object.entries(request.env ?? {}).map(([name, value]) => `${name}=${value}`)]),
        "Only this one execution is approved by it.",
      ].join("\n");
      const button = (label: string, word: string) => ({ label, value: `/approve ${id} ${word}` });
      const buttons = [[button("Allow once", "allow-once"), button("Deny", "deny")]];
      const said = app.channels.send({ ...target, key: `approval-${id}`, saying: { text, buttons } });
      if (typeof said === "string") log.warn("the owner could not be asked in a chat", { ...target, problem: said });
    }
  });
}

/** `/approve <id> <word>`: the reply to it. Anything from elsewhere learns nothing. */
export function approveFromChat(args: string, caller: ChatCaller, app: Services): string {
  const [id = "", word = "allow-once"] = args.split(/\s+/);
  const isOwner =
    caller.isDirect &&
    approvalTargets(app).some(
      (target) =>
        target.channel === caller.channel &&
        (target.accountId === undefined || target.accountId === caller.accountId) &&
        app.channels.isChat(target.channel, target.to, caller.chatId),
    );
  if (!isOwner) return "That is not for this chat.";
  try {
    const by = { connectionId: undefined, deviceId: undefined, label: `${caller.channel}:${caller.senderId}` };
    app.execApprovals.resolve(id, word, by);
    return word === "deny" ? "It will not run." : "It runs now, once.";
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return `That could not be decided: ${messageOf(error)}`;
  }
}

/** Shown as it is, whatever is in it: the fence is longer than any in the text. */
function fenced(lines: readonly string[]): string[] {
  const longest = Math.max(2, ...(lines.join("\n").match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return [fence, ...lines, fence];
}
