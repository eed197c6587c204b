/** What the recordings do not say: in which order several connections took turns, and which headers they sent. */
import type { RecordedCase } from "./vectors.ts";

/** Up to where a connection is played: the answer to a request, a request that was sent, or the first such chat event. */
export type Stop = string | { sent: string } | { chat: string };

/** A connection, and up to where it is played; without that to its end. */
type Turn = readonly [connection: string, until?: Stop];

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

const node = "node first connect";
const approved = "node after node.pair.approve";

/** Schedules of cases that the generations played differently. */
const own: Readonly<Record<string, readonly Turn[]>> = {
  "v3-nodes/node-flow": [
    ["operator", "c1"],
    [node, "c1"],
    ["operator", { sent: "o6" }],
    [node, "n1"],
    ["operator", { sent: "o7" }],
    [node, "n2"],
    ["operator", { sent: "o8" }],
    [node, "n3"],
    ["operator", "o9"],
    [node, "n4"],
    ["operator", "o14"],
    [node, "n9"],
    ["operator", { chat: "final" }],
    [node, "n11"],
    ["operator", "o17"],
    ["operator", { sent: "o18" }],
    [node],
    ["operator"],
  ],
  "v4-nodes/node-flow": [
    ["operator", "c1"],
    [node, "c1"],
    ["operator", "o2"],
    [node],
    [approved, "c1"],
    ["operator", { sent: "o7" }],
    [approved, "n1"],
    ["operator", { sent: "o8" }],
    [approved, "n2"],
    ["operator", { sent: "o9" }],
    [approved, "n3"],
    ["operator", "o10"],
    [approved, "n4"],
    ["operator", "o15"],
    [approved, "n9"],
    ["operator", { chat: "final" }],
    [approved, "n11"],
    ["operator", "o18"],
    [approved],
    ["operator"],
  ],
  "v3-nodes/node-pairing-remote": [
    ["admin", "c1"],
    ["node first try"],
    ["admin", "o2"],
    ["node after approval", "c1"],
    ["admin", "o4"],
    ["node after approval"],
    ["admin"],
  ],
  "v4-nodes/node-pairing-remote": [
    ["admin", "c1"],
    ["node first try"],
    ["admin", "o2"],
    ["node after approval", "c1"],
    ["admin", "o5"],
    ["node after approval"],
    ["admin"],
  ],
  "v3-approvals/exec-approval-flow": [["A", "c1"], ["B", "qc"], ["A", { sent: "r1" }], ["B", "q3"], ["A"], ["B"]],
};

/** The turns of a case: by default one connection after the other. */
export function scheduleOf({ id, connections }: RecordedCase): readonly Turn[] {
  return own[id] ?? schedules[id.slice(id.indexOf("/") + 1)] ?? connections.map(({ name }): Turn => [name]);
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
    case "node-pairing-remote":
      return connection === "admin" ? undefined : remote;
    default:
      return undefined;
  }
}
