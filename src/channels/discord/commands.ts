/** Puts the gateway's own commands into the network's menu, which people get by typing a slash. */
import type { APIApplication } from "discord-api-types/v10";
import { messageOf } from "../../lib/errors.ts";
import type { ChannelHost } from "../contract.ts";
import type { RestApi } from "./client.ts";

/** What the network takes as a name, of the letters our commands have. */
const NAME = /^[a-z0-9_-]{1,32}$/;
const MAX_DESCRIPTION = 100;
const MAX_COMMANDS = 100;
/** Kinds of options and places: https://docs.discord.com/developers/interactions/application-commands. */
const TEXT_OPTION = 3;
const IN_SERVERS = 0;
const IN_DIRECT = 1;

export interface MenuOptions {
  api: RestApi;
  host: Pick<ChannelHost, "commands" | "log">;
  /** Absent: the one the token belongs to. */
  applicationId: string | undefined;
}

/** Replaces the menu; called when the account is connected. The account works without it: never rejects. */
export async function registerCommands({ api, host, applicationId }: MenuOptions, signal: AbortSignal): Promise<void> {
  try {
    const id = applicationId ?? (await applicationIdOf(api, signal));
    const body = host.commands
      .filter(({ name }) => NAME.test(name))
      .slice(0, MAX_COMMANDS)
      .map(commandOf);
    const route = `/applications/${id}/commands` as const;
    await api.call({ name: "set commands", method: "PUT", route, body }, { signal });
  } catch (error) {
    if (!signal.aborted) host.log.warn("the menu of commands is not set", { reason: messageOf(error) });
  }
}

async function applicationIdOf(api: RestApi, signal: AbortSignal): Promise<string> {
  const call = { name: "get application", method: "GET", route: "/applications/@me" } as const;
  return (await api.call<APIApplication>(call, { signal })).id;
}

function commandOf({ name, description }: { name: string; description: string }) {
  return {
    type: 1,
    name,
    description: description.slice(0, MAX_DESCRIPTION) || name,
    contexts: [IN_SERVERS, IN_DIRECT],
    options: [{ type: TEXT_OPTION, name: "input", description: "What goes after the command.", required: false }],
  };
}
