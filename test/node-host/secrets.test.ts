/** What a host keeps, and for whom. */
import { expect, test } from "bun:test";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HostSecrets } from "../../src/node-host/secrets.ts";
import { createPlace } from "./harness.ts";

const revealed = (secrets: ReturnType<HostSecrets["for"]>) =>
  Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, secret.reveal()]));

test("threat(T21): a secret is for the gateway it came from, and for no other address", () => {
  using place = createPlace();
  const secrets = new HostSecrets(place.stateDir);
  secrets.keepDeviceToken("wss://home.example:18789", "device-1");
  expect(revealed(new HostSecrets(place.stateDir).for("wss://home.example:18789/"))).toEqual({
    deviceToken: "device-1",
  });
  for (const other of [
    "ws://home.example:18789",
    "wss://home.example",
    "wss://home.example.evil:18789",
    "wss://home.example:18789.evil",
    "wss://other@home.example:1878",
    "wss://home.example:18789/x",
  ].filter((url) => URL.canParse(url)))
    expect([other, secrets.for(other)]).toEqual([other, {}]);
});

test("threat(T23): only its owner reads it", () => {
  using place = createPlace();
  new HostSecrets(place.stateDir).keepToken("ws://a", "t");
  expect(statSync(join(place.stateDir, "node-secrets.json")).mode & 0o777).toBe(0o600);
});

test("what a device was introduced with goes when it has a token of its own", () => {
  using place = createPlace();
  const secrets = new HostSecrets(place.stateDir);
  secrets.keepToken("ws://a", "shared");
  secrets.keepToken("ws://b", "shared");
  secrets.keepDeviceToken("ws://a", "device");
  expect(revealed(secrets.for("ws://a"))).toEqual({ deviceToken: "device" });
  secrets.keepToken("ws://a", "again");
  secrets.forgetDeviceToken("ws://a");
  expect(revealed(secrets.for("ws://a"))).toEqual({ token: "again" });
  expect(revealed(secrets.for("ws://b"))).toEqual({ token: "shared" });
});

test("a file that is none of ours is as good as none, and few gateways are remembered", () => {
  using place = createPlace();
  const secrets = new HostSecrets(place.stateDir);
  for (const junk of ["", "{", "[]", '{"ws://a":1}', '{"__proto__":{"token":"x"}}']) {
    writeFileSync(join(place.stateDir, "node-secrets.json"), junk);
    expect(secrets.for("ws://a")).toEqual({});
  }
  for (let at = 0; at < 20; at++) secrets.keepDeviceToken(`ws://h${at}`, `t${at}`);
  expect(secrets.for("ws://h3")).toEqual({});
  expect(revealed(secrets.for("ws://h4"))).toEqual({ deviceToken: "t4" });
});
