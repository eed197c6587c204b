/** What stands before a page: connecting, signing in, waiting for approval, being refused. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { ConnectionState } from "../gateway.ts";
import type { Refusal } from "../refusal.ts";
import { CopyButton } from "./copy-button.tsx";
import { Icon, Logo } from "./icon.tsx";

/** What a person can do here; the page behind the gate does it. */
export interface GateKeeper {
  useToken(token: string): void;
  retryNow(): void;
}

interface Props {
  connection: ConnectionState;
  keeper: GateKeeper;
  /** What this device is called where it is approved, in short. */
  fingerprint?: string;
  /** Another way to sign in, said below the form. */
  otherWay?: ComponentChildren;
}

/** Whether there is nothing to show yet. A connection that is lost later leaves the page on the screen. */
export function isGated({ connection, wasConnected }: { connection: ConnectionState; wasConnected: boolean }): boolean {
  if (connection.kind === "pairing" || connection.kind === "refused") return true;
  return connection.kind !== "connected" && !wasConnected;
}

export function Gate({ connection, keeper, fingerprint, otherWay }: Props) {
  switch (connection.kind) {
    case "pairing":
      return <Pairing requestId={connection.requestId} reason={connection.reason} fingerprint={fingerprint} />;
    case "refused":
      return connection.refusal.asksForToken ? (
        <SignIn refusal={connection.refusal} keeper={keeper} otherWay={otherWay} />
      ) : (
        <Refused refusal={connection.refusal} keeper={keeper} />
      );
    case "waiting":
      return <Unreached isRestart={connection.reason === "restarting"} keeper={keeper} />;
    default:
      return (
        <Card title="Connecting" busy>
          <p>Reaching your gateway.</p>
        </Card>
      );
  }
}

/** A card in the middle of an otherwise empty page. */
export function Card({
  title,
  busy = false,
  children,
}: {
  title: string;
  busy?: boolean;
  children: ComponentChildren;
}) {
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

interface SignInProps {
  refusal: Refusal;
  keeper: GateKeeper;
  otherWay: ComponentChildren;
}

function SignIn({ refusal, keeper, otherWay }: SignInProps) {
  const [token, setToken] = useState("");
  return (
    <Card title={refusal.title}>
      <p role="alert">{refusal.advice}</p>
      <form
        class="sign-in"
        onSubmit={(event) => {
          event.preventDefault();
          if (token.trim() !== "") keeper.useToken(token.trim());
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
        {otherWay}
      </details>
    </Card>
  );
}

const pairingReasons: Readonly<Record<string, string>> = {
  "scope-upgrade": "This browser asks for more rights than it was given.",
  "role-upgrade": "This browser asks for another role than it was given.",
  "metadata-upgrade": "This browser looks different from the one you approved.",
};

interface PairingProps {
  requestId: string | undefined;
  reason: string;
  fingerprint: string | undefined;
}

function Pairing({ requestId, reason, fingerprint }: PairingProps) {
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
      <dl class="facts">
        {fingerprint !== undefined && <Fact name="This browser" value={fingerprint} />}
        {requestId !== undefined && <Fact name="Request" value={requestId} />}
      </dl>
      <p class="quiet" role="status">
        Waiting for approval. This page goes on by itself.
      </p>
    </Card>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <code>{value}</code>
      </dd>
    </>
  );
}

function Refused({ refusal, keeper }: { refusal: Refusal; keeper: GateKeeper }) {
  return (
    <Card title={refusal.title}>
      <p role="alert">{refusal.advice}</p>
      <button type="button" class="button button-primary" onClick={() => keeper.retryNow()}>
        Try again
      </button>
    </Card>
  );
}

function Unreached({ isRestart, keeper }: { isRestart: boolean; keeper: GateKeeper }) {
  return (
    <Card title={isRestart ? "The gateway is starting" : "The gateway does not answer"} busy>
      <p role="status">
        {isRestart ? "It will be there in a moment." : "It may be stopped, or this device is offline."} This page tries
        again by itself.
      </p>
      <button type="button" class="button" onClick={() => keeper.retryNow()}>
        Try now
      </button>
    </Card>
  );
}
