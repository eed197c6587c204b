/** Says something to the agent, and shows what it answers. */
import { useState } from "preact/hooks";
import { Icon } from "../../shared/view/icon.tsx";
import type { TalkState } from "../talk.ts";
import type { WebNode } from "../web-node.ts";

/** Longest text a node may send (`protocol/nodes.md` section 4). */
const MAX_CHARS = 20_000;

interface Props {
  talk: TalkState;
  isConnected: boolean;
  node: WebNode;
}

export function TalkBox({ talk, isConnected, node }: Props) {
  const [text, setText] = useState("");
  const isReady = isConnected && text.trim() !== "";
  return (
    <section class="panel" aria-labelledby="talk-title">
      <h2 id="talk-title">Say something to the agent</h2>
      <form
        class="talk"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isReady) return;
          node.say(text.trim());
          setText("");
        }}
      >
        <input
          type="text"
          aria-labelledby="talk-title"
          autocomplete="off"
          maxLength={MAX_CHARS}
          value={text}
          placeholder={isConnected ? "Write it here" : "Waiting for the gateway"}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" class="round-button" aria-label="Send" disabled={!isReady}>
          <Icon name="send" />
        </button>
      </form>
      {talk.state !== "idle" && (
        <div class="talk-answer">
          <p class="talk-said">{talk.said}</p>
          <div aria-live="polite" aria-busy={talk.state === "answering"}>
            {talk.state === "waiting" && <p class="quiet">Sent.</p>}
            {talk.answer !== "" && <p class="talk-text">{talk.answer}</p>}
            {talk.problem !== undefined && <p class="talk-problem">{talk.problem}</p>}
          </div>
        </div>
      )}
    </section>
  );
}
