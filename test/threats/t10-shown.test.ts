/** What the owner sees is what runs: nothing hidden, nothing turned round, nothing cut off. */
import { describe, expect, test } from "bun:test";
import { MAX_SHOWN_CHARS, readShown, showArgv, showText } from "../../src/lib/exec/show.ts";
import { connectClient, type Json } from "../gateway/client.ts";
import { sequence } from "../lib/sequence.ts";
import { startWithAdmin } from "../nodes/harness.ts";

/** Printable ASCII, some letters, and the brackets of the marks. */
const VISIBLE = /^[ -~À-ž⟨⟩]*$/;

const hostile: [title: string, text: string][] = [
  ["carriage return", "rm -rf /\rls                "],
  ["escape sequences", "rm -rf /\x1b[2K\x1b[1Gls"],
  ["bell and backspace", "rm -rf /\x07\b\b\b\b\b\b\b\bls"],
  ["right-to-left override", "ls \u202e/ fr- mr"],
  ["isolates", "ls \u2066# \u2069; rm x"],
  ["zero width", "l\u200bs\u200d\ufeff"],
  ["Cyrillic letters", "\u0441url evil.example"],
  ["Greek letters", "\u03bfpen x"],
  ["fullwidth", "ｒｍ x"],
  ["no-break spaces", "ls\u00a0x\u3000y"],
  ["line separators", "ls\u2028rm x\u2029"],
  ["soft hyphen", "r\u00adm x"],
  ["combining marks", "ls x\u0338"],
  ["dotless i and long s", "ınstall ſh"],
  ["ligature", "ŀs ĳ"],
  ["tags beyond the first plane", "ls \u{e0072}\u{e006d}"],
  ["half a character", "ls \ud800"],
  ["what looks like our marks", "ls ⟨U+0041⟩"],
  ["tabs and line feeds", "ls\t\n\nrm x"],
  ["spaces that push it out of view", `ls${" ".repeat(100)}rm x`],
  ["nothing special", "grep -r 'Müller' ./src | sort -u > out.txt"],
];

describe("threat(T10): what is shown", () => {
  test.each(hostile)("%s is visible, and reads back as it was", (_title, text) => {
    const shown = showText(text);
    expect(shown).toMatch(VISIBLE);
    expect(shown).not.toMatch(/ {2}/);
    expect(readShown(shown)).toBe(text);
  });

  test("random texts are visible, and read back as they were", () => {
    const random = sequence(10);
    for (let round = 0; round < 2_000; round++) {
      const points = Array.from({ length: Math.floor(random() * 20) }, () => Math.floor(random() * 0x3000));
      const text = String.fromCodePoint(...points);
      expect(showText(text)).toMatch(VISIBLE);
      expect(readShown(showText(text))).toBe(text);
    }
  });

  test("arguments are shown as a shell would read them back", () => {
    const lists = [
      ["ls", "-la"],
      ["echo", "a b", "", "it's", '"', "$HOME", "`id`", "*", "a\\b"],
      ["printf", "x\ny", "\u202e", "a;b|c&d"],
    ];
    for (const argv of lists) {
      const text = readShown(showArgv(argv));
      const { stdout } = Bun.spawnSync(["/bin/sh", "-c", `printf '%s\\0' ${text}`]);
      expect(stdout.toString().split("\0").slice(0, -1)).toEqual(argv);
    }
  });

  const request = async (params: Json) => {
    await using scene = await startWithAdmin();
    using owner = await connectClient(scene.url, { scopes: ["operator.approvals"] });
    scene.admin.send({ type: "req", id: "q", method: "exec.approval.request", params });
    const refused = scene.admin.answer("q").then(({ error }) => ({ error }));
    const asked = owner.event(({ event }) => event === "exec.approval.requested").then(({ payload }) => ({ payload }));
    const first = await Promise.race([refused, asked]);
    void Promise.allSettled([refused, asked]);
    return "payload" in first ? first.payload.request : first.error;
  };

  test.each(hostile.filter(([, text]) => text.isWellFormed()))("over the socket: %s", async (_title, text) => {
    const byText = await request({ command: text, cwd: text, env: { A: text } });
    expect(JSON.stringify(byText)).toMatch(VISIBLE);
    expect([byText.command, byText.cwd, byText.env.A].map(readShown)).toEqual([text, text, text]);
    expect(byText.commandLength).toBe(text.length);
    const byArgv = await request({ commandArgv: ["tool", text] });
    expect(JSON.stringify(byArgv)).toMatch(VISIBLE);
    expect(byArgv.commandArgv.map(readShown)).toEqual(["tool", text]);
  });

  test.each<[title: string, params: Json]>([
    ["a command of 100 KB", { command: `ls ${"x".repeat(100_000)}` }],
    ["one character too many", { command: "x".repeat(MAX_SHOWN_CHARS + 1) }],
    ["short, but not when it is made visible", { command: `ls ${"\u200b".repeat(1_000)}` }],
    ["arguments", { commandArgv: ["ls", ...Array.from({ length: 3_000 }, () => "x")] }],
    ["an environment", { command: "ls", env: { A: "x".repeat(5_000) } }],
    ["a folder", { command: "ls", cwd: `/${"x".repeat(5_000)}` }],
  ])("too long to be read is refused, and nobody is asked: %s", async (_title, params) => {
    expect(await request(params)).toMatchObject({ code: "INVALID_REQUEST", message: "command too long to approve" });
  });

  test("what just fits is shown whole", async () => {
    const command = "x".repeat(MAX_SHOWN_CHARS);
    expect((await request({ command })).command).toBe(command);
  });

  test("a text beside the arguments cannot say something else", async () => {
    const refused = await request({ command: "ls", commandArgv: ["rm", "-rf", "/"] });
    expect(refused).toMatchObject({ code: "INVALID_REQUEST" });
    expect((await request({ command: "ls -la", commandArgv: ["/bin/sh", "-lc", "ls -la"] })).command).toBe(
      "/bin/sh -lc 'ls -la'",
    );
  });
});
