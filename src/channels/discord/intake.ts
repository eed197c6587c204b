/** Takes what the gateway or the history tells, turns it into events and stores them, one after the other. */
import type { APIInteraction, APIMessage, GatewayDispatchPayload } from "discord-api-types/v10";
import { messageOf } from "../../lib/errors.ts";
import { ChannelError, type ChannelHost, type Self } from "../contract.ts";
import type { RestApi } from "./client.ts";
import { convert, whereOf } from "./convert.ts";
import type { Directory, Where } from "./directory.ts";
import { forContract } from "./errors.ts";
import type { Converted } from "./facts.ts";
import { acknowledge } from "./interactions.ts";
import type { Progress } from "./session.ts";

/** Clocks differ; a message this much older than the run waited for it. */
const BACKLOG_MS = 30_000;

export interface IntakeOptions {
  api: RestApi;
  host: ChannelHost;
  directory: Directory;
  self: Required<Self>;
  progress: Progress;
}

/** Of one run. Callers keep the order: a call begins when the one before has ended. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #startedAtMs: number;
  readonly #signal: AbortSignal;

  /** The signal ends what nothing waits for. */
  constructor(options: IntakeOptions, signal: AbortSignal) {
    this.#options = options;
    this.#startedAtMs = options.host.clock.now();
    this.#signal = signal;
  }

  /**
   * Resolves when all that comes of a dispatch is on the disk. Throws a {@link ChannelError} when it is not, or when the
   * network does not say where it happened; then the dispatch has to come again.
   */
  async take(payload: GatewayDispatchPayload): Promise<void> {
    const where = this.#read(payload);
    if (where === undefined) return;
    const { host, api, directory, progress } = this.#options;
    const converted = await forContract(() => this.#convert(payload, where));
    if ("drop" in converted)
      host.log.debug("dispatch dropped", { type: payload.t, channelId: where.channelId, reason: converted.drop });
    const events = "events" in converted ? converted.events : [];
    for (const event of events) {
      try {
        await host.receive(event);
      } catch (error) {
        throw new ChannelError("transient", `a message could not be stored: ${messageOf(error)}`, { cause: error });
      }
      if (event.type === "message") directory.noteAuthor(event.messageId, event.sender);
    }
    if (payload.t === "INTERACTION_CREATE" && events.length > 0)
      void acknowledge(payload.d as APIInteraction, { api, log: host.log }, this.#signal);
    if (payload.t === "MESSAGE_CREATE") {
      const { channelId, guildId } = where;
      progress.note({ channelId, messageId: payload.d.id, ...(guildId === undefined ? {} : { guildId }) });
    }
  }

  /** Takes a message of the history as if the gateway had told it. */
  takeMissed(message: APIMessage, guildId: string | undefined): Promise<void> {
    const place = guildId === undefined ? {} : { guild_id: guildId };
    return this.take({ op: 0, t: "MESSAGE_CREATE", s: 0, d: { ...message, ...place } } as GatewayDispatchPayload);
  }

  /** Learns from it, and says where it happened if it may be an event. What cannot be read never will be. */
  #read(payload: GatewayDispatchPayload): Where | undefined {
    const { directory, self } = this.#options;
    try {
      directory.learn(payload);
      return whereOf(payload, self.id);
    } catch (error) {
      this.#skip(payload, error);
      return undefined;
    }
  }

  async #convert(payload: GatewayDispatchPayload, where: Where): Promise<Converted> {
    const { host, directory, self, progress } = this.#options;
    const { guildId } = where;
    const chat = await directory.chatOf(where);
    if (chat === undefined) return { drop: "no chat" };
    const ownRoleId = guildId !== undefined && namesRoles(payload) ? await directory.ownRole(guildId) : undefined;
    try {
      return convert(payload, {
        selfId: self.id,
        username: self.username,
        ...(ownRoleId === undefined ? {} : { ownRoleId }),
        chat,
        authorOf: (messageId) => directory.authorOf(messageId),
        sessionId: progress.session?.id ?? "",
        nowMs: host.clock.now(),
        backlogBeforeMs: this.#startedAtMs - BACKLOG_MS,
      });
    } catch (error) {
      this.#skip(payload, error);
      return { events: [] };
    }
  }

  #skip({ t: type }: GatewayDispatchPayload, error: unknown): void {
    this.#options.host.log.error("dispatch cannot be read and is skipped", { type, reason: messageOf(error) });
  }
}

/** The bot's own role matters in messages that mention one, and need not be asked for otherwise. */
function namesRoles({ d }: GatewayDispatchPayload): boolean {
  return typeof d === "object" && d !== null && "mention_roles" in d && d.mention_roles.length > 0;
}
