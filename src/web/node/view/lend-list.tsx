/** What this browser lends: what works, what the person allows, and the buttons that ask the browser. */
import { useState } from "preact/hooks";
import { Icon } from "../../shared/view/icon.tsx";
import type { KeepAwake } from "../keep-awake.ts";
import type { Lend, LendName } from "../lends.ts";
import type { WebNode } from "../web-node.ts";

interface Words {
  title: string;
  /** What it is good for. */
  use: string;
  /** The button that asks the browser. */
  ask: string;
  /** Said when this device has no such thing. */
  absent: string;
}

const words: Readonly<Record<LendName, Words>> = {
  canvas: { title: "Canvas", use: "Agents show pages and forms here.", ask: "", absent: "" },
  camera: {
    title: "Camera",
    use: "Photos and short clips, when asked.",
    ask: "Allow the camera",
    absent: "No camera was found.",
  },
  microphone: {
    title: "Microphone",
    use: "Sound in clips. Nobody listens in between.",
    ask: "Allow the microphone",
    absent: "No microphone was found, or this browser cannot record.",
  },
  screen: {
    title: "Screen",
    use: "Recorded when asked, while you share it.",
    ask: "Share a screen",
    absent: "This browser cannot share its screen.",
  },
  location: {
    title: "Location",
    use: "Told when asked.",
    ask: "Allow the location",
    absent: "This browser knows no location.",
  },
  notify: {
    title: "Notifications",
    use: "Shown by the system.",
    ask: "Allow notifications",
    absent: "",
  },
};

interface Props {
  lends: readonly Lend[];
  node: WebNode;
  keepAwake: KeepAwake;
}

export function LendList({ lends, node, keepAwake }: Props) {
  return (
    <section class="panel" aria-labelledby="lends-title">
      <h2 id="lends-title">What this browser lends</h2>
      <ul class="lends">
        {lends.map((lend) => (
          <LendRow key={lend.name} lend={lend} node={node} />
        ))}
        {keepAwake.isPossible && (
          <li class="lend">
            <Icon name="sun" />
            <div class="lend-words">
              <h3 id="lend-awake">Keep the screen on</h3>
              <p>A device that sleeps cannot be reached.</p>
            </div>
            <Switch labelledBy="lend-awake" isOn={keepAwake.isOn} onTurn={(isOn) => keepAwake.turn(isOn)} />
          </li>
        )}
      </ul>
    </section>
  );
}

function LendRow({ lend, node }: { lend: Lend; node: WebNode }) {
  const { name, obstacle, isOn, isWanted, permission } = lend;
  const [isAsking, setAsking] = useState(false);
  const { title, ask } = words[name];
  const isAskable = obstacle === undefined && isOn && permission === "prompt";
  const askBrowser = () => {
    setAsking(true);
    void node.lends.ask(name).finally(() => setAsking(false));
  };
  return (
    <li class={`lend ${isWanted ? "is-wanted" : ""} ${obstacle === undefined ? "" : "is-absent"}`}>
      <Icon name={name} />
      <div class="lend-words">
        <h3 id={`lend-${name}`}>{title}</h3>
        <p>{stateOf(lend)}</p>
        {isWanted && (
          <p class="wanted" role="status">
            An agent asked for this just now.
          </p>
        )}
        {isAskable && (
          <button
            type="button"
            class={`button ${isWanted ? "button-primary" : ""}`}
            disabled={isAsking}
            onClick={askBrowser}
          >
            {isAsking ? "Answer the browser's question" : ask}
          </button>
        )}
        {name === "screen" && permission === "granted" && (
          <button type="button" class="button" onClick={() => node.share.stop()}>
            Stop sharing
          </button>
        )}
      </div>
      {obstacle === undefined && (
        <Switch labelledBy={`lend-${name}`} isOn={isOn} onTurn={(turned) => node.turn(name, turned)} />
      )}
    </li>
  );
}

function stateOf({ name, obstacle, isOn, permission }: Lend): string {
  const { use, absent } = words[name];
  if (obstacle === "insecure") return "Not over plain http.";
  if (obstacle === "absent") return absent;
  if (!isOn) return "Off.";
  if (name === "screen" && permission === "granted") return "You are sharing. It is recorded only when asked.";
  if (name === "notify" && permission !== "granted") return noteOfNotices(permission);
  return permission === "denied" ? "Blocked. Change it in the browser's settings for this site." : use;
}

function noteOfNotices(permission: Lend["permission"]): string {
  if (permission === "prompt") return "Shown on this page, until you allow more.";
  return "Shown on this page. Notifications of the system are blocked.";
}

interface SwitchProps {
  labelledBy: string;
  isOn: boolean;
  onTurn: (isOn: boolean) => void;
}

function Switch({ labelledBy, isOn, onTurn }: SwitchProps) {
  return (
    <button
      type="button"
      role="switch"
      class="switch"
      aria-checked={isOn}
      aria-labelledby={labelledBy}
      onClick={() => onTurn(!isOn)}
    >
      <span class="switch-knob" aria-hidden="true" />
    </button>
  );
}
