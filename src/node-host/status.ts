/** What a host says about itself in its state folder, for `moltbot node status`. */
import { join } from "node:path";
import { type Static, Type } from "@sinclair/typebox";
import { OneOf, Strict } from "#schemas/primitives.ts";
import { validator } from "../lib/validate.ts";
import { keep, readKept } from "./keep.ts";

/** In which state a host is. */
export const hostStates = ["connecting", "connected", "waiting-for-approval", "refused", "stopped"] as const;

const HostStatus = Strict({
  pid: Type.Integer(),
  startedAtMs: Type.Integer(),
  nodeId: Type.String(),
  name: Type.String(),
  state: OneOf(hostStates),
  sinceMs: Type.Integer(),
  url: Type.Optional(Type.String()),
  /** Why it is not connected, or what somebody has to do. */
  note: Type.Optional(Type.String()),
  /** What it offers. */
  commands: Type.Array(Type.String()),
  /** What of that the owner approved, as far as this host was told. */
  approved: Type.Array(Type.String()),
});
export type HostStatus = Static<typeof HostStatus>;
const shape = validator(HostStatus);

/** The status of one host, written whenever it changes. */
export class StatusFile {
  readonly #path: string;
  #status: HostStatus | undefined;
  constructor(stateDir: string) {
    this.#path = join(stateDir, "node-host.json");
  }

  /** What the last host on this folder said. */
  read(): HostStatus | undefined {
    const value = readKept(this.#path);
    return shape.check(value) ? value : undefined;
  }

  /** Says something else from now on. */
  write(status: HostStatus): void {
    if (this.#status && JSON.stringify(status) === JSON.stringify(this.#status)) return;
    this.#status = status;
    keep(this.#path, status);
  }
}
