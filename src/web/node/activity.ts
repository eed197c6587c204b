/** What was asked of this device, in words for the person who is there. */
import type { Fields } from "../shared/wire.ts";
import type { CommandFailure } from "./failure.ts";

/** One thing that was asked. */
export interface Deed {
  id: string;
  atMs: number;
  command: string;
  /** What it is: while it happens, then what came of it. */
  text: string;
  state: "running" | "done" | "failed";
  /** Why not. */
  problem?: string;
}

/** More is not kept: it is a look back, not an archive. */
const MAX_DEEDS = 100;
/** Longest piece of what was asked that is shown. */
const MAX_CHARS = 80;

/** For each command: what is happening, what happened, and what was asked for when it did not happen. */
const words: Readonly<Record<string, readonly [running: string, done: string, wish: string]>> = {
  "canvas.present": ["Showing the canvas", "Showed the canvas", "Show the canvas"],
  "canvas.hide": ["Hiding the canvas", "Hid the canvas", "Hide the canvas"],
  "canvas.navigate": ["Opening a page", "Opened a page", "Open a page"],
  "canvas.eval": ["Running script in the canvas", "Ran script in the canvas", "Run script in the canvas"],
  "canvas.snapshot": ["Taking a picture of the canvas", "Took a picture of the canvas", "Take a picture of the canvas"],
  "canvas.a2ui.push": ["Drawing on the canvas", "Drew on the canvas", "Draw on the canvas"],
  "canvas.a2ui.pushJSONL": ["Drawing on the canvas", "Drew on the canvas", "Draw on the canvas"],
  "canvas.a2ui.reset": ["Clearing the canvas", "Cleared the canvas", "Clear the canvas"],
  "camera.list": ["Listing the cameras", "Listed the cameras", "List the cameras"],
  "camera.snap": ["Taking a photo", "Took a photo", "Take a photo"],
  "camera.clip": ["Recording a clip", "Recorded a clip", "Record a clip"],
  "screen.record": ["Recording the screen", "Recorded the screen", "Record the screen"],
  "location.get": ["Reading the location", "Told the location", "Tell the location"],
  "system.notify": ["Showing a notification", "Showed a notification", "Show a notification"],
};

/** Which parameter says what it is about. */
const subjects: Readonly<Record<string, string>> = {
  "canvas.present": "url",
  "canvas.navigate": "url",
  "canvas.eval": "javaScript",
  "system.notify": "title",
};

/** The newest deeds, newest first. Never changed in place. */
export class Activity {
  readonly #now: () => number;
  readonly #onChange: () => void;
  #deeds: readonly Deed[] = [];
  constructor(needs: { now: () => number; onChange: () => void }) {
    this.#now = needs.now;
    this.#onChange = needs.onChange;
  }

  get deeds(): readonly Deed[] {
    return this.#deeds;
  }

  began(id: string, command: string, params: Fields): void {
    const subject = params[subjects[command] ?? ""];
    const about = typeof subject === "string" && subject !== "" ? `: ${shorten(subject)}` : "";
    const deed: Deed = { id, atMs: this.#now(), command, text: textOf(command, 0) + about, state: "running" };
    this.#replace([deed, ...this.#deeds].slice(0, MAX_DEEDS));
  }

  ended(id: string, failure: CommandFailure | undefined): void {
    this.#replace(
      this.#deeds.map((deed) => {
        if (deed.id !== id) return deed;
        const about = deed.text.slice(textOf(deed.command, 0).length);
        if (failure === undefined) return { ...deed, state: "done", text: textOf(deed.command, 1) + about };
        return { ...deed, state: "failed", text: textOf(deed.command, 2) + about, problem: reasonFor(failure) };
      }),
    );
  }

  #replace(deeds: readonly Deed[]): void {
    this.#deeds = deeds;
    this.#onChange();
  }
}

/** Why not, said to the person at the device. */
function reasonFor({ code, message }: CommandFailure): string {
  if (code.endsWith("_PERMISSION_REQUIRED")) return "Not allowed yet";
  if (code.endsWith("_DISABLED")) return "Turned off here";
  if (code === "NODE_BACKGROUND_UNAVAILABLE") return "This page was not in front";
  const text = message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function textOf(command: string, form: 0 | 1 | 2): string {
  return words[command]?.[form] ?? command;
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > MAX_CHARS ? `${line.slice(0, MAX_CHARS - 1)}…` : line;
}
