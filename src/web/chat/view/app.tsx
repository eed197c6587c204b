/** The whole page: the gate until a connection exists, then the chat. */
import { useEffect, useState } from "preact/hooks";
import { Gate, isGated } from "../../shared/view/gate.tsx";
import { Icon } from "../../shared/view/icon.tsx";
import { StatusPill, statusOf } from "../../shared/view/status-pill.tsx";
import type { Chat, ChatState } from "../chat.ts";
import { titleOfKey } from "../sessions.ts";
import { liveTurn } from "../transcript.ts";
import { Announcer } from "./announcer.tsx";
import { Banner } from "./banner.tsx";
import { Composer } from "./composer.tsx";
import { SessionList } from "./session-list.tsx";
import { TranscriptView } from "./transcript-view.tsx";

export function App({ chat }: { chat: Chat }) {
  const state = useChat(chat);
  const title = titleOf(state);
  useEffect(() => {
    document.title = isGated(state) ? "moltbot" : `${title} · moltbot`;
  });
  if (isGated(state)) return <Gate connection={state.connection} keeper={chat} />;
  return <ChatScreen chat={chat} state={state} title={title} />;
}

function ChatScreen({ chat, state, title }: { chat: Chat; state: ChatState; title: string }) {
  const [isMenuOpen, setMenuOpen] = useState(false);
  const { connection, transcript } = state;
  const live = liveTurn(transcript);
  const close = () => setMenuOpen(false);
  return (
    <div class={`app ${isMenuOpen ? "is-menu-open" : ""}`}>
      <SessionList chat={chat} state={state} onChosen={close} />
      <button type="button" class="scrim" aria-label="Close the session list" tabIndex={-1} onClick={close} />
      <main class="chat">
        <header class="bar">
          <button
            type="button"
            class="icon-button menu-button"
            aria-label={isMenuOpen ? "Close the session list" : "Open the session list"}
            aria-expanded={isMenuOpen}
            aria-controls="sessions"
            onClick={() => setMenuOpen(!isMenuOpen)}
          >
            <Icon name="menu" />
          </button>
          <h1 class="bar-title">{title}</h1>
          <StatusPill {...statusOf(connection)} />
        </header>
        <Banner connection={connection} notice={state.notice} chat={chat} />
        <TranscriptView key={transcript.sessionKey} transcript={transcript} chat={chat} />
        <Composer
          key={`compose ${transcript.sessionKey}`}
          isConnected={connection.kind === "connected" && transcript.sessionKey !== ""}
          isAnswering={live !== undefined}
          chat={chat}
        />
        <Announcer transcript={transcript} />
      </main>
    </div>
  );
}

function titleOf({ sessions, transcript }: ChatState): string {
  const open = sessions.find((session) => session.key === transcript.sessionKey);
  return open?.title ?? titleOfKey(transcript.sessionKey);
}

/** The chat's state, at most once per frame: deltas come faster than a screen can show them. */
function useChat(chat: Chat): ChatState {
  const [state, setState] = useState(chat.state);
  useEffect(() => {
    let frame = 0;
    const show = () => {
      frame = 0;
      setState(chat.state);
    };
    const unsubscribe = chat.subscribe(() => {
      if (frame === 0) frame = requestAnimationFrame(show);
    });
    show();
    return () => {
      unsubscribe();
      cancelAnimationFrame(frame);
    };
  }, [chat]);
  return state;
}
