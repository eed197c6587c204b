/** What methods work with. `app.ts` constructs it; nothing else does. */
import type { Agents } from "../agent/agents.ts";
import type { Runs } from "../agent/runs.ts";
import type { Canvas } from "../canvas/canvas.ts";
import type { Channels } from "../channels/channels.ts";
import type { ConfigFile } from "../config/config.ts";
import type { Devices } from "../devices/devices.ts";
import type { Invites } from "../devices/invites.ts";
import type { Clock } from "../lib/clock.ts";
import type { ExecApprovalsDisk } from "../lib/exec/approvals-file.ts";
import type { Ids } from "../lib/ids.ts";
import type { LogFile } from "../lib/log-file.ts";
import type { Media } from "../media/media.ts";
import type { ExecApprovals } from "../nodes/approvals.ts";
import type { Nodes } from "../nodes/nodes.ts";
import type { VoiceWake } from "../nodes/voice-wake.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Health } from "../status/health.ts";
import type { Presence } from "../status/presence.ts";
import type { SystemEvents } from "../status/system-events.ts";

/** The rooms, as methods see them. */
export interface Services {
  agents: Agents;
  canvas: Canvas;
  channels: Channels;
  clock: Clock;
  config: ConfigFile;
  devices: Devices;
  /** Executions that wait for the owner's word. */
  execApprovals: ExecApprovals;
  /** The rules of what may run on the gateway's own host. */
  execRules: ExecApprovalsDisk;
  health: Health;
  ids: Ids;
  invites: Invites;
  logFile: LogFile;
  media: Media;
  nodes: Nodes;
  presence: Presence;
  runs: Runs;
  sessions: Sessions;
  systemEvents: SystemEvents;
  voiceWake: VoiceWake;
  /** The gateway as a whole. */
  self: {
    version: string;
    startedAtMs: number;
    databasePath: string;
    hostName: string;
    /** The port it listens on; known once it does. */
    port(): number;
    isDeviceConnected(deviceId: string): boolean;
    /** Counts of what happens now, for `status`. */
    counts(): { connections: number };
  };
}
