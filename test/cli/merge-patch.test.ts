import { expect, test } from "bun:test";
import { mergePatchOf } from "../../src/cli/merge-patch.ts";
import { mergePatch } from "../../src/config/merge.ts";

test.each<[title: string, before: unknown, after: unknown, patch: unknown]>([
  ["nothing", { a: 1 }, { a: 1 }, {}],
  ["a value", { a: 1, b: { c: 2, d: 3 } }, { a: 1, b: { c: 9, d: 3 } }, { b: { c: 9 } }],
  ["a removal", { a: 1, b: { c: 2, d: 3 } }, { b: { d: 3 } }, { a: null, b: { c: null } }],
  ["a list, whole", { a: [1, 2] }, { a: [1] }, { a: [1] }],
  ["an object for a value", { a: 1 }, { a: { b: 2 } }, { a: { b: 2 } }],
])("the patch of %s is least and leads there", (_title, before, after, patch) => {
  expect(mergePatchOf(before, after)).toEqual(patch);
  expect(mergePatch(before, patch)).toEqual(after);
});
