/**
 * What kind of device a node is, and what devices of that kind may be asked by default (`protocol/nodes.md` section 2).
 * Pure. A node that says it is something unknown gets the least.
 */
import type { ClientInfo } from "#schemas/connect.ts";
import type { ProtocolVersion } from "#schemas/method.ts";

/** Kinds of devices that the tables know. */
export type PlatformKey = "ios" | "watchos" | "android" | "macos" | "windows" | "linux" | "web" | "unknown";

/** A node's platform: what tables use, and how it is shown. */
export interface Platform {
  key: PlatformKey;
  platform: string;
  deviceFamily: string | undefined;
}

/** The platform of a client, as its generation tells it apart. */
export function platformOf(client: ClientInfo, version: ProtocolVersion): Platform {
  const shown = normalized(client, version);
  const platform = shown.platform.trim().toLowerCase();
  const family = (shown.deviceFamily ?? "").trim().toLowerCase();
  return { key: version === 3 ? looseKey(platform, family) : strictKey(platform, family), ...shown };
}

/** A headless host of v4 tells the name its runtime has for the system. */
function normalized({ id, platform, deviceFamily }: ClientInfo, version: ProtocolVersion): Omit<Platform, "key"> {
  if (version === 3 || id !== "node-host") return { platform, deviceFamily };
  const known = hostNames.get(platform.trim().toLowerCase());
  return known
    ? { platform: known.platform, deviceFamily: deviceFamily ?? known.deviceFamily }
    : { platform, deviceFamily };
}

const hostNames: ReadonlyMap<string, { platform: string; deviceFamily: string }> = new Map([
  ["darwin", { platform: "macos", deviceFamily: "Mac" }],
  ["macos", { platform: "macos", deviceFamily: "Mac" }],
  ["win32", { platform: "windows", deviceFamily: "Windows" }],
  ["windows", { platform: "windows", deviceFamily: "Windows" }],
  ["linux", { platform: "linux", deviceFamily: "Linux" }],
]);

/** v3: by how the name begins, else by the family. */
function looseKey(platform: string, family: string): PlatformKey {
  const byName: [PlatformKey, RegExp][] = [
    ["ios", /^ios/],
    ["android", /^android/],
    ["macos", /^(?:mac|darwin)/],
    ["windows", /^win/],
    ["linux", /^linux/],
    ["web", /^web/],
  ];
  const byFamily: [PlatformKey, RegExp][] = [
    ["ios", /iphone|ipad|ios/],
    ["android", /android/],
    ["macos", /mac/],
    ["windows", /windows/],
    ["linux", /linux/],
  ];
  const find = (list: typeof byName, text: string) => list.find(([, pattern]) => pattern.test(text))?.[0];
  return find(byName, platform) ?? find(byFamily, family) ?? "unknown";
}

/** v4: a known name, or an Apple or Android label with its version; the family must agree. */
function strictKey(platform: string, family: string): PlatformKey {
  const found = strictNames.find(({ name }) => name.test(platform));
  if (!found) return "unknown";
  const isBare = found.isFamilyOptional && /^[a-z]+$/.test(platform) && family === "";
  return isBare || found.family.test(family) ? found.key : "unknown";
}

const strictNames: readonly { key: PlatformKey; name: RegExp; family: RegExp; isFamilyOptional: boolean }[] = [
  {
    key: "ios",
    name: /^(?:ios|(?:ios|ipados) \d[\d.]*)$/,
    family: /^(?:ios|iphone|ipad|ipod)/,
    isFamilyOptional: true,
  },
  { key: "watchos", name: /^watchos(?: \d[\d.]*)?$/, family: /watch/, isFamilyOptional: true },
  { key: "android", name: /^android(?: \d[\d.]*(?: \(sdk \d+\))?)?$/, family: /^android/, isFamilyOptional: true },
  { key: "macos", name: /^macos(?: \d[\d.]*)?$/, family: /^mac$/, isFamilyOptional: false },
  { key: "windows", name: /^windows$/, family: /^windows$/, isFamilyOptional: false },
  { key: "linux", name: /^linux$/, family: /^linux$/, isFamilyOptional: false },
  { key: "web", name: /^web$/, family: /^(?:|browser)$/, isFamilyOptional: true },
];

const words = (text: string) => text.split(" ");
const canvas = words(
  "canvas.present canvas.hide canvas.navigate canvas.eval canvas.snapshot canvas.a2ui.push canvas.a2ui.pushJSONL canvas.a2ui.reset",
);
const camera = words("camera.list camera.snap camera.clip");
const screen = ["screen.record"];
const location = ["location.get"];
const sms = ["sms.send"];
const system = words(
  "system.run system.which system.notify system.execApprovals.get system.execApprovals.set browser.proxy",
);
const host = [
  ...system,
  ...words("system.run.prepare fs.listDir terminal.upload browser.proxy.upload.v1 mcp.tools.call.v1"),
];
const device = words("device.info device.status");
const deviceCare = words("device.permissions device.health");
const records = words("contacts.search calendar.events reminders.list photos.latest motion.activity motion.pedometer");
/** What a page in a browser can do: the person allows camera, screen and place there, each time or once. */
const web = [...canvas, ...camera, ...screen, ...location, "system.notify"];

/** What may be asked of a device by default, by generation and kind. Its canvas is ours to decide for v4 too. */
const defaults: Record<ProtocolVersion, Readonly<Record<PlatformKey, readonly string[]>>> = {
  3: {
    ios: [...canvas, ...camera, ...screen, ...location],
    watchos: [],
    android: [...canvas, ...camera, ...screen, ...location, ...sms],
    macos: [...canvas, ...camera, ...screen, ...location, ...system],
    linux: system,
    windows: system,
    web,
    unknown: [...canvas, ...camera, ...screen, ...location, ...sms, ...system],
  },
  4: {
    ios: [...canvas, "camera.list", ...location, ...device, ...records, "system.notify"],
    watchos: [...device, "system.notify"],
    android: [
      ...canvas,
      "camera.list",
      ...location,
      ...words("notifications.list notifications.actions system.notify device.apps callLog.search"),
      ...device,
      ...deviceCare,
      ...records,
      ...words("mobile.ui.observe mobile.ui.act"),
    ],
    macos: [
      ...canvas,
      ...words("camera.list camera.ptz.status"),
      ...location,
      ...device,
      ...deviceCare,
      ...records,
      ...host,
      ...words("screen.snapshot desktop.stream computer.act"),
    ],
    linux: [...host, ...words("screen.snapshot desktop.stream computer.act")],
    windows: ["camera.list", ...location, ...device, ...deviceCare, ...host, ...words("screen.snapshot computer.act")],
    web,
    unknown: ["camera.list", ...location, "system.notify"],
  },
};

/** The commands that devices of a kind may be asked, before the owner's configuration. */
export function defaultCommands(version: ProtocolVersion, key: PlatformKey): readonly string[] {
  return defaults[version][key];
}
