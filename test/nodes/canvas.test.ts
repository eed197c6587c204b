/** What operators push to a node's canvas, and the taps that come back as lines of apps. */
import { expect, test } from "bun:test";
import { answer, approve, asked, connectNode, invoke, startWithAdmin, told } from "./harness.ts";

const commands = ["canvas.a2ui.push", "canvas.a2ui.pushJSONL", "canvas.a2ui.reset"];
const config = { gateway: { nodes: { commands: { allow: commands } } } };
const legacy = [
  {
    surfaceUpdate: {
      surfaceId: "s",
      components: [
        { id: "root", component: { Button: { child: "label", action: { name: "order" } } } },
        { id: "label", component: { Text: { text: { literalString: "Order" } } } },
      ],
    },
  },
  { beginRendering: { surfaceId: "s", root: "root" } },
];

test("a push is read by the gateway first: what is shown is sent, what is wrong is told", async () => {
  await using all = await startWithAdmin({ config });
  using node = await connectNode(all.url, { commands });
  await approve(all.admin);
  const pushing = invoke(all.admin, "canvas.a2ui.pushJSONL", {
    params: { jsonl: legacy.map((message) => JSON.stringify(message)).join("\n") },
  });
  const { id, command, params } = await asked(node);
  expect(command).toBe("canvas.a2ui.push");
  expect(JSON.stringify(params)).toContain("Order");
  await answer(node, id, { ok: true, payload: { ok: true } });
  expect((await pushing).payload).toMatchObject({
    command: "canvas.a2ui.pushJSONL",
    payload: { ok: true, surfaces: ["s"] },
  });

  const refused = await invoke(all.admin, "canvas.a2ui.push", { params: { messages: [{ nonsense: 1 }] } });
  expect(told(refused).code).toBe("INVALID_REQUEST");
  expect(JSON.stringify(refused.error?.details)).toContain("errors");
});

test("threat(T19): a line about a tap counts for a surface this node shows, and no other", async () => {
  await using all = await startWithAdmin({ config });
  using node = await connectNode(all.url, { commands });
  await approve(all.admin);
  const pushing = invoke(all.admin, "canvas.a2ui.push", { params: { messages: legacy } });
  await answer(node, (await asked(node)).id, { ok: true, payload: { ok: true } });
  await pushing;
  const tap = (surface: string, action = "order") =>
    node.call("node.event", {
      event: "agent.request",
      payload: {
        message: `CANVAS_A2UI action=${action} session=main surface=${surface} component=root host=h instance=i default=update_canvas`,
        sessionKey: "main",
      },
    });
  expect((await tap("s")).payload).toMatchObject({ handled: true });
  expect((await tap("another")).payload).toMatchObject({ handled: false });
  expect((await tap("s", "delete_everything")).payload).toMatchObject({ handled: false });
});
