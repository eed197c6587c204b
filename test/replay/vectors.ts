/** The recordings of real peers that the replay plays (`test/vectors`), typed as far as it needs. */
import v3Approvals from "../vectors/v3-approvals.json";
import v3Device from "../vectors/v3-device.json";
import v3Handshake from "../vectors/v3-handshake.json";
import v3Methods from "../vectors/v3-methods.json";
import v3Nodes from "../vectors/v3-nodes.json";
import v3Clients from "../vectors/v3-real-clients.json";
import v3Runs from "../vectors/v3-runs.json";
import v4Device from "../vectors/v4-device.json";
import v4Extra from "../vectors/v4-extra.json";
import v4Handshake from "../vectors/v4-handshake.json";
import v4Methods from "../vectors/v4-methods.json";
import v4Nodes from "../vectors/v4-nodes.json";
import v4NodesExtra from "../vectors/v4-nodes-extra.json";
import v4Clients from "../vectors/v4-real-clients.json";
import v4Runs from "../vectors/v4-runs.json";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** One line of a recording. */
export type Entry =
  | { dir: "c2s"; frame: Json }
  | { dir: "c2s"; text: string }
  | { dir: "c2s"; decoded: Json }
  | { dir: "c2s"; textBytes: number; textPreview: string }
  | { dir: "s2c"; frame: JsonObject }
  | { dir: "close"; code: number; reason: string }
  | { dir: "note"; text: string }
  | { dir: "http"; status: number; body: string };

/** What one connection of a case sent and received. */
export interface RecordedConnection {
  name: string;
  log: readonly Entry[];
}

/** One case: a name like `v3-runs/chat-abort`, and its connections. */
export interface RecordedCase {
  id: string;
  version: 3 | 4;
  connections: readonly RecordedConnection[];
}

const files: Record<string, unknown> = {
  "v3-handshake": v3Handshake,
  "v3-device": v3Device,
  "v3-methods": v3Methods,
  "v3-runs": v3Runs,
  "v3-clients": v3Clients,
  "v3-nodes": v3Nodes,
  "v3-approvals": v3Approvals,
  "v4-handshake": v4Handshake,
  "v4-device": v4Device,
  "v4-methods": v4Methods,
  "v4-runs": v4Runs,
  "v4-clients": v4Clients,
  "v4-nodes": v4Nodes,
  "v4-nodes-extra": v4NodesExtra,
  "v4-extra": v4Extra,
};

/** Every recorded case. */
export const recordedCases: readonly RecordedCase[] = Object.entries(files).flatMap(([file, content]) => {
  const { protocol, cases } = content as { protocol: 3 | 4; cases: { name: string; transcript: unknown[] }[] };
  return cases.map(({ name, transcript }) => ({
    id: `${file}/${name}`,
    version: protocol,
    connections: connectionsOf(transcript),
  }));
});

/** One case by its id. */
export function recordedCase(id: string): RecordedCase {
  const found = recordedCases.find((one) => one.id === id);
  if (!found) throw new Error(`no recorded case ${id}`);
  return found;
}

function connectionsOf(transcript: unknown[]): RecordedConnection[] {
  const isNamed = (entry: unknown): entry is { conn: string; log: Entry[] } =>
    typeof entry === "object" && entry !== null && "conn" in entry;
  if (transcript.every(isNamed)) return transcript.map(({ conn, log }) => ({ name: conn, log }));
  return [{ name: "", log: transcript as Entry[] }];
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
