/** What the recordings do not say: in which order several connections took turns, and which headers they sent. */
import type { RecordedCase } from "./vectors.ts";

/** A connection, and the answer up to which it is played; without one to its end. */
type Turn = readonly [connection: string, throughAnswerTo?: string];

const schedules: Readonly<Record<string, readonly Turn[]>> = {
  "reconnect-with-device-token": [
    ["A", "c1"],
    ["B (device token)"],
    ["A"],
    ["C (old token after rotate)"],
    ["D (shared token, revoke)"],
  ],
  "pairing-remote-approve": [
    ["admin", "c1"],
    ["A first try (remote)"],
    ["A second try"],
    ["admin", "r3"],
    ["B after approve"],
    ["C scope upgrade"],
    ["admin"],
  ],
  "second-client-sees-events": [
    ["A", "c1"],
    ["B operator.read", "bc"],
    ["C operator.pairing", "dc"],
    ["A"],
    ["B operator.read"],
    ["C operator.pairing"],
  ],
};

/** The turns of a case: by default one connection after the other. */
export function scheduleOf({ id, connections }: RecordedCase): readonly Turn[] {
  return schedules[id.slice(id.indexOf("/") + 1)] ?? connections.map(({ name }): Turn => [name]);
}

const remote = { "X-Forwarded-For": "203.0.113.9" };

/** The headers of a connection, besides those of every upgrade. */
export function headersOf(caseId: string, connection: string): Record<string, string> | undefined {
  switch (caseId.slice(caseId.indexOf("/") + 1)) {
    case "origin-header-foreign":
      return { Origin: "https://evil.example" };
    case "non-local-host-header":
      return { Host: "gateway.example" };
    case "untrusted-forwarded-header":
    case "unattributable-forwarded-header":
      return remote;
    case "pairing-remote-approve":
      return connection === "admin" ? undefined : remote;
    default:
      return undefined;
  }
}
