/** Finding programs. */
import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findOnPath, resolveProgram } from "../../src/node-host/which.ts";
import { createPlace } from "./harness.ts";

test("the first file of that name that may be run is it; folders and other files are not", () => {
  using place = createPlace();
  const one = join(place.dir, "one");
  const two = join(place.dir, "two");
  mkdirSync(join(one, "tool"), { recursive: true });
  mkdirSync(two);
  writeFileSync(join(one, "data"), "");
  const tool = place.stub("tool", two);
  expect(findOnPath("tool", `${one}:${two}`)).toBe(tool);
  expect(findOnPath("data", `${one}:${two}`)).toBeUndefined();
  chmodSync(join(one, "data"), 0o755);
  expect(findOnPath("data", `${one}:${two}`)).toBe(join(one, "data"));
});

test.each([[""], ["a/b"], ["/bin/ls"], ["..\\x"], ["a\0b"], ["nosuch"]])("%p is not found by name", (name) => {
  expect(findOnPath(name, "/usr/bin:/bin")).toBeUndefined();
});

test("threat(T13): folders of the path that are not absolute are passed over", () => {
  using place = createPlace();
  place.stub("tool", place.dir);
  const before = process.cwd();
  process.chdir(place.dir);
  try {
    for (const path of ["", ".", ":", "./", "bin/..", ":/nosuch:"]) expect(findOnPath("tool", path)).toBeUndefined();
  } finally {
    process.chdir(before);
  }
});

test("threat(T09): a program is the file behind every link", () => {
  using place = createPlace();
  const real = place.stub("real");
  symlinkSync(real, join(place.bin, "link"));
  symlinkSync(join(place.bin, "link"), join(place.bin, "link2"));
  symlinkSync(join(place.bin, "gone"), join(place.bin, "dangling"));
  const from = { path: place.bin, cwd: place.dir };
  expect(resolveProgram("link2", from)).toBe(real);
  expect(resolveProgram("bin/link2", from)).toBe(real);
  expect(resolveProgram("./bin/../bin/link", from)).toBe(real);
  expect(resolveProgram(join(place.bin, "link"), from)).toBe(real);
  expect(resolveProgram("dangling", from)).toBeUndefined();
  expect(resolveProgram("./nosuch", from)).toBeUndefined();
});
