/** Where this device is, as the browser finds out. */
import type { Fields } from "../shared/wire.ts";
import { refuse } from "./failure.ts";
import type { Command, Work } from "./invocations.ts";
import type { Lends } from "./lends.ts";
import { numberIn, wordIn } from "./params.ts";

/** Time for the browser when the caller does not say. */
const WAIT_MS = 10_000;
/** A place known to within this many meters is a precise one. */
const PRECISE_METERS = 100;

export function locationCommands(lends: Lends): [name: string, command: Command][] {
  return [["location.get", { run: (params, work) => locate(params, work, lends) }]];
}

async function locate(params: Fields, work: Work, lends: Lends) {
  lends.require("location");
  // Browsers keep the place from pages that nobody sees, without saying so.
  if (document.visibilityState === "hidden")
    return refuse("NODE_BACKGROUND_UNAVAILABLE", "the page has to be in front on the device to read its location");
  const leftMs = Math.max(1, work.leftMs());
  const timeout = numberIn(params, "timeoutMs", { min: 1, max: leftMs, otherwise: Math.min(WAIT_MS, leftMs) });
  const maximumAge = numberIn(params, "maxAgeMs", { min: 0, max: Number.MAX_SAFE_INTEGER, otherwise: 0 });
  const accuracy = wordIn(params, "desiredAccuracy", ["balanced", "coarse", "precise"]);
  const { coords, timestamp } = await position(
    { timeout, maximumAge, enableHighAccuracy: accuracy === "precise" },
    lends,
  );
  return {
    lat: coords.latitude,
    lon: coords.longitude,
    accuracyMeters: coords.accuracy,
    ...(coords.altitude !== null && { altitudeMeters: coords.altitude }),
    ...(isNumber(coords.speed) && { speedMps: coords.speed }),
    ...(isNumber(coords.heading) && { headingDeg: coords.heading }),
    timestamp: new Date(timestamp).toISOString(),
    isPrecise: coords.accuracy <= PRECISE_METERS,
    source: "browser",
  };
}

async function position(options: PositionOptions, lends: Lends): Promise<GeolocationPosition> {
  const { promise, resolve, reject } = Promise.withResolvers<GeolocationPosition>();
  navigator.geolocation.getCurrentPosition(resolve, reject, options);
  return await promise.catch((error: GeolocationPositionError) => {
    switch (error.code) {
      case GeolocationPositionError.PERMISSION_DENIED:
        lends.miss("location");
        return refuse("LOCATION_PERMISSION_REQUIRED", "somebody at the device has to allow it");
      case GeolocationPositionError.TIMEOUT:
        return refuse("LOCATION_TIMEOUT", "the browser did not find out in time");
      default:
        return refuse("LOCATION_UNAVAILABLE", "the browser does not know where it is");
    }
  });
}

/** Browsers say null or NaN for what they do not know. */
function isNumber(value: number | null): value is number {
  return value !== null && Number.isFinite(value);
}
