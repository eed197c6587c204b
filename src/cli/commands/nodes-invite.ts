/** `moltbot nodes invite`: a link and a code for a phone or another computer that shall become a node. */
import { networkInterfaces } from "node:os";
import { qrText } from "../../lib/qr.ts";
import { defineLeaf } from "../command.ts";
import { formatAge } from "../terminal.ts";

export const nodesInvite = defineLeaf({
  name: "invite",
  summary: "Make a link, good for one device and a few minutes, by which it may ask to become a node",
  args: {
    base: { type: "string", valueHint: "URL", description: "address of the gateway as the other device reaches it" },
    qr: { type: "boolean", default: true, description: "no QR code" },
  },
  async run(args, cli) {
    const target = await cli.target();
    const invite = await cli.call<{ code: string; expiresAtMs: number }>("node.invite.create");
    const page = new URL("/node", args.base ?? target.url.replace(/^ws/, "http"));
    const isHere = /^(?:localhost|127\.[\d.]+|\[::1\])$/.test(page.hostname);
    page.hash = `invite=${encodeURIComponent(invite.code)}`;
    const { href } = page;
    cli.print({ ...invite, url: href }, () =>
      [
        ...(args.qr ? [qrText(href), ""] : []),
        cli.paint("cyan", href),
        `good for one device, for ${formatAge(invite.expiresAtMs - cli.io.clock.now())}; then approve it: moltbot devices`,
        `another computer can use it too: moltbot node run --url ${page.origin} --invite ${invite.code}`,
        ...(isHere ? [cli.paint("yellow", hereOnly(page))] : []),
      ].join("\n"),
    );
  },
});

/** A loopback address means the device itself, wherever it is opened. */
function hereOnly({ port, protocol }: URL): string {
  const address = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === "IPv4" && !one.internal)?.address;
  const example = `${protocol}//${address ?? "192.168.1.2"}:${port}`;
  return `this link works on this computer only; for another device let the gateway listen there (--bind lan), and give its address: --base ${example}`;
}
