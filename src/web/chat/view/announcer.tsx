/**
 * Tells screen readers about answers: that one is being written, then the whole of it.
 * The transcript itself is not a live region, because a text that grows word by word would be read over and over.
 */

import { useEffect, useState } from "preact/hooks";
import { type TurnEntry, textOfParts } from "../entries.ts";
import { liveTurn, type Transcript } from "../transcript.ts";

/** Longer answers are read by going to them. */
const MAX_CHARS = 2000;

export function Announcer({ transcript }: { transcript: Transcript }) {
  const live = liveTurn(transcript);
  const [followed, setFollowed] = useState<string>();
  useEffect(() => {
    if (live !== undefined) setFollowed(live.id);
  }, [live?.id]);
  const ended = transcript.entries.findLast(
    (entry): entry is TurnEntry => entry.kind === "turn" && entry.id === followed,
  );
  const text = live !== undefined ? "Answering" : ended === undefined ? "" : spoken(ended);
  return (
    <div class="sr-only" aria-live="polite" aria-atomic="true" data-announcer>
      {text}
    </div>
  );
}

function spoken(turn: TurnEntry): string {
  const text = textOfParts(turn.parts).slice(0, MAX_CHARS);
  if (turn.status === "error") return `The answer failed: ${turn.problem ?? ""}`;
  return turn.status === "aborted" ? `Stopped. ${text}` : text;
}
