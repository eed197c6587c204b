/** Files of messages: from where Messages keeps them and from nowhere else, here and on another Mac. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { imessage } from "../../../src/channels/imessage/index.ts";
import { remotePath } from "../../../src/channels/imessage/remote.ts";
import { people } from "../../standins/imessage.ts";
import { channelErrorOf, outbound, startConnected, TestHost } from "../contract.ts";
import { type IMessageHarness, openIMessage } from "./harness.ts";

const never = new AbortController().signal;
const canary = "a secret of this computer";

let net: IMessageHarness;

beforeEach(async () => {
  net = await openIMessage();
  writeFileSync(join(net.net.home, "secret"), canary);
  mkdirSync(join(net.net.home, "Library", "Messages", "Attachments-of-others"));
  writeFileSync(join(net.net.home, "Library", "Messages", "Attachments-of-others", "x"), canary);
});

afterEach(async () => {
  await net[Symbol.asyncDispose]();
});

const download = (path: string, maxBytes = 1000) =>
  net.open(new TestHost()).download!(JSON.stringify({ path }), maxBytes, never);

describe("threat(T18): a path that is told leads nowhere else", () => {
  test.each<[title: string, path: (home: string, root: string) => string]>([
    ["another file", (home) => join(home, "secret")],
    ["two dots", (_home, root) => `${root}/../../../secret`],
    ["two dots in the middle", (_home, root) => `${root}/ab/../../../../secret`],
    ["a folder that begins alike", (_home, root) => `${root}-of-others/x`],
    ["the folder itself", (_home, root) => root],
    ["the folder with a slash", (_home, root) => `${root}/`],
    ["a relative path", () => "secret"],
    ["an address", (home) => `file://${home}/secret`],
    ["a zero byte", (_home, root) => `${root}/a\0b`],
    ["double slashes", (home, root) => `${root}//..//..//..//${home}/secret`],
    ["home", () => "~/secret"],
    ["percent signs", (_home, root) => `${root}/%2e%2e/%2e%2e/secret`],
  ])("%s", async (_title, path) => {
    const error = await channelErrorOf(download(path(net.net.home, net.net.attachments)));
    expect(error).toMatchObject({ kind: "rejected", message: "the file is not there" });
    expect(error.message).not.toContain(canary);
  });

  test("a link, a link on the way, a folder, and a pipe nobody writes to", async () => {
    const root = net.net.attachments;
    symlinkSync(join(net.net.home, "secret"), join(root, "link"));
    symlinkSync(net.net.home, join(root, "way"));
    mkdirSync(join(root, "folder"));
    writeFileSync(join(root, "file"), "hello");
    symlinkSync(join(root, "file"), join(root, "inside"));
    Bun.spawnSync(["mkfifo", join(root, "pipe")]);
    for (const name of ["link", "inside", "way/secret", "folder", "pipe"])
      expect(await channelErrorOf(download(join(root, name)))).toMatchObject({ message: "the file is not there" });
  });

  test("a file that lies there is read, also where the home folder is written short", async () => {
    const path = join(net.net.attachments, "ü (1).txt");
    writeFileSync(path, "hello");
    linkSync(path, join(net.net.attachments, "same"));
    expect(new TextDecoder().decode(await download(path))).toBe("hello");
    expect(new TextDecoder().decode(await download("~/Library/Messages/Attachments/same"))).toBe("hello");
    expect(await channelErrorOf(download(path, 4))).toMatchObject({ kind: "rejected" });
  });

  test.each(["", "{}", '{"path":""}', '{"path":1}', '{"path":"/a","more":1}', "/etc/passwd"])(
    "%p is no handle",
    async (handle) => {
      const error = await channelErrorOf(net.open(new TestHost()).download!(handle, 9, never));
      expect(error.kind).toBe("rejected");
    },
  );
});

describe("a file on another Mac", () => {
  const remote = "/Users/me/Library/Messages/Attachments/ab/12/IMG 1.HEIC";
  let seen: string;

  /** A program called scp that writes down how it was called. */
  const withScp = (does: string) => {
    const folder = join(net.net.home, "path");
    mkdirSync(folder);
    seen = join(net.net.home, "seen");
    const script = `#!/bin/sh\nprintf '%s\\n' "$@" > "${seen}"\nfor last; do :; done\n${does}\n`;
    writeFileSync(join(folder, "scp"), script);
    chmodSync(join(folder, "scp"), 0o755);
    const host = new TestHost();
    const settings = { cliPath: net.net.cliPath, remoteHost: "me@mac.local" };
    return { host, account: imessage.open(settings, host, { HOME: net.net.home, PATH: `${folder}:/usr/bin:/bin` }) };
  };
  const handle = (path: string, sizeBytes = 5) => JSON.stringify({ path, sizeBytes });

  test("is fetched by scp, which is told neither to ask nor to believe anything, and nothing is left here", async () => {
    const { account } = withScp(`printf hello > "$last"`);
    const bytes = await account.download!(handle(remote), 100, never);
    expect(new TextDecoder().decode(bytes)).toBe("hello");
    const args = readFileSync(seen, "utf8").trim().split("\n");
    expect(args.slice(0, -1)).toEqual([
      ..."-s -q -p -o BatchMode=yes -o StrictHostKeyChecking=yes --".split(" "),
      `me@mac.local:${remote}`,
    ]);
    expect(existsSync(dirname(args.at(-1)!))).toBe(false);
  });

  test("that fails to come may come later", async () => {
    const { account } = withScp("echo 'lost connection' >&2; exit 1");
    const error = await channelErrorOf(account.download!(handle(remote), 100, never));
    expect(error).toMatchObject({ kind: "transient", message: "scp failed: lost connection" });
  });

  test("that is larger than it said is not taken, and one that says so is not asked for", async () => {
    const { account } = withScp(`printf 'hello, and more' > "$last"`);
    expect(await channelErrorOf(account.download!(handle(remote, 5), 9, never))).toMatchObject({ kind: "rejected" });
    expect(await channelErrorOf(account.download!(handle(remote, 99), 9, never))).toMatchObject({ kind: "rejected" });
  });

  test("that does not end is cut off when it grows too large, with its process", async () => {
    const fifo = join(net.net.home, "fifo");
    Bun.spawnSync(["mkfifo", fifo]);
    const { host, account } = withScp(`printf 'hello, and more' > "$last"; echo $$ > "${fifo}"; exec sleep 1000`);
    const error = channelErrorOf(account.download!(handle(remote), 9, never));
    const pid = Number(await Bun.file(fifo).text());
    host.clock.advance(500);
    // Its size has been looked at; the time it has to end by itself begins.
    await host.clock.waitsFor(1000);
    host.clock.advance(500);
    expect(await error).toMatchObject({ kind: "rejected", message: "the file is larger than allowed" });
    expect(() => process.kill(pid, 0)).toThrow();
    expect(host.clock.pending).toBe(0);
  });

  test.each<[path: string, expected: string | undefined]>([
    [remote, remote],
    ["~/Library/Messages/Attachments/a b.png", "Library/Messages/Attachments/a b.png"],
    ["/Users/me/Library/Messages/Attachments/", undefined],
    ["/Users/me/.ssh/id_ed25519", undefined],
    ["/Users/me/Library/Messages/Attachments/../../../.ssh/id_ed25519", undefined],
    ["/Users/me/Library/Messages/Attachments/*", undefined],
    ["/Users/me/Library/Messages/Attachments/a\nb", undefined],
    ["Library/Messages/Attachments/a", undefined],
    ["-oProxyCommand=x/Library/Messages/Attachments/a", undefined],
    ["other:/Users/me/Library/Messages/Attachments/a", undefined],
    ["/srv/messages/Attachments/a", undefined],
  ])("threat(T18): as a path over there %j is %j", (path, expected) => {
    expect(remotePath(path)).toBe(expected);
  });

  test("a database in another place has its files beside it", () => {
    expect(remotePath("/srv/messages/Attachments/a", "/srv/messages/chat.db")).toBe("/srv/messages/Attachments/a");
    expect(remotePath("/srv/Attachments/a", "/srv/messages/chat.db")).toBeUndefined();
  });
});

describe("threat(T23): a file that goes out", () => {
  test("is readable by nobody else, keeps a name that is one, and is gone after the answer", async () => {
    await using up = await startConnected(net);
    const chat = { kind: "direct", id: people.ada.handle } as const;
    const media = {
      kind: "image",
      mimeType: "image/png",
      fileName: "../../-rf .png",
      bytes: new Uint8Array([1, 2]),
    } as const;
    await up.account.send(outbound(chat, { media }), never);
    const [call] = net.net.callsOf("send");
    const path = String(call!["file"]);
    expect(path).toMatch(/\/moltbot-[^/]+\/[^/.-][^/]*$/);
    expect(net.net.modes.get(path)).toEqual({ file: 0o600, folder: 0o700 });
    expect(await Bun.file(path).exists()).toBe(false);
  });

  test("is gone too when the send fails", async () => {
    await using up = await startConnected(net);
    net.net.fail("send", { code: -32603, message: "Internal error" });
    const media = { kind: "image", mimeType: "image/png", fileName: "a.png", bytes: new Uint8Array([1]) } as const;
    await channelErrorOf(up.account.send(outbound({ kind: "direct", id: people.ada.handle }, { media }), never));
    expect(await Bun.file(String(net.net.callsOf("send")[0]!["file"])).exists()).toBe(false);
  });
});
