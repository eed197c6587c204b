/** Text names no file of this host: whatever an agent writes after `MEDIA:`, it gets files by handle, or none. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseAnswer } from "../../src/channels/policy/answer.ts";
import { GatewayError } from "../../src/lib/errors.ts";
import { Media } from "../../src/media/media.ts";
import { FakeClock } from "../support/clock.ts";

const home = mkdtempSync(join(tmpdir(), "moltbot-paths-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const secret = join(home, "secret.png");
writeFileSync(secret, "\x89PNG\r\n\x1a\n the secret", { mode: 0o600 });
const folder = join(home, "media");
const asked: string[] = [];
const media = new Media({
  folder,
  clock: new FakeClock(),
  internet: {
    resolve: async (host) => {
      asked.push(host);
      return [];
    },
  },
});
const handle = media.keep(new Uint8Array(Buffer.from("a file that may be sent")));
const name = handle.slice("media:".length);
const other = `${"a".repeat(40)}.png`;
writeFileSync(join(folder, "notes.txt"), "not a handle");

const paths = [
  secret,
  secret.replaceAll("/", "//"),
  secret.replaceAll("/", "\\"),
  secret.replaceAll("/", "\u2215"),
  secret.replaceAll("/", "\uff0f"),
  secret.replaceAll("/", "%2f"),
  secret.replaceAll("/", "%252f"),
  secret.replaceAll("/", "%c0%af"),
  secret.replaceAll("/", "\u0000/"),
  `${secret}\u0000`,
  `${secret}\u0000.png`,
  `${secret}%00.png`,
  `${secret}#x`,
  `${secret}?x`,
  `/.${secret}`,
  `/proc/self/cwd/../../..${secret}`,
  `/proc/self/root${secret}`,
  "/etc/passwd",
  "/proc/self/environ",
  "/dev/stdin",
  "/dev/zero",
  "~/.ssh/id_ed25519",
  "~root/.profile",
  "$HOME/.profile",
  "${HOME}/.profile",
  "%USERPROFILE%\\x",
  "secret.png",
  "./secret.png",
  "../secret.png",
  "..\\secret.png",
  "../../../../../../etc/passwd",
  "....//....//etc/passwd",
  "%2e%2e/secret.png",
  "..%2fsecret.png",
  "\u2024\u2024/secret.png",
  "\uff0e\uff0e/secret.png",
  "C:\\Windows\\win.ini",
  "C:/Windows/win.ini",
  "C:secret.png",
  "\\\\server\\share\\x.png",
  "//server/share/x.png",
  "\\\\?\\C:\\x.png",
  "\\\\.\\pipe\\x",
  "CON",
  "NUL",
  pathToFileURL(secret).href,
  `file:${secret}`,
  `file:/${secret}`,
  `FILE://${secret}`,
  `file://localhost${secret}`,
  `file://127.0.0.1${secret}`,
  `file:\\\\${secret}`,
  `url:file://${secret}`,
  `jar:file://${secret}!/x`,
  `view-source:file://${secret}`,
  `local-file://${secret}`,
  `attachment:${secret}`,
  `blob:${secret}`,
  "data:image/png;base64,iVBORw0KGgo=",
  "javascript:1",
  "ftp://made-up.example/x",
  "//made-up.example/x",
  "http:/made-up.example/x",
  "http:made-up.example/x",
  "https:\\\\made-up.example\\x",
  "httpx://made-up.example/x",
  "h\u0000ttp://made-up.example/x",
  "$(cat /etc/passwd)",
  "`id`",
  "| id",
  "*",
  "*.png",
  "",
];

/** Things that look like handles. */
const handles = [
  name,
  `media:../${basename(secret)}`,
  `media:../media/${name}`,
  `media:./${name}`,
  `media:/${name}`,
  `media://${name}`,
  `media:${secret}`,
  `media:notes.txt`,
  `media:${name.toUpperCase()}`,
  `MEDIA:${name}`,
  `Media:${name}`,
  ` ${handle}`,
  `${handle} `,
  `${handle}\n`,
  `${handle}\u0000`,
  `${handle}/`,
  `${handle}/../../secret.png`,
  `${handle}%00`,
  `media:${name.replace(".", "\u2024")}`,
  `media:${"\uff10".repeat(40)}.bin`,
  `media:${"0".repeat(39)}.bin`,
  `media:${"0".repeat(41)}.bin`,
  `media:${"0".repeat(40)}`,
  `media:${"0".repeat(40)}.`,
  `media:${"0".repeat(40)}.../x`,
  `media:${"0".repeat(40)}.toolong`,
  `media:${"0".repeat(40)}.bin`,
  `media:${other}`,
];

const limits = { maxBytes: 1_000_000, signal: new AbortController().signal };
const outcome = (ref: string) =>
  media.resolve(ref, limits).then(
    ({ bytes }) => `it was found: ${Buffer.from(bytes)}`,
    (error: unknown) => (error instanceof GatewayError ? `${error.code}: ${error.message}` : String(error)),
  );
const NOT_FOUND = "INVALID_REQUEST: media not found";

describe("threat(T16)", () => {
  test("a handle is the one thing that names a file here", async () => {
    expect(await outcome(handle)).toBe("it was found: a file that may be sent");
  });

  test.each([...paths, ...handles].map((ref) => [ref]))("%j: media not found", async (ref) => {
    expect(await outcome(ref)).toBe(NOT_FOUND);
    expect(asked).toEqual([]);
  });

  test("the same through an agent's answer, with all that is stripped from around it", async () => {
    for (const ref of [...paths, ...handles.filter((one) => one.trim() !== handle && one.trim() !== name)]) {
      for (const answer of [`MEDIA:${ref}`, `here\n  MEDIA: \`${ref}\``, `MEDIA:"${ref}"`, `MEDIA:<${ref}>`]) {
        const { media: found } = parseAnswer(answer);
        for (const one of found) if (one !== handle) expect([answer, await outcome(one)]).toEqual([answer, NOT_FOUND]);
      }
    }
    expect(asked).toEqual([]);
  });

  test("a link among the kept files leads nowhere that a text could name", async () => {
    symlinkSync(secret, join(folder, "link.png"));
    symlinkSync(secret, join(folder, other));
    symlinkSync(join(home, "nowhere"), join(folder, `${"b".repeat(40)}.png`));
    for (const ref of ["media:link.png", `media:${other}`, `media:${"b".repeat(40)}.png`])
      expect(await outcome(ref)).toBe(NOT_FOUND);
    // Nor does it keep others from being kept.
    expect(await outcome(media.keep(new Uint8Array(Buffer.from("another"))))).toBe("it was found: another");
  });

  test("what was not found left nothing behind, and says nothing about what is there", async () => {
    const before = readdirSync(folder).sort();
    expect(await outcome(secret)).toBe(await outcome(join(home, "no such file")));
    expect(readdirSync(folder).sort()).toEqual(before);
  });
});
