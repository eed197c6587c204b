import { afterAll, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { ensureTls, readTls } from "../../src/gateway/tls.ts";

const folder = mkdtempSync(join(tmpdir(), "moltbot-tls-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const names = ["home.example", "localhost", "127.0.0.1", "::1", "192.0.2.7"];
const now = Date.UTC(2026, 0, 15);

test("the certificate is one: it parses, names the host, is signed by its own key and valid for years", async () => {
  const tls = await ensureTls(join(folder, "a"), names, now);
  const certificate = new X509Certificate(tls.cert);
  expect(certificate.subject).toBe("CN=moltbot gateway");
  expect(certificate.issuer).toBe(certificate.subject);
  for (const name of ["home.example", "localhost"]) expect(certificate.checkHost(name)).toBe(name);
  for (const address of ["127.0.0.1", "192.0.2.7"]) expect(certificate.checkIP(address)).toBe(address);
  expect(certificate.checkHost("evil.example")).toBeUndefined();
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: "prime256v1" });
  expect(Date.parse(certificate.validFrom)).toBeLessThan(now);
  expect(Date.parse(certificate.validTo)).toBeGreaterThan(Date.UTC(2035, 11, 1));
  expect(tls.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
});

test("it is made once, differs between gateways, and its key is private", async () => {
  const one = await ensureTls(join(folder, "b"), names, now);
  expect(await ensureTls(join(folder, "b"), ["other"], now + 1)).toEqual(one);
  expect(readTls(join(folder, "b", "cert.pem"), join(folder, "b", "key.pem"))).toEqual(one);
  expect((await ensureTls(join(folder, "c"), names, now)).fingerprint).not.toBe(one.fingerprint);
  for (const file of ["cert.pem", "key.pem"]) expect(statSync(join(folder, "b", file)).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, "b")).mode & 0o777).toBe(0o700);
});

test("many certificates in a row parse, whatever numbers their signatures begin with", async () => {
  for (let round = 0; round < 40; round++) {
    const { cert } = await ensureTls(join(folder, `many-${round}`), names, now);
    const certificate = new X509Certificate(cert);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
  }
});

test("a server with it is reached by a client that pins it", async () => {
  const tls = await ensureTls(join(folder, "d"), names, Date.now());
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", tls, fetch: () => new Response("over tls") });
  const seen = await new Promise<string>((resolve, reject) => {
    const socket = connect({ port: server.port ?? 0, host: "127.0.0.1", ca: tls.cert, servername: "localhost" }, () => {
      resolve(String(socket.getPeerX509Certificate()?.fingerprint256));
      socket.destroy();
    });
    socket.on("error", reject);
  });
  expect(seen).toBe(tls.fingerprint);
  const answer = await fetch(`https://localhost:${server.port}/`, { tls: { ca: tls.cert } });
  expect(await answer.text()).toBe("over tls");
  await expect(fetch(`https://localhost:${server.port}/`)).rejects.toThrow();
  await server.stop(true);
});
