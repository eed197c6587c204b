/** `moltbot devices`: who may connect. */
import type { PairedDevice, PendingDevice } from "#schemas/devices.ts";
import type { Cli } from "../cli.ts";
import { defineBranch, defineLeaf } from "../command.ts";
import { cleanLine, formatAge } from "../terminal.ts";

/** How much of a device id is shown; enough to tell a household's devices apart. */
const SHORT_ID_CHARS = 12;
/** These act on other devices, and may give a scope away: the caller must hold it, so they ask for all. */
const asOwner = { scope: "admin" };

const request = { type: "positional", required: true, description: "id of the request, from devices list" } as const;
const device = { type: "positional", required: true, description: "id of the device, or the beginning of it" } as const;
const role = {
  type: "string",
  valueHint: "ROLE",
  default: "operator",
  description: "operator or node (default: operator)",
} as const;
const yes = { type: "boolean", description: "do not ask" } as const;

interface DeviceList {
  pending: PendingDevice[];
  paired: PairedDevice[];
}

const list = defineLeaf({
  name: "list",
  summary: "List devices that wait for approval, and approved ones",
  args: {},
  async run(_args, cli) {
    const found = await cli.call<DeviceList>("device.pair.list");
    cli.print(found, () => [...pendingLines(found.pending, cli), ...pairedLines(found.paired, cli)].join("\n"));
  },
});

function pendingLines(pending: readonly PendingDevice[], cli: Cli): string[] {
  if (pending.length === 0) return [];
  const nowMs = cli.io.clock.now();
  const rows = pending.map((one) => [
    one.requestId,
    one.displayName ?? one.clientId ?? one.deviceId.slice(0, SHORT_ID_CHARS),
    [...one.roles, ...one.scopes.map((scope) => scope.replace("operator.", ""))].join(" "),
    one.remoteIp ?? "local",
    formatAge(nowMs - one.ts),
  ]);
  const columns = [
    { title: "REQUEST" },
    { title: "DEVICE", isFlexible: true },
    { title: "ASKS FOR", isFlexible: true },
    { title: "FROM" },
    { title: "AGE" },
  ];
  return [cli.paint("yellow", "Waiting for approval (moltbot devices approve REQUEST)"), cli.table(columns, rows), ""];
}

function pairedLines(paired: readonly PairedDevice[], cli: Cli): string[] {
  if (paired.length === 0) return ["no approved devices"];
  const rows = paired.map((one) => [
    one.deviceId.slice(0, SHORT_ID_CHARS),
    one.label ?? one.displayName ?? one.clientId ?? "",
    one.platform ?? "",
    one.roles.join(" "),
    one.scopes.map((scope) => scope.replace("operator.", "")).join(" "),
    one.connected ? "yes" : "",
  ]);
  const columns = [
    { title: "DEVICE" },
    { title: "NAME", isFlexible: true },
    { title: "PLATFORM", isFlexible: true },
    { title: "ROLES" },
    { title: "SCOPES", isFlexible: true },
    { title: "HERE" },
  ];
  return [cli.table(columns, rows)];
}

const approve = defineLeaf({
  name: "approve",
  summary: "Let a waiting device in",
  args: { request },
  async run(args, cli) {
    const result = await cli.call<{ device: PairedDevice }>(
      "device.pair.approve",
      { requestId: args.request },
      asOwner,
    );
    cli.print(result, () => `approved ${nameOf(result.device)}`);
  },
});

const reject = defineLeaf({
  name: "reject",
  summary: "Refuse a waiting device",
  args: { request },
  async run(args, cli) {
    const result = await cli.call("device.pair.reject", { requestId: args.request });
    cli.print(result, () => `rejected ${cleanLine(args.request)}`);
  },
});

const rotate = defineLeaf({
  name: "rotate",
  summary: "Replace a device's token; the device gets the new one when it connects with the gateway's secret",
  args: { device, role },
  async run(args, cli) {
    const deviceId = await resolveId(args.device, cli);
    const result = await cli.call("device.token.rotate", { deviceId, role: args.role }, asOwner);
    cli.print(result, () => `the ${args.role} token of ${deviceId.slice(0, SHORT_ID_CHARS)} was replaced`);
  },
});

const revoke = defineLeaf({
  name: "revoke",
  summary: "Make a device's token useless",
  args: { device, role, yes },
  async run(args, cli) {
    const deviceId = await resolveId(args.device, cli);
    await cli.confirm(`Revoke the ${args.role} token of ${deviceId.slice(0, SHORT_ID_CHARS)}?`, args.yes === true);
    const result = await cli.call("device.token.revoke", { deviceId, role: args.role }, asOwner);
    cli.print(result, () => `the ${args.role} token of ${deviceId.slice(0, SHORT_ID_CHARS)} is useless now`);
  },
});

const remove = defineLeaf({
  name: "remove",
  summary: "Forget a device; it has to ask for approval again",
  args: { device, yes },
  async run(args, cli) {
    const deviceId = await resolveId(args.device, cli);
    await cli.confirm(`Forget ${deviceId.slice(0, SHORT_ID_CHARS)}?`, args.yes === true);
    const result = await cli.call("device.pair.remove", { deviceId }, asOwner);
    cli.print(result, () => `${deviceId.slice(0, SHORT_ID_CHARS)} was forgotten`);
  },
});

const rename = defineLeaf({
  name: "rename",
  summary: "Give a device a name",
  args: { device, name: { type: "positional", required: true, description: "the name" } },
  async run(args, cli) {
    const deviceId = await resolveId(args.device, cli);
    const result = await cli.call("device.pair.rename", { deviceId, label: args.name });
    cli.print(result, () => `${deviceId.slice(0, SHORT_ID_CHARS)} is called ${cleanLine(args.name)} now`);
  },
});

export const devices = defineBranch({
  name: "devices",
  summary: "Approve, rename and remove devices",
  default: "list",
  children: {
    list: async () => list,
    approve: async () => approve,
    reject: async () => reject,
    rotate: async () => rotate,
    revoke: async () => revoke,
    remove: async () => remove,
    rename: async () => rename,
  },
});

/** The whole id that begins like this, when there is exactly one; else what was given, which the gateway judges. */
async function resolveId(given: string, cli: Cli): Promise<string> {
  if (given.length === 64) return given;
  const { paired } = await cli.call<DeviceList>("device.pair.list");
  const matches = paired.filter(({ deviceId }) => deviceId.startsWith(given));
  return matches.length === 1 ? matches[0]!.deviceId : given;
}

function nameOf({ label, displayName, deviceId }: PairedDevice): string {
  const name = label ?? displayName;
  return name === undefined
    ? deviceId.slice(0, SHORT_ID_CHARS)
    : `${cleanLine(name)} (${deviceId.slice(0, SHORT_ID_CHARS)})`;
}
