/**
 * Knows the places: what a channel is called and where it is, which channel is the direct one with a person, which role
 * is the bot's own. The gateway tells most of it when a session begins; a session that is resumed after a restart tells
 * nothing, so that the rest is asked for when it is needed.
 */
import type {
  APIChannel,
  APIRole,
  GatewayDispatchPayload,
  GatewayGuildCreateDispatchData,
  RESTPostAPICurrentUserCreateDMChannelResult,
} from "discord-api-types/v10";
import { parseJson } from "../../lib/json.ts";
import type { AccountMemory, ChatRef, Inbound } from "../contract.ts";
import type { RestApi } from "./client.ts";
import { isRefusal } from "./errors.ts";

const DIRECTS = "directs";
/** Pairs of person and channel; the oldest can be asked for again. */
const MAX_DIRECTS = 500;
/** Channels and threads of all servers; one is some hundred bytes. */
const MAX_CHANNELS = 5_000;
/** Authors of recent messages, for when one is deleted. */
const MAX_AUTHORS = 2_000;
/** A lookup holds up what comes after it. */
const LOOKUP_MS = 5_000;

/** Kinds of channels: https://docs.discord.com/developers/resources/channel#channel-object-channel-types. */
const DIRECT = 1;
const GROUP_DIRECT = 3;
const threadTypes: ReadonlySet<number> = new Set([10, 11, 12]);

/** Where something happened, as an event tells it. */
export interface Where {
  channelId: string;
  guildId?: string;
  /** Who did it, if that is not the bot: in a direct chat, who it is with. */
  personId?: string;
}

interface Known {
  type: number;
  name?: string;
  parentId?: string;
  guildId?: string;
}

/** One account's knowledge. */
export class Directory {
  readonly #api: RestApi;
  readonly #memory: AccountMemory;
  readonly #selfId: () => string | undefined;
  readonly #channels = new Map<string, Known>();
  readonly #guildNames = new Map<string, string>();
  /** The role the network made for the bot, by server; undefined where there is none. */
  readonly #ownRoles = new Map<string, string | undefined>();
  readonly #authors = new Map<string, Inbound["sender"]>();
  /** Channel by person. */
  readonly #directs: Map<string, string>;

  constructor(api: RestApi, memory: AccountMemory, selfId: () => string | undefined) {
    this.#api = api;
    this.#memory = memory;
    this.#selfId = selfId;
    this.#directs = parseDirects(memory.get(DIRECTS));
  }

  /** Takes what an event of the gateway tells about places. */
  learn({ t, d }: GatewayDispatchPayload): void {
    switch (t as string) {
      case "GUILD_CREATE":
        return this.#learnGuild(d as GatewayGuildCreateDispatchData);
      case "CHANNEL_CREATE":
      case "CHANNEL_UPDATE":
      case "THREAD_CREATE":
      case "THREAD_UPDATE":
        this.#learnChannel(d as APIChannel);
        return;
      case "GUILD_DELETE":
        this.#ownRoles.delete((d as { id: string }).id);
        return;
      case "CHANNEL_DELETE":
      case "THREAD_DELETE":
        this.#channels.delete((d as { id: string }).id);
        return;
    }
  }

  /** The chat as the contract has it. Asks the network if it must; throws when that does not answer. */
  async chatOf({ channelId, guildId, personId }: Where): Promise<Inbound["chat"] | undefined> {
    if (guildId === undefined && personId !== undefined) {
      this.#learnDirect(personId, channelId);
      return { kind: "direct", id: personId };
    }
    const person = guildId === undefined ? this.#personIn(channelId) : undefined;
    if (person !== undefined) return { kind: "direct", id: person };
    const known = this.#channels.get(channelId) ?? (await this.#lookUp(channelId));
    if (guildId === undefined) return this.#privateChat(channelId, known);
    const parentIds = [guildId];
    // A channel that may not be looked at counts as one that is no thread.
    if (known === undefined) return { kind: "channel", id: channelId, parentIds };
    const title = known.name === undefined ? {} : { title: this.#titleOf(known, guildId) };
    return threadTypes.has(known.type) && known.parentId !== undefined
      ? { kind: "channel", id: known.parentId, threadId: channelId, parentIds, ...title }
      : { kind: "channel", id: channelId, parentIds, ...title };
  }

  /** The bot's own role in a server, which names the bot when it is mentioned. */
  async ownRole(guildId: string): Promise<string | undefined> {
    if (!this.#ownRoles.has(guildId)) {
      const roles = await this.#ask<APIRole[]>("get roles", `/guilds/${guildId}/roles`);
      this.#ownRoles.set(guildId, this.#ownRoleAmong(roles ?? []));
    }
    return this.#ownRoles.get(guildId);
  }

  /** The channel a message for that chat goes to; a direct one is opened when it is first written to. */
  async channelIdOf({ kind, id, threadId }: ChatRef, signal: AbortSignal): Promise<string> {
    if (kind !== "direct") return threadId ?? id;
    const known = this.#directs.get(id);
    if (known !== undefined) return known;
    const channel = await this.#api.call<RESTPostAPICurrentUserCreateDMChannelResult>(
      { name: "open direct chat", method: "POST", route: "/users/@me/channels", body: { recipient_id: id } },
      { signal },
    );
    this.#learnDirect(id, channel.id);
    return channel.id;
  }

  /** The direct channel with a person is not there any more. */
  forgetDirect(personId: string): void {
    if (this.#directs.delete(personId)) this.#saveDirects();
  }

  /** Notes who wrote a message. */
  noteAuthor(messageId: string, sender: Inbound["sender"]): void {
    put(this.#authors, messageId, sender, MAX_AUTHORS);
  }

  authorOf(messageId: string): Inbound["sender"] | undefined {
    return this.#authors.get(messageId);
  }

  #learnGuild({ id, name, channels = [], threads = [], roles = [] }: GatewayGuildCreateDispatchData): void {
    if (name === undefined) return; // A server that is unavailable has an id and nothing else.
    put(this.#guildNames, id, name, MAX_CHANNELS);
    put(this.#ownRoles, id, this.#ownRoleAmong(roles), MAX_CHANNELS);
    for (const channel of [...channels, ...threads]) this.#learnChannel({ ...channel, guild_id: id } as APIChannel);
  }

  #learnChannel(channel: APIChannel): Known {
    const { type, name } = channel;
    const parentId = "parent_id" in channel ? channel.parent_id : undefined;
    const guildId = "guild_id" in channel ? channel.guild_id : undefined;
    const known: Known = {
      type,
      ...(name ? { name } : {}),
      ...(parentId ? { parentId } : {}),
      ...(guildId === undefined ? {} : { guildId }),
    };
    put(this.#channels, channel.id, known, MAX_CHANNELS);
    const recipients = "recipients" in channel ? (channel.recipients ?? []) : [];
    if (type === DIRECT && recipients[0] !== undefined) this.#learnDirect(recipients[0].id, channel.id);
    return known;
  }

  async #lookUp(channelId: string): Promise<Known | undefined> {
    const channel = await this.#ask<APIChannel>("get channel", `/channels/${channelId}`);
    return channel && this.#learnChannel(channel);
  }

  /** Undefined when the network says no; throws when it does not answer, so that the event comes again. */
  async #ask<T>(name: string, route: `/${string}`): Promise<T | undefined> {
    try {
      return await this.#api.call<T>({ name, method: "GET", route }, { ms: LOOKUP_MS });
    } catch (error) {
      if (isRefusal(error)) return undefined;
      throw error;
    }
  }

  #privateChat(channelId: string, known: Known | undefined): Inbound["chat"] | undefined {
    if (known?.type === GROUP_DIRECT) return { kind: "group", id: channelId };
    const person = this.#personIn(channelId);
    return person === undefined ? undefined : { kind: "direct", id: person };
  }

  #titleOf({ type, name }: Known, guildId: string): string {
    const guild = this.#guildNames.get(guildId);
    const own = threadTypes.has(type) ? name! : `#${name}`;
    return guild === undefined ? own : `${own} (${guild})`;
  }

  #ownRoleAmong(roles: readonly APIRole[]): string | undefined {
    const selfId = this.#selfId();
    return roles.find(({ tags }) => tags?.bot_id !== undefined && tags.bot_id === selfId)?.id;
  }

  #personIn(channelId: string): string | undefined {
    for (const [personId, direct] of this.#directs) if (direct === channelId) return personId;
    return undefined;
  }

  #learnDirect(personId: string, channelId: string): void {
    if (this.#directs.get(personId) === channelId) return;
    put(this.#directs, personId, channelId, MAX_DIRECTS);
    this.#saveDirects();
  }

  #saveDirects(): void {
    this.#memory.set(DIRECTS, JSON.stringify([...this.#directs]));
  }
}

/** Sets, as the newest; the oldest goes when there are too many. */
function put<V>(map: Map<string, V>, key: string, value: V, max: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > max && oldest !== undefined) map.delete(oldest);
}

function parseDirects(text = "[]"): Map<string, string> {
  const result = parseJson(text);
  const pairs: unknown[] = result.ok && Array.isArray(result.value) ? result.value : [];
  return new Map(
    pairs.filter(
      (pair): pair is [string, string] => Array.isArray(pair) && pair.every((one) => typeof one === "string"),
    ),
  );
}
