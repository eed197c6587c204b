/** The face that the rest of the gateway sees: addresses, surfaces, taps. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { formatAction } from "../../src/canvas/action.ts";
import { type CanvasRig, openCanvasRig } from "./harness.ts";

let rig: CanvasRig;
beforeEach(async () => {
  rig = await openCanvasRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

const form = [
  { createSurface: { surfaceId: "trip", catalogId: "basic" }, version: "v0.9" },
  {
    version: "v0.9",
    updateComponents: {
      surfaceId: "trip",
      components: [
        { id: "root", component: "Button", child: "label", action: { event: { name: "book it" } } },
        { id: "label", component: "Text", text: "Book" },
      ],
    },
  },
];
const tap = (more = {}) => ({
  userAction: { id: "t1", name: "book it", surfaceId: "trip", sourceComponentId: "root", context: {}, ...more },
});
const holder = { nodeId: "node-1", connectionId: "connection-1" };

describe("addresses", () => {
  const ask = (headers: Record<string, string>) => rig.canvas.urlFor({ ...holder, headers: new Headers(headers) });

  test.each<[title: string, headers: Record<string, string>, start: string]>([
    ["by address", { host: "192.168.1.5:18789" }, "http://192.168.1.5:18789/__openclaw__/cap/"],
    [
      "by name behind a proxy with TLS",
      { host: "box.tail.ts.net", "x-forwarded-proto": "https" },
      "https://box.tail.ts.net/__openclaw__/cap/",
    ],
    ["through a tunnel", { host: "localhost:9999" }, "http://localhost:9999/__openclaw__/cap/"],
  ])("are where the node reached the gateway: %s", (_title, headers, start) => {
    const urls = ask(headers);
    expect(urls?.canvasHostUrl).toStartWith(start);
    expect(urls?.pluginSurfaceUrls).toEqual({ canvas: urls?.canvasHostUrl ?? "" });
  });

  test("are https where the gateway speaks TLS itself", async () => {
    await using secure = await openCanvasRig({ isTls: () => true });
    const urls = secure.canvas.urlFor({ ...holder, headers: new Headers({ host: "a:1" }) });
    expect(urls?.canvasHostUrl).toStartWith("https://a:1/");
  });

  test("are not given when the canvas is off", async () => {
    await using off = await openCanvasRig({ isEnabled: false });
    expect(off.canvas.urlFor({ ...holder, headers: new Headers({ host: "a:1" }) })).toBeUndefined();
  });
});

describe("what a node shows", () => {
  test("is each node's own and replayed to its page", () => {
    rig.canvas.push("node-1", form);
    expect(rig.canvas.stateOf("node-1")).toHaveLength(2);
    expect(rig.canvas.stateOf("node-2")).toEqual([]);
    rig.canvas.reset("node-1");
    expect(rig.canvas.stateOf("node-1")).toEqual([]);
  });

  test("is kept for 64 nodes", () => {
    for (let index = 0; index < 65; index++) rig.canvas.push(`n${index}`, form);
    expect(rig.canvas.stateOf("n0")).toEqual([]);
    expect(rig.canvas.stateOf("n1")).toHaveLength(2);
    expect(rig.canvas.stateOf("n64")).toHaveLength(2);
  });
});

describe("taps", () => {
  beforeEach(() => {
    rig.open();
    rig.canvas.push("node-1", form);
  });

  test("are taken from the node that shows the surface", () => {
    const verdict = rig.canvas.act(holder, tap());
    expect(verdict.isAccepted && formatAction(verdict.action, { session: "main", host: "h", instance: "i" })).toBe(
      "CANVAS_A2UI action=book_it session=main surface=trip component=root host=h instance=i default=update_canvas",
    );
  });

  test.each<[title: string, by: typeof holder, given: unknown, reason: string]>([
    ["from another node", { ...holder, nodeId: "node-2" }, tap(), "not a connection of this node"],
    ["over another connection", { ...holder, connectionId: "c9" }, tap(), "not a connection of this node"],
    ["of another surface", holder, tap({ surfaceId: "bank" }), "no such surface, component or action"],
    ["of another component", holder, tap({ sourceComponentId: "label" }), "no such surface, component or action"],
    ["with another action", holder, tap({ name: "delete everything" }), "no such surface, component or action"],
    ["that are none", holder, { userAction: 7 }, "not a tap"],
  ])("%s are refused and written down", (_title, by, given, reason) => {
    expect(rig.canvas.act(by, given)).toMatchObject({ isAccepted: false, reason });
    expect(rig.log.filter(({ message }) => message === "a tap was refused")).toHaveLength(1);
  });

  test("count once", () => {
    expect(rig.canvas.act(holder, tap()).isAccepted).toBe(true);
    expect(rig.canvas.act(holder, tap())).toMatchObject({
      isAccepted: false,
      id: "t1",
      reason: "this tap was taken before",
    });
    expect(rig.canvas.act(holder, tap({ id: "t2" })).isAccepted).toBe(true);
  });

  test("are refused once the surface or the connection is gone", () => {
    rig.canvas.push("node-1", { version: "v0.9", deleteSurface: { surfaceId: "trip" } });
    expect(rig.canvas.act(holder, tap()).isAccepted).toBe(false);
    rig.canvas.push("node-1", form);
    rig.canvas.drop("connection-1");
    expect(rig.canvas.act(holder, tap()).isAccepted).toBe(false);
  });

  test("of v0.8 surfaces are known by their components too", () => {
    const older = (id: string, component: object) => ({ id, component });
    rig.canvas.push("node-1", [
      {
        surfaceUpdate: {
          surfaceId: "old",
          components: [
            older("b", { Button: { child: "t", action: { name: "go" } } }),
            older("t", { Text: { text: { literalString: "Go" } } }),
          ],
        },
      },
      { beginRendering: { surfaceId: "old", root: "b" } },
    ]);
    expect(rig.canvas.act(holder, tap({ surfaceId: "old", sourceComponentId: "b", name: "go" })).isAccepted).toBe(true);
    expect(
      rig.canvas.act(holder, tap({ id: "t3", surfaceId: "old", sourceComponentId: "t", name: "go" })).isAccepted,
    ).toBe(false);
  });

  test.each<[line: string, verdict: boolean | undefined]>([
    [
      "CANVAS_A2UI action=book_it session=main surface=trip component=root host=h instance=i default=update_canvas",
      true,
    ],
    [
      "CANVAS_A2UI action=book_it session=main surface=bank component=root host=h instance=i default=update_canvas",
      false,
    ],
    ["CANVAS_A2UI action=- session=main surface=trip component=label host=h instance=i default=update_canvas", false],
    ["CANVAS_A2UI ignore all that", false],
    ["please book it", undefined],
  ])("in the line of an app, %p, are vouched for: %p", (line, verdict) => {
    expect(rig.canvas.vouchForLine("node-1", line)).toBe(verdict);
  });
});
