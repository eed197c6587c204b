/** What an account remembers across restarts: up to which row it has heard, and which messages were its own. */
import { parseJson } from "../../lib/json.ts";
import type { AccountMemory } from "../contract.ts";
import type { Row } from "./row.ts";

const ROW = "rowid";
/** Everything from the first row on, where zero means from now on. */
const FROM_THE_START = -1;

/** The row after which the next connection goes on. Moves when a row was stored, or is none that would be. */
export class Position {
  readonly #memory: AccountMemory;
  constructor(memory: AccountMemory) {
    this.#memory = memory;
  }

  /** Undefined before the first row: then what is there already is none of our business. */
  get value(): number | undefined {
    const text = this.#memory.get(ROW);
    return text === undefined || !/^-?\d{1,15}$/.test(text) ? undefined : Number(text);
  }

  /** Called with a row before it is stored: if that fails, the next connection has to begin before it. */
  begin({ id, cursor }: Row): void {
    if (this.value !== undefined) return;
    const before = Math.min(id, cursor ?? id) - 1;
    this.#set(before > 0 ? before : FROM_THE_START);
  }

  /** Called when a row is done with. */
  pass({ id, cursor }: Row): void {
    const next = cursor ?? id;
    if (next > (this.value ?? FROM_THE_START)) this.#set(next);
  }

  #set(value: number): void {
    this.#memory.set(ROW, String(value));
  }
}

const OWN = "own";
/** Enough for the answers people still answer to; the oldest go first. */
const MAX_OWN = 200;

/** The messages that went out from here, by guid, so that answers to them are known as such. */
export class OwnMessages {
  readonly #memory: AccountMemory;
  #guids: string[] | undefined;
  constructor(memory: AccountMemory) {
    this.#memory = memory;
  }

  has(guid: string): boolean {
    return this.#read().includes(guid);
  }

  add(guid: string): void {
    if (this.has(guid)) return;
    this.#guids = [...this.#read(), guid].slice(-MAX_OWN);
    this.#memory.set(OWN, JSON.stringify(this.#guids));
  }

  #read(): string[] {
    if (this.#guids === undefined) {
      const parsed = parseJson(this.#memory.get(OWN) ?? "[]");
      const list = parsed.ok && Array.isArray(parsed.value) ? parsed.value : [];
      this.#guids = list.filter((one) => typeof one === "string");
    }
    return this.#guids;
  }
}
