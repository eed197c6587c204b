/** Says in one or two words how the line to the gateway is. */
import type { ConnectionState } from "../gateway.ts";

export interface Status {
  tone: "good" | "busy" | "bad";
  text: string;
}

export function StatusPill({ tone, text }: Status) {
  return (
    <p class={`status status-${tone}`} role="status">
      <span class="status-dot" aria-hidden="true" />
      <span>{text}</span>
    </p>
  );
}

/** How the line is, as the pill says it. */
export function statusOf(connection: ConnectionState): Status {
  switch (connection.kind) {
    case "connected":
      return { tone: "good", text: "Connected" };
    case "connecting":
      return { tone: "busy", text: "Connecting" };
    case "pairing":
      return { tone: "busy", text: "Needs approval" };
    case "refused":
      return { tone: "bad", text: "Signed out" };
    case "waiting":
      return connection.reason === "restarting"
        ? { tone: "busy", text: "Restarting" }
        : { tone: "bad", text: "Offline" };
  }
}
