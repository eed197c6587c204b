/** The session picker: a column on a wide screen, a drawer on a phone. */

import { Icon, Logo } from "../../shared/view/icon.tsx";
import type { Chat, ChatState } from "../chat.ts";
import { titleOfKey } from "../sessions.ts";

interface Props {
  chat: Chat;
  state: ChatState;
  onChosen: () => void;
}

export function SessionList({ chat, state, onChosen }: Props) {
  const { sessions, transcript, connection } = state;
  const isConnected = connection.kind === "connected";
  const isListed = sessions.some((session) => session.key === transcript.sessionKey);
  // A session without messages is not in the gateway's list yet.
  const open = {
    key: transcript.sessionKey,
    title: titleOfKey(transcript.sessionKey),
    preview: "",
    channel: undefined,
  };
  const items = isListed || transcript.sessionKey === "" ? sessions : [open, ...sessions];
  const choose = (key: string) => {
    chat.openSession(key);
    onChosen();
  };
  return (
    <nav class="sessions" id="sessions" aria-label="Sessions">
      <div class="brand">
        <Logo />
        <span>moltbot</span>
      </div>
      {state.canCreateSession && (
        <button
          type="button"
          class="button new-session"
          disabled={!isConnected}
          onClick={() => {
            chat.createSession();
            onChosen();
          }}
        >
          <Icon name="plus" />
          New session
        </button>
      )}
      <ul class="session-items">
        {items.map((item) => (
          <li key={item.key}>
            <button
              type="button"
              class="session-item"
              aria-current={item.key === transcript.sessionKey}
              disabled={!isConnected}
              onClick={() => choose(item.key)}
            >
              <span class="session-title">
                <span class="ellipsis">{item.title}</span>
                {item.channel && <span class="tag">{item.channel}</span>}
              </span>
              {item.preview && <span class="session-preview ellipsis">{item.preview}</span>}
            </button>
          </li>
        ))}
      </ul>
      {connection.kind === "connected" && connection.hello.serverVersion && (
        <p class="version">Gateway {connection.hello.serverVersion}</p>
      )}
    </nav>
  );
}
