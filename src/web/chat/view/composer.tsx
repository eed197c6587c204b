/** Where a message is written. Enter sends, Shift+Enter starts a line; while an answer is written it can be stopped. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../../shared/view/icon.tsx";
import type { Chat } from "../chat.ts";

interface Props {
  isConnected: boolean;
  isAnswering: boolean;
  chat: Chat;
}

export function Composer({ isConnected, isAnswering, chat }: Props) {
  const [text, setText] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const isReady = isConnected && text.trim() !== "";
  useEffect(() => {
    // On a phone the keyboard would cover what was just opened.
    if (matchMedia("(pointer: fine)").matches) field.current?.focus();
  }, []);
  useEffect(() => fit(field.current), [text]);

  const send = () => {
    if (!isReady) return;
    chat.send(text.trim());
    setText("");
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes, Enter chooses a candidate.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div class="composer-box">
        <label class="sr-only" for="message">
          Message
        </label>
        <textarea
          id="message"
          ref={field}
          rows={1}
          value={text}
          placeholder={isConnected ? "Write a message" : "Waiting for the gateway"}
          aria-describedby="message-hint"
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        {isAnswering && (
          <button type="button" class="round-button stop" aria-label="Stop the answer" onClick={() => chat.abort()}>
            <Icon name="stop" />
          </button>
        )}
        <button type="submit" class="round-button" aria-label="Send" disabled={!isReady}>
          <Icon name="send" />
        </button>
      </div>
      <p class="hint" id="message-hint">
        <kbd>Enter</kbd> sends, <kbd>Shift</kbd> + <kbd>Enter</kbd> starts a new line
      </p>
    </form>
  );
}

/** Grows the field with its text, up to the limit of the style sheet. */
function fit(field: HTMLTextAreaElement | null): void {
  if (field === null) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}
