/** One message of a person, or one turn of the agent. Drawn again only when the entry itself was replaced. */
import { Component } from "preact";
import { Icon } from "../../shared/view/icon.tsx";
import type { Chat } from "../chat.ts";
import { type Entry, isLive, type TurnEntry, type UserEntry } from "../entries.ts";
import { Markdown } from "./markdown.tsx";
import { ToolRow } from "./tool-row.tsx";

interface Props {
  entry: Entry;
  chat: Chat;
}

export class EntryView extends Component<Props> {
  override shouldComponentUpdate(next: Props): boolean {
    return next.entry !== this.props.entry;
  }
  override render() {
    const { entry, chat } = this.props;
    return entry.kind === "user" ? <UserMessage entry={entry} chat={chat} /> : <Turn turn={entry} />;
  }
}

function UserMessage({ entry, chat }: { entry: UserEntry; chat: Chat }) {
  const { delivery, idempotencyKey, attachments } = entry;
  return (
    <li class={`entry user is-${delivery}`}>
      <p class="sr-only">You wrote{timeText(entry.timestampMs)}:</p>
      <div class="bubble" title={timeTitle(entry.timestampMs)}>
        {entry.text}
        {attachments > 0 && (
          <span class="tag">{attachments === 1 ? "1 attachment" : `${attachments} attachments`}</span>
        )}
      </div>
      {delivery === "sending" && <p class="note">Sending…</p>}
      {delivery === "failed" && (
        <p class="note note-problem" role="alert">
          <Icon name="alert" />
          <span>Not sent: {entry.problem}.</span>
          {idempotencyKey !== undefined && (
            <button type="button" class="link-button" onClick={() => chat.resend(idempotencyKey)}>
              Try again
            </button>
          )}
        </p>
      )}
    </li>
  );
}

function Turn({ turn }: { turn: TurnEntry }) {
  const isWorking = isLive(turn) && turn.parts.at(-1)?.type !== "text";
  const isSilent = turn.parts.length === 0 && turn.status === "done";
  return (
    <li class={`entry turn is-${turn.status}`} aria-busy={isLive(turn)}>
      <p class="sr-only">The agent answered{timeText(turn.timestampMs)}:</p>
      {turn.parts.map((part, index) =>
        part.type === "tool" ? (
          <ToolRow key={part.toolCallId} tool={part} />
        ) : (
          <Markdown key={index} text={part.text} />
        ),
      )}
      {isWorking && (
        <p class="thinking">
          <span class="sr-only">Working</span>
          <i />
          <i />
          <i />
        </p>
      )}
      {isSilent && <p class="note">The agent had nothing to say.</p>}
      {turn.status === "aborted" && <p class="note">Stopped.</p>}
      {turn.status === "error" && (
        <p class="problem">
          <Icon name="alert" />
          <span>{turn.problem}</span>
        </p>
      )}
    </li>
  );
}

function timeTitle(timestampMs: number | undefined): string | undefined {
  return timestampMs === undefined ? undefined : new Date(timestampMs).toLocaleString();
}

function timeText(timestampMs: number | undefined): string {
  if (timestampMs === undefined) return "";
  return ` at ${new Date(timestampMs).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" })}`;
}
