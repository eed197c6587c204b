/** Files for service managers. */
import { expect, test } from "bun:test";
import { serviceFile } from "../../src/node-host/service.ts";

const given = { home: "/home/ada", env: {}, userId: 501 };
const odd = 'a "b" \\c %h $HOME & <x>';

test("a systemd user unit says exactly what to run, whatever is in it", () => {
  const spec = {
    argv: ["/opt/molt bot/moltbot", "node", "run", `--name=${odd}`],
    env: { PATH: "/usr/bin" },
    suffix: "",
  };
  const file = serviceFile("linux", spec, given) ?? expect.unreachable();
  expect(file.path).toBe("/home/ada/.config/systemd/user/moltbot-node.service");
  expect(file.text).toContain(
    'ExecStart="/opt/molt bot/moltbot" "node" "run" "--name=a \\"b\\" \\\\c %%h $$HOME & <x>"\n',
  );
  expect(file.text).toContain('Environment="PATH=/usr/bin"\n');
  // What only a person can mend is not tried again.
  expect(file.text).toContain("RestartPreventExitStatus=2 4 6 8\n");
  expect(file.start.at(-1)).toEqual(["systemctl", "--user", "enable", "--now", "moltbot-node.service"]);
  const moved = serviceFile("linux", { ...spec, suffix: "-b" }, { ...given, env: { XDG_CONFIG_HOME: "/cfg" } });
  expect(moved?.path).toBe("/cfg/systemd/user/moltbot-node-b.service");
});

test("a launchd agent does too", () => {
  const spec = { argv: ["/opt/moltbot", `--name=${odd}`], env: { PATH: "/usr/bin" }, suffix: "-b" };
  const file = serviceFile("darwin", spec, given) ?? expect.unreachable();
  expect(file.path).toBe("/home/ada/Library/LaunchAgents/bot.molt.node.b.plist");
  expect(file.text).toContain('<string>--name=a "b" \\c %h $HOME &amp; &lt;x&gt;</string>');
  expect(file.stop).toEqual([["launchctl", "bootout", "gui/501/bot.molt.node.b"]]);
});

test("elsewhere there is none", () => {
  expect(serviceFile("win32", { argv: ["x"], env: {}, suffix: "" }, given)).toBeUndefined();
});
