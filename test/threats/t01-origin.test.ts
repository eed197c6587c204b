/** Pages of other sites, and names bound to this host by others, reach nothing. */
import { describe, expect, test } from "bun:test";
import { openClient } from "../gateway/client.ts";
import { dial, PeerSocket } from "../gateway/socket.ts";
import { startGateway } from "../support/gateway.ts";

const foreign = (port: number): string[] => [
  "https://evil.example",
  "http://evil.example",
  `http://evil.example:${port}`,
  "null",
  "NULL",
  "",
  "file://",
  "http://localhost",
  "https://localhost",
  `http://localhost:${port + 1}`,
  `http://127.0.0.1:${port + 1}`,
  "http://127.0.0.1",
  `http://127.0.0.1:${port}.evil.example`,
  `http://127.0.0.1.evil.example:${port}`,
  `http://evil.example#127.0.0.1:${port}`,
  `http://127.0.0.1:${port}@evil.example`,
  `http://evil.example/127.0.0.1:${port}`,
  `http://127.0.0.1:${port}/`,
  `http://127.0.0.1:${port}/path`,
  `http://127.0.0.1:${port} http://evil.example`,
  `http://evil.example, http://127.0.0.1:${port}`,
  `http://127.0.0.1:0${port}`,
  `http://127.1:${port}`,
  `http://2130706433:${port}`,
  `http://0.0.0.0:${port}`,
  `http://[::1]:${port}`,
  `ws://127.0.0.1:${port}`,
  `chrome-extension://127.0.0.1:${port}`,
  `http://localhost.:${port}`,
  `http://xn--lcalhost-53a:${port}`,
];

const unknownHosts = (port: number): string[] => [
  "evil.example",
  `evil.example:${port}`,
  `rebind.evil.example:${port}`,
  `127.0.0.1.evil.example:${port}`,
  `localhost.evil.example:${port}`,
  `evillocalhost:${port}`,
  `user@localhost:${port}`,
  `localhost:${port}/path`,
  "",
  `localhost evil.example:${port}`,
];

describe("threat(T01): a page of another site", () => {
  test("no foreign origin gets past the upgrade", async () => {
    await using gateway = await startGateway();
    for (const origin of foreign(gateway.app.port)) {
      const answer = await dial(gateway.url, { headers: { Origin: origin } });
      const { status, body } = answer instanceof PeerSocket ? { status: 101, body: await answer.next() } : answer;
      expect({ origin, status, body }).toEqual({ origin, status: 403, body: "" });
    }
  });

  test("no unknown host gets past the upgrade, nor to a page", async () => {
    await using gateway = await startGateway();
    for (const host of unknownHosts(gateway.app.port)) {
      for (const Upgrade of ["websocket", "none"]) {
        const answer = await dial(gateway.url, { headers: { Host: host, Upgrade } });
        const { status, body } = answer instanceof PeerSocket ? { status: 101, body: await answer.next() } : answer;
        // An empty or twisted Host may already be no HTTP to the server below us.
        expect({ host, Upgrade, isRefused: status === 403 || status === 400, body }).toEqual({
          host,
          Upgrade,
          isRefused: true,
          body: "",
        });
      }
    }
  });

  test.each<[title: string, headers: (port: number) => Record<string, string>]>([
    ["without an origin", () => ({})],
    ["from our own page", (port) => ({ Origin: `http://127.0.0.1:${port}` })],
    ["from our own page behind TLS", (port) => ({ Origin: `https://127.0.0.1:${port}` })],
    ["from a page under our own name", (port) => ({ Origin: `http://localhost:${port}`, Host: `localhost:${port}` })],
    ["from an origin that the owner listed", () => ({ Origin: "https://home.example:8443" })],
  ])("a client %s is challenged", async (_title, headers) => {
    const controlUi = { allowedOrigins: ["https://home.example:8443"] };
    await using gateway = await startGateway({ config: { gateway: { controlUi } } });
    using client = await openClient(gateway.url, { headers: headers(gateway.app.port) });
    expect((await client.challenge()).nonce).toBeString();
  });
});
