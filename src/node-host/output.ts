/** What a program writes, as much of it as an answer may hold. */

/** Bytes of both streams that an answer holds (`protocol/nodes.md` section 5). */
const MAX_BYTES = 200_000;
/** Put where something was left out. */
const CUT = "... (truncated)";
/** Characters of the end that are reported with the event of the run's end. */
const TAIL_CHARS = 20_000;

export type StreamName = "stdout" | "stderr";

/** Collects the output of one program. What is too much is counted and dropped, so that a program never waits for us. */
export class Output {
  readonly #texts: Record<StreamName, string> = { stdout: "", stderr: "" };
  readonly #decoders: Record<StreamName, TextDecoder> = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  #leftBytes = MAX_BYTES;
  #isCut = false;

  /** Takes a piece. A character that is divided between two pieces stays whole; one that is cut at the end is dropped. */
  write(stream: StreamName, piece: Uint8Array): void {
    const kept = piece.subarray(0, this.#leftBytes);
    this.#leftBytes -= kept.byteLength;
    if (kept.byteLength < piece.byteLength) this.#isCut = true;
    if (kept.byteLength > 0) this.#texts[stream] += this.#decoders[stream].decode(kept, { stream: true });
  }

  /** Both streams, marked when something is missing. */
  texts(): Record<StreamName, string> {
    const { stdout, stderr } = this.#texts;
    if (!this.#isCut) return { stdout, stderr };
    const marked: StreamName = stderr.trim() ? "stderr" : "stdout";
    return { stdout, stderr, [marked]: `${this.#texts[marked]}\n${CUT}` };
  }

  /** The end of what was written and of what went wrong, for the report of a run. */
  tail(error: string | undefined): string {
    const { stdout, stderr } = this.texts();
    const whole = [stdout, stderr, error ?? ""].filter((text) => text !== "").join("\n");
    return whole.length <= TAIL_CHARS ? whole : `... (truncated) ${whole.slice(-TAIL_CHARS + CUT.length + 1)}`;
  }
}
