/** The whole page: the gate until a connection exists, then what this browser lends and what it is asked to do. */
import { useEffect, useState } from "preact/hooks";
import { Card, Gate, isGated } from "../../shared/view/gate.tsx";
import { Logo } from "../../shared/view/icon.tsx";
import { type Status, StatusPill, statusOf } from "../../shared/view/status-pill.tsx";
import { fingerprintOf } from "../browser-name.ts";
import type { KeepAwake } from "../keep-awake.ts";
import type { NodeState, WebNode } from "../web-node.ts";
import { ActivityList } from "./activity-list.tsx";
import { ApprovalCard, InsecureCard, LostBanner } from "./cards.tsx";
import { LendList } from "./lend-list.tsx";
import { NoticeList } from "./notice-list.tsx";
import { Stage } from "./stage.tsx";
import { TalkBox } from "./talk-box.tsx";

interface Props {
  node: WebNode;
  keepAwake: KeepAwake;
  /** Makes this tab the node again. */
  useHere: () => void;
}

export function App({ node, keepAwake, useHere }: Props) {
  const state = useNode(node);
  const use = captureOf(state);
  useEffect(() => {
    document.title = use === undefined ? "moltbot node" : `● ${use} · moltbot node`;
  });
  if (state.isElsewhere)
    return (
      <Card title="Another tab is the node">
        <p role="status">This browser is one node, and the tab that was opened last is the one that is asked.</p>
        <button type="button" class="button button-primary" onClick={useHere}>
          Use this tab
        </button>
      </Card>
    );
  if (isGated(state))
    return (
      <Gate
        connection={state.connection}
        keeper={node}
        fingerprint={fingerprintOf(node.deviceId)}
        otherWay={
          <p>
            Better for a phone: <code>moltbot nodes invite</code> on the gateway's host prints a link that works once
            and needs no token.
          </p>
        }
      />
    );
  return (
    <div class={`node ${state.canvas.isShown ? "has-canvas" : ""}`}>
      <header class="bar">
        <Logo />
        <h1 class="bar-title">moltbot node</h1>
        {use !== undefined && (
          <p class="in-use" role="status">
            <span class="in-use-dot" aria-hidden="true" />
            {use}
          </p>
        )}
        <StatusPill {...statusOfNode(state)} />
      </header>
      <LostBanner connection={state.connection} node={node} />
      <NoticeList notices={state.notices} node={node} />
      <main class="board">
        <Stage canvas={state.canvas} node={node} />
        <div class="side">
          <ApprovalCard approval={state.approval} deviceId={node.deviceId} />
          {!isSecureContext && <InsecureCard />}
          <ActivityList deeds={state.deeds} />
          <LendList lends={state.lends} node={node} keepAwake={keepAwake} />
          <TalkBox talk={state.talk} isConnected={state.connection.kind === "connected"} node={node} />
        </div>
      </main>
    </div>
  );
}

function statusOfNode({ connection, approval }: NodeState): Status {
  if (connection.kind !== "connected" || approval.kind === "approved") return statusOf(connection);
  return approval.kind === "waiting"
    ? { tone: "busy", text: "Waits for approval" }
    : { tone: "bad", text: "Not approved" };
}

/** What sees or hears somebody at this moment. */
function captureOf({ deeds }: NodeState): string | undefined {
  const isRunning = (command: string) => deeds.some((deed) => deed.state === "running" && deed.command === command);
  if (isRunning("camera.snap") || isRunning("camera.clip")) return "Camera in use";
  return isRunning("screen.record") ? "Recording the screen" : undefined;
}

/** The node's state, shown at once: a page that nobody sees has no frames to wait for, and its canvas must be there. */
function useNode(node: WebNode): NodeState {
  const [state, setState] = useState(node.state);
  useEffect(() => {
    const unsubscribe = node.subscribe(() => setState(node.state));
    setState(node.state);
    return unsubscribe;
  }, [node]);
  return state;
}
