import { describe, expect, test } from "bun:test";
import { type LendName, Lends, type Obstacle, type Permission, type Permits } from "../../../src/web/node/lends.ts";
import { memoryShelf } from "../../../src/web/shared/credentials.ts";

class FakePermits implements Permits {
  obstacles: Partial<Record<LendName, Obstacle>> = {};
  permissions: Partial<Record<LendName, Permission>> = {};
  recorder = true;
  asked: LendName[] = [];
  forgotten: LendName[] = [];
  answer: Permission = "granted";
  canRecord = () => this.recorder;
  obstacleTo = async (name: LendName) => this.obstacles[name];
  permissionFor = async (name: LendName) => (name === "canvas" ? "granted" : (this.permissions[name] ?? "prompt"));
  forget = (name: LendName) => void this.forgotten.push(name);
  ask = async (name: LendName) => {
    this.asked.push(name);
    this.permissions[name] = this.answer;
  };
}

async function rig(change: (permits: FakePermits) => void = () => undefined) {
  const permits = new FakePermits();
  change(permits);
  const shelf = memoryShelf();
  let changes = 0;
  const lends = new Lends({ permits, shelf, onChange: () => changes++ });
  await lends.refresh();
  const of = (name: LendName) => lends.list.find((lend) => lend.name === name);
  return { permits, shelf, lends, of, changes: () => changes };
}

const code = (work: () => void): string => {
  try {
    work();
    return "ready";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe("what is claimed", () => {
  test("is everything that works, whether or not it is permitted yet", async () => {
    const { lends } = await rig();
    const { caps, commands, permissions } = lends.claims();
    expect(caps).toEqual(["canvas", "camera", "screen", "location", "notify"]);
    expect(commands).toContain("camera.clip");
    expect(commands).toHaveLength(14);
    expect(permissions).toEqual({ camera: false, microphone: false, location: false, notify: false });
  });

  test("over plain http is the canvas, and notices on the page", async () => {
    const { lends } = await rig((permits) => {
      for (const name of ["camera", "microphone", "screen", "location"] as const) permits.obstacles[name] = "insecure";
    });
    const { caps, commands } = lends.claims();
    expect(caps).toEqual(["canvas", "notify"]);
    expect(commands.filter((command) => !command.startsWith("canvas."))).toEqual(["system.notify"]);
  });

  test("has no clips where nothing can record", async () => {
    const { lends } = await rig((permits) => {
      permits.recorder = false;
    });
    expect(lends.claims().commands).not.toContain("camera.clip");
    expect(lends.claims().commands).toContain("camera.snap");
  });

  test("never has what runs programs", async () => {
    const { lends } = await rig();
    expect(lends.claims().commands.filter((command) => /run|sms|browser|fs\./.test(command))).toEqual([]);
  });

  test("does not change when the person turns something off: the owner's approval stands", async () => {
    const { lends } = await rig();
    const before = lends.claims();
    lends.turn("camera", false);
    expect(lends.claims()).toEqual(before);
  });
});

describe("what may be used", () => {
  test.each<[title: string, permission: Permission, isOn: boolean, obstacle: Obstacle | undefined, expected: string]>([
    ["permitted", "granted", true, undefined, "ready"],
    ["not asked yet", "prompt", true, undefined, "CAMERA_PERMISSION_REQUIRED"],
    ["forbidden", "denied", true, undefined, "CAMERA_PERMISSION_REQUIRED"],
    ["turned off", "granted", false, undefined, "CAMERA_DISABLED"],
    ["not there", "granted", true, "absent", "UNAVAILABLE"],
  ])("a camera that is %s", async (_title, permission, isOn, obstacle, expected) => {
    const { lends } = await rig((permits) => {
      permits.permissions.camera = permission;
      if (obstacle) permits.obstacles.camera = obstacle;
    });
    lends.turn("camera", isOn);
    expect(code(() => lends.require("camera"))).toBe(expected);
    expect(lends.isReady("camera")).toBe(expected === "ready");
  });

  test.each<[LendName, string]>([
    ["microphone", "RECORD_AUDIO_PERMISSION_REQUIRED"],
    ["screen", "SCREEN_PERMISSION_REQUIRED"],
    ["location", "LOCATION_PERMISSION_REQUIRED"],
    ["notify", "NOTIFICATION_PERMISSION_REQUIRED"],
    ["canvas", "ready"],
  ])("%s without a permission: %s", async (name, expected) => {
    const { lends } = await rig();
    expect(code(() => lends.require(name))).toBe(expected);
  });

  test("what is missing is shown to the person until it is there, and asking is left to their click", async () => {
    const { lends, of, permits } = await rig();
    code(() => lends.require("location"));
    expect(of("location")?.isWanted).toBe(true);
    expect(permits.asked).toEqual([]);
    await lends.refresh();
    expect(of("location")?.isWanted).toBe(true);
    await lends.ask("location");
    expect(of("location")).toMatchObject({ isWanted: false, permission: "granted" });
  });

  test("a person who says no is not shown the wish again, and it stays forbidden", async () => {
    const { lends, of, permits } = await rig();
    permits.answer = "denied";
    code(() => lends.require("camera"));
    await lends.ask("camera");
    expect(of("camera")).toMatchObject({ isWanted: false, permission: "denied" });
  });

  test("a permission that turned out to be gone is asked for again", async () => {
    const { lends, of, permits } = await rig((given) => {
      given.permissions.camera = "granted";
    });
    lends.miss("camera");
    expect(of("camera")).toMatchObject({ permission: "prompt", isWanted: true });
    expect(permits.forgotten).toEqual(["camera"]);
    expect(lends.isReady("camera")).toBe(false);
  });

  test("the choices are there at the next visit", async () => {
    const { lends, shelf, permits } = await rig();
    lends.turn("camera", false);
    lends.turn("location", false);
    lends.turn("camera", true);
    const again = new Lends({ permits, shelf, onChange: () => undefined });
    await again.refresh();
    expect(again.list.filter(({ isOn }) => !isOn).map(({ name }) => name)).toEqual(["location"]);
  });
});
