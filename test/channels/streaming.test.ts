/** Answers that are shown while they are made, through the executable: what is seen on the way, and what is left. */
import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { lastWholeBlock } from "../../src/channels/streaming.ts";
import { startModelStandin } from "../standins/model.ts";
import { startChild } from "../support/child.ts";
import { createStateFor, eventually } from "./networks.ts";
import { openTelegram } from "./telegram/harness.ts";

/** What `slow-reply` of the model says in all. */
const WHOLE = Array.from({ length: 40 }, (_, index) => `part${index}`).join(" ");

test("an answer that grows: one message, changed on the way, whole at the end, and gone from no count", async () => {
  await using model = await startModelStandin();
  await using net = await openTelegram({ isRealTime: true });
  const stateDir = createStateFor(model.url, [{ ...net, settings: { ...net.settings, streaming: "partial" } }]);
  await using _gateway = await startChild({ stateDir });
  await net.untilConnected();
  await net.person.says(net.direct, "slow-reply");
  const of = (kind: string) => net.received().filter((one) => one.kind === kind);
  await eventually(() => model.requests.length === 1, "the model is asked");
  model.gate.release(15);
  await eventually(() => of("text").length === 1, "the beginning is shown");
  expect(WHOLE.startsWith(String(of("text")[0]?.text))).toBe(true);
  model.gate.release(10);
  await eventually(() => of("edit").length > 0, "it grows");
  expect(WHOLE.startsWith(String(of("edit").at(-1)?.text))).toBe(true);
  model.gate.open();
  await eventually(() => of("edit").at(-1)?.text === WHOLE, "it is whole");
  expect(of("text")).toHaveLength(1);
  rmSync(stateDir, { recursive: true, force: true });
}, 30_000);

const long = "a".repeat(250);
test.each<[title: string, text: string, from: number, expected: number | undefined]>([
  ["nothing is whole yet", `${long} goes on`, 0, undefined],
  ["a paragraph is", `${long}\n\nnext`, 0, 252],
  ["a short one waits for the next", "short\n\nnext", 0, undefined],
  ["what is sent is not looked at", `${long}\n\nshort\n\nnext`, 252, undefined],
  ["the last of several", `${long}\n\n${long}\n\nnext`, 0, 504],
  ["never inside a fence", `${long}\n\n\`\`\`\n${long}\n\ncode`, 0, 252],
  ["after the fence again", `\`\`\`\n${long}\n\ncode\n\`\`\`\n\nnext`, 0, 266],
])("paragraphs: %s", (_title, text, from, expected) => {
  expect(lastWholeBlock(text, from)).toBe(expected as never);
});
