/** The menu of commands people see beside the place they write in. Pure. */
import type { BotCommand } from "grammy/types";
import type { ChannelHost } from "../contract.ts";

/** Most commands the network takes, and their longest description. */
const MAX_COMMANDS = 100;
const MAX_DESCRIPTION_CHARS = 256;

/** The commands the network can show: it knows letters, digits and `_`, and wants a description. */
export function commandMenu(commands: ChannelHost["commands"]): BotCommand[] {
  return commands
    .filter(({ name, description }) => /^[a-z0-9_]{1,32}$/.test(name) && description !== "")
    .slice(0, MAX_COMMANDS)
    .map(({ name, description }) => ({ command: name, description: description.slice(0, MAX_DESCRIPTION_CHARS) }));
}
