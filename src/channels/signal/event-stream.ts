/** Reads server-sent events out of pieces of text, however they are cut. Pure but for what it remembers between pieces. */

/** One event of the stream. */
export interface StreamEvent {
  name: string;
  data: string;
}

/** Longest event in characters. A message is a few thousand; files travel elsewhere. */
export const MAX_EVENT_CHARS = 4 * 1024 * 1024;

/** Takes the stream piece by piece. Comments, which keep the connection alive, become nothing. */
export class EventStream {
  #line = "";
  #name = "";
  #data: string[] = [];
  #chars = 0;
  #mayContinueLineEnd = false;

  /** The events that are complete with this piece. Throws a `RangeError` when one does not end in time. */
  feed(piece: string): StreamEvent[] {
    const events: StreamEvent[] = [];
    // A line ends with CR, LF or both; the piece may have been cut between them.
    const text = this.#mayContinueLineEnd && piece.startsWith("\n") ? piece.slice(1) : piece;
    if (piece !== "") this.#mayContinueLineEnd = piece.endsWith("\r");
    const lines = text.split(/\r\n|\r|\n/);
    const rest = lines.pop() ?? "";
    for (const line of lines) {
      const event = this.#take(this.#line + line);
      this.#line = "";
      if (event !== undefined) events.push(event);
    }
    this.#line += rest;
    if (this.#chars + this.#line.length > MAX_EVENT_CHARS) throw new RangeError("an event is too long");
    return events;
  }

  #take(line: string): StreamEvent | undefined {
    if (line === "") return this.#finish();
    this.#chars += line.length;
    if (this.#chars > MAX_EVENT_CHARS) throw new RangeError("an event is too long");
    const { field = "", value = "" } = /^(?<field>[^:]*)(?:: ?(?<value>.*))?$/s.exec(line)?.groups ?? {};
    if (field === "event") this.#name = value;
    if (field === "data") this.#data.push(value);
    return undefined;
  }

  #finish(): StreamEvent | undefined {
    const event = { name: this.#name || "message", data: this.#data.join("\n") };
    const isEmpty = this.#data.length === 0;
    this.#name = "";
    this.#data = [];
    this.#chars = 0;
    return isEmpty ? undefined : event;
  }
}
