/** Stores what the network delivers, whichever way it came: each update becomes an event, or is named and passed over. */
import type { Update, UserFromGetMe } from "grammy/types";
import { messageOf } from "../../lib/errors.ts";
import { ChannelError, type ChannelHost } from "../contract.ts";
import { type Converted, convert } from "./convert.ts";

/** The kinds of updates the network is asked for. */
export const wantedUpdates = [
  "message",
  "edited_message",
  "channel_post",
  "message_reaction",
  "callback_query",
] as const;

/** The intake of one account. */
export class Intake {
  readonly #host: ChannelHost;
  readonly #self: UserFromGetMe;

  constructor(host: ChannelHost, self: UserFromGetMe) {
    this.#host = host;
    this.#self = self;
  }

  /** Resolves when the update may be confirmed; throws `transient` when it could not be stored. */
  async store(update: Update): Promise<void> {
    const converted = this.#convert(update);
    const updateId = update.update_id;
    if (converted === undefined) return;
    if ("drop" in converted) return this.#host.log.debug("update dropped", { updateId, reason: converted.drop });
    try {
      await this.#host.receive(converted.event);
    } catch (error) {
      throw new ChannelError("transient", `a message could not be stored: ${messageOf(error)}`, { cause: error });
    }
  }

  /** An update that breaks conversion would break it every time it came again, and nothing after it would be heard. */
  #convert(update: Update): Converted | undefined {
    const { id, username } = this.#self;
    try {
      return convert(update, { selfId: id, username, nowMs: this.#host.clock.now() });
    } catch (error) {
      this.#host.log.error("update cannot be read and is skipped", {
        updateId: update.update_id,
        reason: messageOf(error),
      });
      return undefined;
    }
  }
}
