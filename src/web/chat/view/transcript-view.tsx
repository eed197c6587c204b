/** The conversation. Follows new text only while the reader is at its end. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon, Logo } from "../../shared/view/icon.tsx";
import type { Chat } from "../chat.ts";
import type { Transcript } from "../transcript.ts";
import { EntryView } from "./entry-view.tsx";

/** Closer to the end than this counts as being there. */
const END_PX = 64;

export function TranscriptView({ transcript, chat }: { transcript: Transcript; chat: Chat }) {
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const [canJump, setCanJump] = useState(false);
  const { entries, isLoaded } = transcript;
  const last = entries.at(-1);
  const ownId = last?.kind === "user" && last.delivery === "sending" ? last.id : undefined;

  const jump = () => {
    const element = scroller.current;
    if (element === null) return;
    element.scrollTop = element.scrollHeight;
  };
  const look = () => {
    const element = scroller.current;
    if (element === null) return;
    isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < END_PX;
    setCanJump(!isAtEnd.current);
  };
  // What one writes oneself is always shown.
  useLayoutEffect(() => {
    if (ownId !== undefined) isAtEnd.current = true;
  }, [ownId]);
  useLayoutEffect(() => {
    if (isAtEnd.current) jump();
  }, [entries]);
  // A banner, a longer draft or a phone's keyboard takes room away.
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      if (isAtEnd.current) jump();
    });
    if (scroller.current !== null) observer.observe(scroller.current);
    return () => observer.disconnect();
  }, []);

  return (
    <div class="transcript-frame">
      <div class="transcript" ref={scroller} onScroll={look} role="log" aria-label="Conversation" aria-live="off">
        {entries.length === 0 ? (
          <Empty isLoaded={isLoaded} />
        ) : (
          <ol class="entries">
            {entries.map((entry) => (
              <EntryView key={entry.id} entry={entry} chat={chat} />
            ))}
          </ol>
        )}
      </div>
      {canJump && (
        <button type="button" class="jump" onClick={jump}>
          <Icon name="down" />
          Latest
        </button>
      )}
    </div>
  );
}

function Empty({ isLoaded }: { isLoaded: boolean }) {
  if (!isLoaded) {
    return (
      <div class="empty">
        <span class="spinner" aria-hidden="true" />
        <p class="sr-only">Loading the conversation</p>
      </div>
    );
  }
  return (
    <div class="empty">
      <Logo />
      <h2>What can I do for you?</h2>
      <p>Write the first message below. The same conversation is there on every device you pair.</p>
    </div>
  );
}
