/** What stands before the chat: connecting, signing in, waiting for approval, being refused. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Chat, ChatState } from "../chat.ts";
import type { ConnectionState } from "../gateway.ts";
import type { Refusal } from "../refusal.ts";
import { CopyButton } from "./copy-button.tsx";
import { Icon, Logo } from "./icon.tsx";

/** Whether there is no chat to show. A connection that is lost later leaves the transcript on the screen. */
export function isGated({ connection, wasConnected }: ChatState): boolean {
  if (connection.kind === "pairing" || connection.kind === "refused") return true;
  return connection.kind !== "connected" && !wasConnected;
}

export function Gate({ connection, chat }: { connection: ConnectionState; chat: Chat }) {
  switch (connection.kind) {
    case "pairing":
      return <Pairing requestId={connection.requestId} reason={connection.reason} />;
    case "refused":
      return connection.refusal.asksForToken ? (
        <SignIn refusal={connection.refusal} chat={chat} />
      ) : (
        <Refused refusal={connection.refusal} chat={chat} />
      );
    case "waiting":
      return <Unreached isRestart={connection.reason === "restarting"} chat={chat} />;
    default:
      return (
        <Card title="Connecting" busy>
          <p>Reaching your gateway.</p>
        </Card>
      );
  }
}

function Card({ title, busy = false, children }: { title: string; busy?: boolean; children: ComponentChildren }) {
  return (
    <main class="gate">
      <section class="card" aria-labelledby="gate-title">
        <div class="card-head">
          <Logo />
          {busy && <span class="spinner" aria-hidden="true" />}
        </div>
        <h1 id="gate-title">{title}</h1>
        {children}
      </section>
    </main>
  );
}

function SignIn({ refusal, chat }: { refusal: Refusal; chat: Chat }) {
  const [token, setToken] = useState("");
  return (
    <Card title={refusal.title}>
      <p role="alert">{refusal.advice}</p>
      <form
        class="sign-in"
        onSubmit={(event) => {
          event.preventDefault();
          if (token.trim() !== "") chat.useToken(token.trim());
        }}
      >
        <label for="token">Gateway token or password</label>
        <input
          id="token"
          type="password"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          autofocus
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
        <button type="submit" class="button button-primary" disabled={token.trim() === ""}>
          Connect
        </button>
      </form>
      <details class="help">
        <summary>
          <Icon name="chevron" />
          Where do I find it?
        </summary>
        <p>
          The gateway makes a token at its first start. It is <code>gateway.auth.token</code> in its configuration, or
          what <code>MOLTBOT_GATEWAY_TOKEN</code> was set to.
        </p>
      </details>
    </Card>
  );
}

const pairingReasons: Readonly<Record<string, string>> = {
  "scope-upgrade": "This browser asks for more rights than it was given.",
  "role-upgrade": "This browser asks for another role than it was given.",
  "metadata-upgrade": "This browser looks different from the one you approved.",
};

function Pairing({ requestId, reason }: { requestId: string | undefined; reason: string }) {
  const command = requestId === undefined ? "moltbot devices list" : `moltbot devices approve ${requestId}`;
  return (
    <Card title="Approve this browser" busy>
      <p>
        {pairingReasons[reason] ?? "Your gateway does not know this browser yet."} Run this on a device that is already
        trusted, for example the gateway's host:
      </p>
      <div class="command">
        <code>{command}</code>
        <CopyButton text={command} label="Copy" />
      </div>
      {requestId !== undefined && (
        <dl class="facts">
          <dt>Request</dt>
          <dd>
            <code>{requestId}</code>
          </dd>
        </dl>
      )}
      <p class="quiet" role="status">
        Waiting for approval. This page goes on by itself.
      </p>
    </Card>
  );
}

function Refused({ refusal, chat }: { refusal: Refusal; chat: Chat }) {
  return (
    <Card title={refusal.title}>
      <p role="alert">{refusal.advice}</p>
      <button type="button" class="button button-primary" onClick={() => chat.retryNow()}>
        Try again
      </button>
    </Card>
  );
}

function Unreached({ isRestart, chat }: { isRestart: boolean; chat: Chat }) {
  return (
    <Card title={isRestart ? "The gateway is starting" : "The gateway does not answer"} busy>
      <p role="status">
        {isRestart ? "It will be there in a moment." : "It may be stopped, or this device is offline."} This page tries
        again by itself.
      </p>
      <button type="button" class="button" onClick={() => chat.retryNow()}>
        Try now
      </button>
    </Card>
  );
}
