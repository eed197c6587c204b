/** Stores what the network delivers, whichever way it came: each envelope becomes an event, or is named and passed over. */
import { messageOf } from "../../lib/errors.ts";
import { ChannelError, type ChannelHost } from "../contract.ts";
import { type Converted, convert, type Envelope, type Facts, idsIn } from "./convert.ts";
import type { Directory } from "./directory.ts";
import type { Threads } from "./threads.ts";

interface Needs {
  host: ChannelHost;
  directory: Directory;
  threads: Threads;
  self: Pick<Facts, "selfUserId" | "selfBotId" | "username">;
}

/** The intake of one account. */
export class Intake {
  readonly #needs: Needs;

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Resolves when the envelope may be acknowledged; throws `transient` when it could not be stored. */
  async store(envelope: Envelope, envelopeId: string): Promise<void> {
    const { host, directory } = this.#needs;
    await directory.learn(idsIn(envelope));
    const converted = this.#convert(envelope, envelopeId);
    if (converted === undefined) return;
    if ("drop" in converted) return host.log.debug("envelope dropped", { envelopeId, reason: converted.drop });
    try {
      await host.receive(converted.event);
    } catch (error) {
      throw new ChannelError("transient", `a message could not be stored: ${messageOf(error)}`, { cause: error });
    }
  }

  /** An envelope that breaks conversion would break it every time it came again. */
  #convert(envelope: Envelope, envelopeId: string): Converted | undefined {
    const { host, directory, threads, self } = this.#needs;
    try {
      const facts: Facts = {
        ...self,
        chatOf: (id) => directory.chatOf(id),
        nameOf: (id) => directory.nameOf(id),
        takesPart: (chatId, threadId) => threads.has(chatId, threadId),
      };
      return convert(envelope, facts);
    } catch (error) {
      host.log.error("envelope cannot be read and is skipped", { envelopeId, reason: messageOf(error) });
      return undefined;
    }
  }
}
