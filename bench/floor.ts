/**
 * The smallest program that does the same step: challenge, canned hello-ok, canned answers, verified signature, fan-out.
 * Budgets are ratios to it, measured in the same run, so that they hold on any machine.
 */
import { createPublicKey, verify } from "node:crypto";
import type { ServerWebSocket } from "bun";

const answer = JSON.stringify({ ok: true, ts: 0, channels: {}, sessions: { count: 0, recent: [] } });
/** As long as a real summary. */
const summary = { ok: true, ts: 0, agents: [{ agentId: "main", text: "x".repeat(420) }] };
const sockets = new Set<ServerWebSocket<undefined>>();
const spki = Buffer.from("302a300506032b6570032100", "hex");

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: (request, self) => (self.upgrade(request) ? undefined : new Response(null, { status: 404 })),
  websocket: {
    open(socket) {
      sockets.add(socket);
      socket.send(
        `{"type":"event","event":"connect.challenge","payload":{"nonce":"${crypto.randomUUID()}","ts":${Date.now()}}}`,
      );
    },
    message(socket, data) {
      const { id, method, params } = JSON.parse(String(data));
      if (method === "connect" && params.device) {
        const { publicKey, signature, payload } = params.device;
        const key = createPublicKey({
          key: Buffer.concat([spki, Buffer.from(publicKey, "base64url")]),
          format: "der",
          type: "spki",
        });
        if (!verify(null, Buffer.from(payload ?? ""), key, Buffer.from(signature, "base64url"))) return socket.close();
      }
      if (method === "connect") {
        socket.send(
          `{"type":"res","id":"${id}","ok":true,"payload":{"type":"hello-ok","protocol":4,"server":{},"features":{"methods":[],"events":[]},"snapshot":{},"auth":{},"policy":{}}}`,
        );
      } else {
        if (params.probe) {
          const head = `{"type":"event","event":"health","payload":${JSON.stringify(summary)},"stateVersion":{"presence":1,"health":1},"seq":`;
          let seq = 0;
          for (const one of sockets) one.send(`${head}${++seq}}`);
        }
        socket.send(`{"type":"res","id":"${id}","ok":true,"payload":${answer}}`);
      }
    },
    close: (socket) => void sockets.delete(socket),
  },
});
console.log(JSON.stringify({ message: "the gateway listens", url: `ws://127.0.0.1:${server.port}` }));
