/** Output that fits an answer. */
import { expect, test } from "bun:test";
import { Output } from "../../src/node-host/output.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("both streams, as they came", () => {
  const output = new Output();
  output.write("stdout", bytes("one\n"));
  output.write("stderr", bytes("two\n"));
  output.write("stdout", bytes("three\n"));
  expect(output.texts()).toEqual({ stdout: "one\nthree\n", stderr: "two\n" });
  expect(output.tail("gone")).toBe("one\nthree\n\ntwo\n\ngone");
});

test("200,000 bytes of both together, and a mark where something is missing", () => {
  const output = new Output();
  output.write("stderr", bytes("e".repeat(100_000)));
  output.write("stdout", bytes("o".repeat(99_999)));
  output.write("stdout", bytes("xy"));
  output.write("stdout", bytes("more"));
  const { stdout, stderr } = output.texts();
  expect(stdout).toBe(`${"o".repeat(99_999)}x`);
  expect(stderr).toBe(`${"e".repeat(100_000)}\n... (truncated)`);
});

test("the mark is on stdout when stderr says nothing; exactly as much as fits is whole", () => {
  const whole = new Output();
  whole.write("stdout", bytes("o".repeat(200_000)));
  expect(whole.texts().stdout).toHaveLength(200_000);
  const cut = new Output();
  cut.write("stdout", bytes("o".repeat(200_001)));
  expect(cut.texts()).toEqual({ stdout: `${"o".repeat(200_000)}\n... (truncated)`, stderr: "" });
});

test("a character in two pieces stays whole; one that is cut at the end is dropped; what is no text is marked", () => {
  const output = new Output();
  const smile = bytes("😀");
  output.write("stdout", smile.subarray(0, 2));
  output.write("stderr", bytes("-"));
  output.write("stdout", smile.subarray(2));
  expect(output.texts().stdout).toBe("😀");
  const cut = new Output();
  cut.write("stdout", bytes("o".repeat(199_998)));
  cut.write("stdout", smile);
  expect(cut.texts().stdout).toBe(`${"o".repeat(199_998)}\n... (truncated)`);
  const junk = new Output();
  junk.write("stdout", new Uint8Array([0xff, 0x41]));
  expect(junk.texts().stdout).toBe("\ufffdA");
});

test("the report has the end of it", () => {
  const output = new Output();
  output.write("stdout", bytes(`${"o".repeat(30_000)}end`));
  const tail = output.tail(undefined);
  expect(tail.length).toBeLessThanOrEqual(20_000);
  expect(tail).toStartWith("... (truncated) oo");
  expect(tail).toEndWith("ooend");
});
