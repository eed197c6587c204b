/** What a list of allowed programs cannot be talked into. */
import { describe, expect, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { approvalOf, createPlace, createRunner, listed, REQUIRED } from "./harness.ts";

describe("threat(T09): what a list of allowed programs cannot be talked into", () => {
  const wrapped = (stub: string): string[][] => [
    ["env", stub],
    ["env", "FOO=1", "sh", "-c", stub],
    ["/usr/bin/env", "-S", stub],
    ["sudo", stub],
    ["xargs", stub],
    ["nohup", stub],
    ["nice", "-n", "1", stub],
    ["timeout", "9", stub],
    ["find", "/", "-exec", stub, ";"],
    ["busybox", "sh", "-c", stub],
    ["sh", stub],
    ["sh", "-x", "-c", stub],
    ["bash", "--norc", "-c", stub],
    ["python3", "-c", `import os; os.system("${stub}")`],
    ["perl", "-e", `exec "${stub}"`],
    ["node", "-e", `require("child_process").execFileSync("${stub}")`],
    ["awk", `BEGIN { system("${stub}") }`],
    ["sed", "1e", stub],
    ["ssh", "localhost", stub],
    ["make", "-f", "/dev/null", stub],
  ];

  test("wrappers and interpreters never count as listed, by whatever pattern", async () => {
    using place = createPlace();
    const stub = place.stub();
    using runner = createRunner(place, { rules: listed("/**", "/*/*/*") });
    for (const command of wrapped(stub)) {
      expect([command, await runner.refused({ command })]).toEqual([command, REQUIRED]);
      expect(await runner.prepare({ command })).toMatchObject({ verdict: "ask" });
    }
    expect(place.started()).toEqual([]);
  });

  test("a link to an interpreter under another name is one", async () => {
    using place = createPlace();
    symlinkSync("/bin/sh", join(place.bin, "innocent"));
    using runner = createRunner(place, { rules: listed("/**") });
    expect(await runner.refused({ command: ["innocent", "-c", "true"] })).toBe(REQUIRED);
  });

  test("allow-always on one of them adds nothing", async () => {
    using place = createPlace();
    const stub = place.stub();
    using runner = createRunner(place, { rules: listed() });
    const command = ["env", stub];
    const approval = approvalOf({ argv: command, resolvedPath: "/usr/bin/env" }, runner.clock.now());
    const answer = await runner.run({ command, ...approval, approvalDecision: "allow-always" });
    expect(answer).toMatchObject({ success: true });
    expect(runner.rules.rules().agents?.["main"]?.allowlist).toEqual([]);
    expect(await runner.refused({ command })).toBe(REQUIRED);
    expect(place.started()).toHaveLength(1);
  });

  test("inside a shell every program must be listed, and what a shell would work on is not analysable", async () => {
    using place = createPlace();
    const stub = place.stub();
    using runner = createRunner(place, { rules: listed(stub) });
    const sh = (text: string) => ({ command: ["/bin/sh", "-c", text], cwd: place.dir });
    expect(await runner.run(sh(`${stub} a && ${stub} b | wc -l`))).toMatchObject({ success: true });
    expect(place.started()).toHaveLength(2);
    place.forget();
    for (const text of [
      `${stub}; id`,
      `${stub} && touch /tmp/x`,
      `${stub} & ${stub}`,
      `${stub} $(id)`,
      `${stub} \`id\``,
      `${stub} > /tmp/x`,
      `${stub} < /etc/passwd`,
      `(${stub})`,
      `X=1 ${stub}`,
      `${stub}\nid`,
      `$HOME/${stub}`,
      `${stub.slice(0, -1)}?`,
      `eval ${stub}`,
      `exec ${stub}`,
      `. ${stub}`,
      `cd / && ./stub`,
      `bin/stub`,
      `'${stub}`,
    ])
      expect([text, await runner.refused(sh(text))]).toEqual([text, REQUIRED]);
    expect(place.started()).toEqual([]);
  });

  test("a program that calls itself a shell is none", async () => {
    using place = createPlace();
    const stub = place.stub();
    place.stub("sh");
    using runner = createRunner(place, { rules: listed(stub) });
    for (const shell of ["sh", join(place.bin, "sh")])
      expect(await runner.refused({ command: [shell, "-c", stub] })).toBe(REQUIRED);
    expect(place.started()).toEqual([]);
  });

  test("variables that may change what a program does take it off the list", async () => {
    using place = createPlace();
    const stub = place.stub();
    using runner = createRunner(place, { rules: listed(stub) });
    expect(await runner.run({ command: ["stub"], env: { LANG: "C" } })).toMatchObject({ success: true });
    for (const env of [{ HOME: "/x" }, { GIT_DIR: "/x" }, { PATH: `/x:${place.bin}:/usr/bin:/bin` }])
      expect(await runner.refused({ command: ["stub"], env })).toBe(REQUIRED);
    expect(place.started()).toHaveLength(1);
  });

  test("a program in front of the path is judged by where it is", async () => {
    using place = createPlace();
    const stub = place.stub();
    const evil = join(place.dir, "evil");
    place.stub("stub", evil);
    using runner = createRunner(place, { rules: listed(stub) });
    const env = { PATH: `${evil}:${place.bin}:/usr/bin:/bin` };
    expect(await runner.prepare({ command: ["stub"], env })).toMatchObject({ resolvedPath: join(evil, "stub") });
    expect(await runner.refused({ command: ["stub"], env })).toBe(REQUIRED);
    expect(place.started()).toEqual([]);
  });
});
