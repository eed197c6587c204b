/** People who ask to talk to an account, and those who were let in: the codes of `policy/pairing.ts`, kept on the disk. */
import type { Clock } from "../lib/clock.ts";
import type { Ids } from "../lib/ids.ts";
import type { ChannelStore } from "../store/channels.ts";
import type { Senders } from "./gates.ts";
import { idKey } from "./policy/ids.ts";
import { findRequest, livingRequests, type PairingRequest } from "./policy/pairing.ts";

/** One account of one network. */
export interface Place {
  channel: string;
  account: string;
}

/** Somebody who waits for approval. */
export interface SenderRequest extends Place {
  senderId: string;
  name?: string;
  code: string;
  /** Milliseconds since 1970. */
  askedAt: number;
}

/** Somebody who was let in. */
export interface Approved extends Place {
  senderId: string;
}

interface Needs {
  store: ChannelStore;
  clock: Clock;
  ids: Ids;
}

/** The people of all accounts. */
export class People {
  readonly #needs: Needs;
  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Those of one account, as the gates ask for them. */
  senders({ channel, account }: Place): Senders {
    const { store, clock, ids } = this.#needs;
    const all = () => store.senders(channel, account);
    return {
      approved: () => new Set(all().flatMap((one) => (one.approvedAt === undefined ? [] : [idKey(one.senderId)]))),
      pending: () => this.#pending({ channel, account }),
      toldAtMs: (senderId) => all().find((one) => one.senderId === idKey(senderId))?.toldAt,
      save: ({ senderId, senderName, code, createdAtMs }, isTold) => {
        const toldAt = isTold ? clock.now() : all().find((one) => one.senderId === senderId)?.toldAt;
        store.saveSender({
          channel,
          account,
          senderId,
          code,
          askedAt: createdAtMs,
          ...(senderName === undefined ? {} : { name: senderName }),
          ...(toldAt === undefined ? {} : { toldAt }),
        });
      },
      nowMs: () => clock.now(),
      randomBytes: (count) => new Uint8Array(Buffer.from(ids.token(count), "base64url")),
    };
  }

  /** Who waits at these accounts, with codes that still hold. */
  requests(places: readonly Place[]): SenderRequest[] {
    return places.flatMap((place) =>
      livingRequests(this.#pending(place), this.#needs.clock.now()).map(
        ({ senderId, senderName, code, createdAtMs }) => ({
          ...place,
          senderId,
          code,
          askedAt: createdAtMs,
          ...(senderName === undefined ? {} : { name: senderName }),
        }),
      ),
    );
  }

  /** Lets in the person with that code; undefined when nobody waits with it. */
  approve(places: readonly Place[], code: string): Approved | undefined {
    const nowMs = this.#needs.clock.now();
    for (const place of places) {
      const found = findRequest(this.#pending(place), code, nowMs);
      if (!found) continue;
      const { senderId, createdAtMs } = found.request;
      this.#needs.store.saveSender({ ...place, senderId, askedAt: createdAtMs, approvedAt: nowMs });
      return { ...place, senderId };
    }
    return undefined;
  }

  /** Codes that were given out and not used, also those that are too old by now. */
  #pending({ channel, account }: Place): PairingRequest[] {
    return this.#needs.store.senders(channel, account).flatMap(({ senderId, name, code, approvedAt, askedAt }) =>
      code === undefined || approvedAt !== undefined
        ? []
        : [
            {
              code,
              senderId,
              createdAtMs: askedAt,
              seenAtMs: askedAt,
              ...(name === undefined ? {} : { senderName: name }),
            },
          ],
    );
  }
}
