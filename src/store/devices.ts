/** Paired devices and their tokens, on disk. */
import type { PairedDevice, TokenSummary } from "#schemas/devices.ts";
import type { Database } from "./database.ts";

/** What a device said about itself when it was approved. */
export type DeviceFacts = Pick<
  PairedDevice,
  "displayName" | "platform" | "deviceFamily" | "clientId" | "clientMode" | "role" | "remoteIp"
>;

/** A paired device without its tokens. */
export interface DeviceRecord {
  deviceId: string;
  publicKey: string;
  facts: DeviceFacts;
  label?: string;
  roles: string[];
  scopes: string[];
  approvedVia: PairedDevice["approvedVia"];
  createdAtMs: number;
  approvedAtMs: number;
  lastSeenAtMs?: number;
}

/** A device token with its value. */
export interface TokenRecord extends TokenSummary {
  token: string;
}

interface DeviceRow {
  device_id: string;
  public_key: string;
  facts: string;
  label: string | null;
  roles: string;
  scopes: string;
  approved_via: string;
  created_at: number;
  approved_at: number;
  last_seen_at: number | null;
}

interface TokenRow {
  role: string;
  token: string;
  scopes: string;
  created_at: number;
  rotated_at: number | null;
  revoked_at: number | null;
  last_used_at: number | null;
}

/** Named reads and writes over `devices` and `device_tokens`. */
export class DeviceStore {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  /** Runs several changes as one decision, on the disk when it returns. */
  decide<T>(work: () => T): T {
    return this.#db.durable(work);
  }

  find(deviceId: string): DeviceRecord | undefined {
    const row = this.#db.query<DeviceRow>("SELECT * FROM devices WHERE device_id = ?").get(deviceId);
    return row ? toDevice(row) : undefined;
  }

  list(): DeviceRecord[] {
    return this.#db.query<DeviceRow>("SELECT * FROM devices ORDER BY approved_at DESC").all().map(toDevice);
  }

  count(): number {
    return this.#db.query<{ n: number }>("SELECT count(*) AS n FROM devices").get()?.n ?? 0;
  }

  save(device: DeviceRecord): void {
    this.#db
      .query(
        `INSERT INTO devices (device_id, public_key, facts, label, roles, scopes, approved_via, created_at, approved_at, last_seen_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (device_id) DO UPDATE SET public_key = excluded.public_key, facts = excluded.facts, label = excluded.label,
           roles = excluded.roles, scopes = excluded.scopes, approved_via = excluded.approved_via,
           approved_at = excluded.approved_at, last_seen_at = excluded.last_seen_at`,
      )
      .run(
        device.deviceId,
        device.publicKey,
        JSON.stringify(device.facts),
        device.label ?? null,
        JSON.stringify(device.roles),
        JSON.stringify(device.scopes),
        device.approvedVia,
        device.createdAtMs,
        device.approvedAtMs,
        device.lastSeenAtMs ?? null,
      );
  }

  /** Notes that the device connected with this token; losing the note in a power cut harms nobody. */
  touch(deviceId: string, role: string, nowMs: number): void {
    this.#db.write(() => {
      this.#db.query("UPDATE devices SET last_seen_at = ? WHERE device_id = ?").run(nowMs, deviceId);
      this.#db
        .query("UPDATE device_tokens SET last_used_at = ? WHERE device_id = ? AND role = ?")
        .run(nowMs, deviceId, role);
    });
  }

  remove(deviceId: string): void {
    this.#db.query("DELETE FROM devices WHERE device_id = ?").run(deviceId);
  }

  tokens(deviceId: string): TokenRecord[] {
    return this.#db
      .query<TokenRow>("SELECT * FROM device_tokens WHERE device_id = ? ORDER BY role")
      .all(deviceId)
      .map(toToken);
  }

  findToken(deviceId: string, role: string): TokenRecord | undefined {
    const row = this.#db
      .query<TokenRow>("SELECT * FROM device_tokens WHERE device_id = ? AND role = ?")
      .get(deviceId, role);
    return row ? toToken(row) : undefined;
  }

  saveToken(deviceId: string, token: TokenRecord): void {
    this.#db
      .query(
        `INSERT OR REPLACE INTO device_tokens (device_id, role, token, scopes, created_at, rotated_at, revoked_at, last_used_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        deviceId,
        token.role,
        token.token,
        JSON.stringify(token.scopes),
        token.createdAtMs,
        token.rotatedAtMs ?? null,
        token.revokedAtMs ?? null,
        token.lastUsedAtMs ?? null,
      );
  }
}

function toDevice(row: DeviceRow): DeviceRecord {
  return {
    deviceId: row.device_id,
    publicKey: row.public_key,
    facts: JSON.parse(row.facts),
    ...(row.label === null ? {} : { label: row.label }),
    roles: JSON.parse(row.roles),
    scopes: JSON.parse(row.scopes),
    approvedVia: row.approved_via as DeviceRecord["approvedVia"],
    createdAtMs: row.created_at,
    approvedAtMs: row.approved_at,
    ...(row.last_seen_at === null ? {} : { lastSeenAtMs: row.last_seen_at }),
  };
}

function toToken(row: TokenRow): TokenRecord {
  return {
    role: row.role,
    token: row.token,
    scopes: JSON.parse(row.scopes),
    createdAtMs: row.created_at,
    ...(row.rotated_at === null ? {} : { rotatedAtMs: row.rotated_at }),
    ...(row.revoked_at === null ? {} : { revokedAtMs: row.revoked_at }),
    ...(row.last_used_at === null ? {} : { lastUsedAtMs: row.last_used_at }),
  };
}
