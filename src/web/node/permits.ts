/** What this browser can do and permits, found out by looking. */
import { canRecord } from "./capture/recorder.ts";
import type { ScreenShare } from "./capture/screen.ts";
import type { LendName, Obstacle, Permission, Permits } from "./lends.ts";

/** How browsers call the permissions that they can be asked about. */
const permissionNames: Readonly<Partial<Record<LendName, string>>> = {
  camera: "camera",
  microphone: "microphone",
  location: "geolocation",
  notify: "notifications",
};

export class BrowserPermits implements Permits {
  readonly #share: ScreenShare;
  /** What was allowed during this visit, for browsers that do not tell. */
  readonly #granted = new Set<LendName>();
  constructor(share: ScreenShare) {
    this.#share = share;
  }

  canRecord(): boolean {
    return canRecord();
  }

  async obstacleTo(name: LendName): Promise<Obstacle | undefined> {
    // A notice on the page itself needs nothing.
    if (name === "canvas" || name === "notify") return undefined;
    if (!isSecureContext) return "insecure";
    const isThere = await this.#isThere(name);
    return isThere ? undefined : "absent";
  }

  async permissionFor(name: LendName): Promise<Permission> {
    if (name === "canvas") return "granted";
    if (name === "screen") return this.#share.stream === undefined ? "prompt" : "granted";
    if (name === "notify") return notificationPermission();
    const state = await queryState(permissionNames[name]);
    if (state === "denied") this.#granted.delete(name);
    return state === "prompt" || state === undefined ? (this.#granted.has(name) ? "granted" : "prompt") : state;
  }

  async ask(name: LendName): Promise<void> {
    try {
      await this.#request(name);
      this.#granted.add(name);
    } catch (error) {
      // Said no, or closed the question: the page goes on showing that it is not allowed.
      if (!(error instanceof DOMException) && !isPositionError(error)) throw error;
      // A place that cannot be found may be asked for all the same.
      if (isPositionError(error) && error.code !== error.PERMISSION_DENIED) this.#granted.add(name);
      else this.#granted.delete(name);
    }
  }

  forget(name: LendName): void {
    this.#granted.delete(name);
  }

  /** Calls back when a permission or the set of devices changes. */
  async watch(onChange: () => void): Promise<void> {
    navigator.mediaDevices?.addEventListener("devicechange", onChange);
    for (const name of Object.values(permissionNames)) {
      const status = await query(name);
      status?.addEventListener("change", onChange);
    }
  }

  async #isThere(name: LendName): Promise<boolean> {
    const { mediaDevices } = navigator;
    switch (name) {
      case "camera":
        return mediaDevices?.getUserMedia !== undefined && (await hasDevice("videoinput"));
      case "microphone":
        return mediaDevices?.getUserMedia !== undefined && canRecord() && (await hasDevice("audioinput"));
      case "screen":
        return mediaDevices?.getDisplayMedia !== undefined && canRecord();
      case "location":
        return navigator.geolocation !== undefined;
      default:
        return true;
    }
  }

  async #request(name: LendName): Promise<void> {
    switch (name) {
      case "camera":
        return release(await navigator.mediaDevices.getUserMedia({ video: true }));
      case "microphone":
        return release(await navigator.mediaDevices.getUserMedia({ audio: true }));
      case "screen":
        return this.#share.start();
      case "notify":
        await Notification.requestPermission();
        return;
      case "location": {
        const { promise, resolve, reject } = Promise.withResolvers<GeolocationPosition>();
        navigator.geolocation.getCurrentPosition(resolve, reject, { maximumAge: Number.POSITIVE_INFINITY });
        await promise;
      }
    }
  }
}

function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

async function hasDevice(kind: MediaDeviceKind): Promise<boolean> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.some((device) => device.kind === kind);
}

function notificationPermission(): Permission {
  if (!isSecureContext || typeof Notification === "undefined") return "denied";
  return Notification.permission === "default" ? "prompt" : Notification.permission;
}

async function queryState(name: string | undefined): Promise<Permission | undefined> {
  return (await query(name))?.state;
}

/** Not every browser can be asked about every permission; then it is tried when it is needed. */
async function query(name: string | undefined): Promise<PermissionStatus | undefined> {
  if (name === undefined || navigator.permissions === undefined) return undefined;
  try {
    return await navigator.permissions.query({ name: name as PermissionName });
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function isPositionError(error: unknown): error is GeolocationPositionError {
  return typeof GeolocationPositionError !== "undefined" && error instanceof GeolocationPositionError;
}
