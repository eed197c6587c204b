/** Notes on a desktop. */
import { describe, expect, test } from "bun:test";
import { createLog } from "../../src/lib/log.ts";
import { ProcessGroups } from "../../src/node-host/groups.ts";
import { findNotifier, notify } from "../../src/node-host/notify.ts";
import { FakeClock } from "../support/clock.ts";
import { createPlace } from "./harness.ts";

const bus = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/run/bus" };

test("offered only where it can work: a program for it, and a desktop to show it on", () => {
  using place = createPlace();
  place.stub("notify-send");
  const env = { PATH: place.bin, ...bus };
  expect(findNotifier("linux", env)?.path).toBe(`${place.bin}/notify-send`);
  expect(findNotifier("linux", { PATH: place.bin })).toBeUndefined();
  expect(findNotifier("linux", { PATH: place.bin, XDG_RUNTIME_DIR: place.home })).toBeUndefined();
  expect(findNotifier("linux", { PATH: "/nosuch", ...bus })).toBeUndefined();
  expect(findNotifier("win32", env)).toBeUndefined();
});

describe("a note", () => {
  function setUp() {
    const place = createPlace();
    place.stub("notify-send");
    const clock = new FakeClock();
    const groups = new ProcessGroups({ log: createLog({ clock, level: "error", sinks: [] }) });
    const env = { PATH: `${place.bin}:/usr/bin:/bin`, ...bus };
    const given = { env, clock, groups, signal: new AbortController().signal };
    const notifier = findNotifier("linux", env) ?? expect.unreachable();
    return {
      place,
      show: (params: unknown) => notify(params, notifier, given),
      [Symbol.dispose]: place[Symbol.dispose],
    };
  }

  test("texts are arguments, never options and never markup", async () => {
    using scene = setUp();
    await scene.show({ title: "--expire-time=1", body: "<b>1 & 2</b> $(id) `id`", priority: "timeSensitive" });
    expect(scene.place.started()[0]?.args).toEqual([
      "--app-name=moltbot",
      "--urgency=critical",
      "--",
      "--expire-time=1",
      "&lt;b&gt;1 &amp; 2&lt;/b&gt; $(id) `id`",
    ]);
  });

  test("an empty one, and what is no note, are refused; a long one is cut", async () => {
    using scene = setUp();
    expect(scene.show({})).rejects.toThrow("empty notification");
    expect(scene.show({ title: " ", body: "" })).rejects.toThrow("empty notification");
    expect(scene.show({ title: 1 })).rejects.toThrow("at /title");
    expect(scene.show({ title: "a", priority: "loud" })).rejects.toThrow("at /priority");
    expect(scene.place.started()).toEqual([]);
    await scene.show({ title: "t".repeat(10_000), body: "b".repeat(10_000) });
    expect(
      scene.place
        .started()[0]
        ?.args.slice(3)
        .map(({ length }) => length),
    ).toEqual([256, 4_096]);
  });

  test("a desktop that does not take it is told about", async () => {
    using scene = setUp();
    scene.place.script("notify-send", "echo no bus >&2; exit 1");
    expect(scene.show({ title: "a" })).rejects.toThrow("the desktop did not take the note: no bus");
  });
});
