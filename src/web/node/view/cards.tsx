/** What stands between this browser and being useful, and what to do about it. */
import type { ConnectionState } from "../../shared/gateway.ts";
import { CopyButton } from "../../shared/view/copy-button.tsx";
import { Icon } from "../../shared/view/icon.tsx";
import { fingerprintOf } from "../browser-name.ts";
import type { Approval } from "../line.ts";
import type { WebNode } from "../web-node.ts";

export function LostBanner({ connection, node }: { connection: ConnectionState; node: WebNode }) {
  if (connection.kind !== "waiting" && connection.kind !== "connecting") return null;
  const isRestart = connection.kind === "waiting" && connection.reason === "restarting";
  return (
    <div class="banner" role="status">
      <span class="spinner" aria-hidden="true" />
      <p>{isRestart ? "The gateway is restarting. " : "Lost the gateway. "}This page comes back by itself.</p>
      <button type="button" class="link-button" onClick={() => node.retryNow()}>
        Try now
      </button>
    </div>
  );
}

export function ApprovalCard({ approval, deviceId }: { approval: Approval; deviceId: string }) {
  if (approval.kind === "approved") return null;
  if (approval.kind === "rejected")
    return (
      <section class="panel panel-problem" aria-labelledby="approval-title">
        <h2 id="approval-title">
          <Icon name="alert" />
          Not approved
        </h2>
        <p role="status">
          The owner of the gateway said no to what this browser offers. Reload this page to ask again.
        </p>
      </section>
    );
  const { requestId } = approval;
  const command = requestId === undefined ? "moltbot nodes pending" : `moltbot nodes approve ${requestId}`;
  return (
    <section class="panel panel-busy" aria-labelledby="approval-title">
      <h2 id="approval-title">
        <span class="spinner" aria-hidden="true" />
        Waiting for approval
      </h2>
      <p role="status">
        The gateway knows this browser, but nobody has said yet what it may be asked to do. On the gateway's host, run:
      </p>
      <div class="command">
        <code>{command}</code>
        <CopyButton text={command} label="Copy" />
      </div>
      <dl class="facts">
        <dt>This browser</dt>
        <dd>
          <code>{fingerprintOf(deviceId)}</code>
        </dd>
      </dl>
    </section>
  );
}

/** In the order in which they are easiest; none asks anybody to weaken a browser. */
export function InsecureCard() {
  const port = location.port === "" ? "18789" : location.port;
  return (
    <section class="panel panel-problem" aria-labelledby="insecure-title">
      <h2 id="insecure-title">
        <Icon name="alert" />
        Only the canvas works here
      </h2>
      <p>
        This page came over plain <code>http</code>. Browsers keep camera, microphone, screen, location and
        notifications of the system from such pages, and everyone on this network can read along.
      </p>
      <details class="help" open>
        <summary>
          <Icon name="chevron" />
          How to get the rest
        </summary>
        <ol class="ways">
          <li>
            On the gateway's own machine: open <code>{`http://127.0.0.1:${port}/node`}</code>
          </li>
          <li>
            With Tailscale: run <code>{`tailscale serve --bg ${port}`}</code> on the gateway's host and open its{" "}
            <code>https://….ts.net/node</code>. Nothing to install on this device but Tailscale.
          </li>
          <li>
            With SSH: run <code>{`ssh -L ${port}:127.0.0.1:${port} <gateway>`}</code> here and open{" "}
            <code>{`http://127.0.0.1:${port}/node`}</code>
          </li>
          <li>
            With the gateway's own certificate: set <code>gateway.tls.enabled</code>, open the same address with{" "}
            <code>https</code>, compare the fingerprint with the one the gateway prints, and accept it once.
          </li>
        </ol>
      </details>
    </section>
  );
}
