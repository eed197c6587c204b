/**
 * A repair of libsignal: whichever of several conversations with one person a message belongs to is found out by trying,
 * and a try that fails leaves its mark. It advances the ratchet before it knows whether the message fits, and the record
 * is stored with that in it; whatever is sent on that conversation afterwards, the other side cannot read. It takes no
 * more than a message that was on its way while we began a new conversation.
 */

/** One conversation, as far as it matters here. */
interface Session {
  serialize(): unknown;
  indexInfo: { used: number };
  constructor: unknown;
}

interface Cipher {
  doDecryptWhisperMessage(data: Uint8Array, session: Session): Promise<Uint8Array>;
  decryptWithSessions(data: Uint8Array, sessions: Session[]): Promise<{ session: Session; plaintext: Uint8Array }>;
}

/** Makes all ciphers of this library try on copies. Idempotent. */
export function tryOnCopies({ prototype }: { prototype: unknown }): void {
  (prototype as Cipher).decryptWithSessions = decryptWithSessions;
}

/** Takes the place of the library's own; the order is its own, the most recently used first. */
async function decryptWithSessions(this: Cipher, data: Uint8Array, sessions: Session[]) {
  const problems: unknown[] = [];
  const lastUsed = Math.max(0, ...sessions.map(({ indexInfo }) => indexInfo.used));
  for (const session of sessions) {
    const copy = copyOf(session);
    try {
      const plaintext = await this.doDecryptWhisperMessage(data, copy);
      copy.indexInfo.used = lastUsed + 1;
      become(session, copy);
      return { session, plaintext };
    } catch (error) {
      problems.push(error);
    }
  }
  // It fits a conversation, whose key for it is used up: it was read before, and asking for it again is of no use.
  const repeated = problems.find((one) => one instanceof Error && one.name === "MessageCounterError");
  throw repeated ?? new Error("No matching sessions found for message", { cause: problems[0] });
}

function copyOf(session: Session): Session {
  const { deserialize } = session.constructor as { deserialize(data: unknown): Session };
  return deserialize.call(session.constructor, session.serialize());
}

function become(session: Session, copy: Session): void {
  for (const key of Object.keys(session)) Reflect.deleteProperty(session, key);
  Object.assign(session, copy);
}
