/**
 * Fetches what was written while nobody listened, when the gateway does not tell it: the history of the chats that were
 * talked in last, from the last message that is stored. Edits, deletions and reactions of that time are not to be had.
 */
import type { APIMessage } from "discord-api-types/v10";
import type { ChannelHost } from "../contract.ts";
import type { RestApi } from "./client.ts";
import { isRefusal } from "./errors.ts";
import { compareIds, type Position, type Progress } from "./session.ts";

/** The most the network gives at once. */
const PAGE = 100;
/** Pages of one chat: more was not written in a day by people. */
const MAX_PAGES = 50;
/** Nobody waits for an answer to what is older. */
const MAX_AGE_MS = 24 * 3_600_000;
/** When the network's ids begin: https://docs.discord.com/developers/reference#snowflakes. */
const EPOCH_MS = 1_420_070_400_000;

export interface CatchUpOptions {
  api: RestApi;
  host: Pick<ChannelHost, "clock" | "log">;
  progress: Progress;
  /** Stores one message; called in the order they were written. */
  take: (message: APIMessage, guildId: string | undefined) => Promise<void>;
  isOver: () => boolean;
}

/** Called when a session begins anew. Throws what the network throws, so that it is tried again with the next one. */
export async function catchUp(options: CatchUpOptions): Promise<void> {
  for (const position of options.progress.positions) {
    try {
      await catchUpIn(position, options);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      options.host.log.info("a chat is not there any more", { channelId: position.channelId });
      options.progress.forget(position.channelId);
    }
  }
}

async function catchUpIn({ channelId, guildId, messageId }: Position, options: CatchUpOptions): Promise<void> {
  const { api, host, take, isOver } = options;
  let after = later(messageId, idOf(host.clock.now() - MAX_AGE_MS));
  for (let page = 0; page < MAX_PAGES && !isOver(); page++) {
    const query = { after, limit: String(PAGE) };
    const route = `/channels/${channelId}/messages` as const;
    const found = await api.call<APIMessage[]>({ name: "get messages", method: "GET", route, query });
    // The network lists the newest first.
    for (const message of found.sort((one, other) => compareIds(one.id, other.id))) {
      if (isOver()) return;
      await take(message, guildId);
      after = later(after, message.id);
    }
    if (found.length < PAGE) return;
  }
  if (!isOver()) host.log.warn("more was written meanwhile than is fetched", { channelId });
}

/** The first id of that time. */
function idOf(timeMs: number): string {
  return String(BigInt(Math.max(0, timeMs - EPOCH_MS)) << 22n);
}

function later(one: string, other: string): string {
  return compareIds(one, other) >= 0 ? one : other;
}
