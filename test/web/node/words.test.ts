import { describe, expect, test } from "bun:test";
import { Activity } from "../../../src/web/node/activity.ts";
import { browserName, fingerprintOf } from "../../../src/web/node/browser-name.ts";
import { planRecording } from "../../../src/web/node/capture/recorder.ts";
import { CommandFailure } from "../../../src/web/node/failure.ts";
import { choiceIn, numberIn, textIn, wordIn } from "../../../src/web/node/params.ts";
import { Talk } from "../../../src/web/node/talk.ts";
import type { Fields } from "../../../src/web/shared/wire.ts";

describe("activity", () => {
  const rig = () => {
    let changes = 0;
    const activity = new Activity({ now: () => 7, onChange: () => changes++ });
    return { activity, changes: () => changes };
  };

  test("a photo is told while it is taken and when it was taken", () => {
    const { activity } = rig();
    activity.began("1", "camera.snap", {});
    expect(activity.deeds).toEqual([
      { id: "1", atMs: 7, command: "camera.snap", text: "Taking a photo", state: "running" },
    ]);
    activity.ended("1", undefined);
    expect(activity.deeds[0]).toMatchObject({ text: "Took a photo", state: "done" });
  });

  test.each([
    ["CAMERA_PERMISSION_REQUIRED", "Not allowed yet"],
    ["CAMERA_DISABLED", "Turned off here"],
    ["NODE_BACKGROUND_UNAVAILABLE", "This page was not in front"],
    ["UNAVAILABLE", "The camera is used by another program"],
  ])("what did not happen is told as a wish, with the reason of %s", (code, problem) => {
    const { activity } = rig();
    activity.began("1", "camera.snap", {});
    activity.ended("1", new CommandFailure(code, "the camera is used by another program"));
    expect(activity.deeds[0]).toMatchObject({ text: "Take a photo", state: "failed", problem });
  });

  test("says what it was about, shortened, and keeps the newest", () => {
    const { activity } = rig();
    activity.began("0", "canvas.navigate", { url: `a\n${"x".repeat(200)}` });
    expect(activity.deeds[0]?.text).toBe(`Opening a page: a ${"x".repeat(77)}…`);
    for (let index = 1; index <= 120; index++) activity.began(`${index}`, "camera.list", {});
    expect(activity.deeds).toHaveLength(100);
    expect(activity.deeds[0]?.id).toBe("120");
  });
});

describe("the name of a browser", () => {
  test.each([
    [
      "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
      "Chrome on Android",
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605 Version/18.1 Mobile Safari/604",
      "Safari on iPhone",
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605 CriOS/140 Mobile Safari/604",
      "Chrome on iPhone",
    ],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0", "Firefox on Linux"],
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18.0 Safari/605", "Safari on Mac"],
    ["curl/8", "Browser"],
  ])("%p", (agent, name) => {
    expect(browserName(agent)).toBe(name);
  });

  test("a device is compared by the beginning of its id", () => {
    expect(fingerprintOf("f72ea7cb86459f21695e3b2ee58b9a45")).toBe("f72e a7cb 8645 9f21");
  });
});

describe("parameters", () => {
  test("are brought into their range, and refused when they have the wrong type", () => {
    const range = { min: 1, max: 10, otherwise: 5 };
    expect([{}, { n: null }, { n: 3 }, { n: -4 }, { n: 400 }].map((params) => numberIn(params, "n", range))).toEqual([
      5, 5, 3, 1, 10,
    ]);
    for (const n of ["3", Number.NaN, {}, true]) expect(() => numberIn({ n }, "n", range)).toThrow("INVALID_REQUEST");
    expect([textIn({}, "t"), textIn({ t: "x" }, "t"), choiceIn({}, "c"), choiceIn({ c: false }, "c")]).toEqual([
      undefined,
      "x",
      undefined,
      false,
    ]);
    expect(() => textIn({ t: 1 }, "t")).toThrow("INVALID_REQUEST");
    expect(() => choiceIn({ c: "true" }, "c")).toThrow("INVALID_REQUEST");
    expect(wordIn({}, "w", ["a", "b"])).toBe("a");
    expect(() => wordIn({ w: "c" }, "w", ["a", "b"])).toThrow("w must be one of a, b");
  });
});

describe("talking to the agent", () => {
  const rig = (answer: (event: string) => string | undefined = () => undefined) => {
    const told: { event: string; payload: Fields }[] = [];
    const talk = new Talk({
      nodeId: "n1",
      onChange: () => undefined,
      tell: async (event, payload) => {
        told.push({ event, payload });
        return answer(event);
      },
    });
    return { told, talk };
  };
  const message = (text: string) => ({ role: "assistant", content: [{ type: "text", text }] });

  test("follows the device's own session once, asks there, and shows the answer", async () => {
    const { told, talk } = rig();
    await talk.say("hello");
    expect(told).toEqual([
      { event: "chat.subscribe", payload: { sessionKey: "node-n1" } },
      { event: "agent.request", payload: { message: "hello", sessionKey: "node-n1" } },
    ]);
    talk.hear({ state: "delta", message: message("You") });
    expect(talk.state).toMatchObject({ state: "answering", answer: "You" });
    talk.hear({ state: "final", message: message("You said hello") });
    expect(talk.state).toMatchObject({ state: "done", answer: "You said hello" });
    talk.hear({ state: "delta", message: message("something else") });
    expect(talk.state.answer).toBe("You said hello");
    await talk.say("again");
    expect(told.filter(({ event }) => event === "chat.subscribe")).toHaveLength(1);
  });

  test.each<[title: string, act: (talk: Talk) => void, problem: string]>([
    ["an answer that fails", (talk) => talk.hear({ state: "error", errorMessage: "no model" }), "no model"],
    ["an answer that is stopped", (talk) => talk.hear({ state: "aborted" }), "The answer was stopped."],
    ["a connection that is lost", (talk) => talk.connected(), "The connection was lost."],
  ])("says so: %s", async (_title, act, problem) => {
    const { talk } = rig();
    await talk.say("hello");
    act(talk);
    expect(talk.state).toMatchObject({ state: "failed", problem });
  });

  test("says so when the gateway does not take it", async () => {
    const { talk } = rig((event) => (event === "agent.request" ? "invalid_payload" : undefined));
    await talk.say("hello");
    expect(talk.state).toMatchObject({ state: "failed", problem: "invalid_payload" });
  });
});

describe("the plan of a recording", () => {
  const MEGABYTE = 1_400_000;
  test.each([
    [25 * MEGABYTE, 3_000, { width: 1_280, videoBitsPerSecond: 2_500_000, audioBitsPerSecond: 64_000 }],
    [25 * MEGABYTE, 60_000, { width: 1_280 }],
    [0.5 * MEGABYTE, 3_000, { width: 640 }],
    [0.5 * MEGABYTE, 60_000, { width: 320, audioBitsPerSecond: 12_250 }],
  ])("in %d characters, %d ms: %j", (maxChars, durationMs, plan) => {
    expect(planRecording(maxChars, durationMs)).toMatchObject(plan);
  });

  test.each([60_000, 524_288, 26_214_400])("stays below what %d characters hold", (maxChars) => {
    for (const durationMs of [500, 3_000, 10_000, 60_000]) {
      const { audioBitsPerSecond, videoBitsPerSecond } = planRecording(maxChars, durationMs);
      const bytes = ((audioBitsPerSecond + videoBitsPerSecond) / 8) * (durationMs / 1000);
      // Even silence and a still picture have a least size.
      const least = (12_001 / 8) * (durationMs / 1000);
      expect(bytes).toBeLessThanOrEqual(Math.max(least, maxChars * 0.75 * 0.7 + 1));
    }
  });
});
