/** The `gateway` section: where the gateway listens, whom it trusts and what it asks of them. */
import { Type } from "@sinclair/typebox";
import { OneOf } from "#schemas/primitives.ts";
import { Flag, Millis, Port, SecretText, Section, Text, Texts, Whole } from "./markers.ts";

const TrustedProxy = Section("How a reverse proxy that already knows the person says who it is.", {
  userHeader: Text("Header with the name of the signed-in person; required in mode `trusted-proxy`."),
  requiredHeaders: Texts("Headers that must be present as well, as proof that the request passed the proxy."),
  allowUsers: Texts("People who may enter. Empty or missing: nobody."),
  allowLoopback: Flag("Accept the identity headers from a proxy on this host too. Default: false."),
});

const RateLimit = Section("What happens to a peer that keeps presenting wrong secrets.", {
  maxAttempts: Whole("Failures within the window before the peer is locked out. Default: 10.", 1),
  windowMs: Millis("Length of the window. Default: 60000."),
  lockoutMs: Millis("How long the peer stays locked out. Default: 300000."),
});

const Auth = Section("What every connection must prove before anything else.", {
  mode: OneOf(["token", "password", "none", "trusted-proxy", "tailscale"], {
    description: "Kind of proof. Default: `password` if only a password is set, else `token`.",
  }),
  token: SecretText("The shared secret. Default: generated at the first start and kept in the state folder."),
  password: SecretText("A password people can type; used in mode `password`."),
  allowTailscale: Flag("Accept a peer the local Tailscale daemon vouches for. Default: false."),
  trustedProxy: TrustedProxy,
  rateLimit: RateLimit,
});

const ControlUi = Section("The control page and WebChat that the gateway serves.", {
  enabled: Flag("Serve the pages. Default: true."),
  allowedOrigins: Texts("Web origins, besides the gateway's own, that may open a socket.", { format: "origin" }),
  allowInsecureAuth: Flag("Let the page connect without a device identity over plain HTTP. Default: false."),
  dangerouslyDisableDeviceAuth: Flag("Let the page connect without any device identity. Default: false."),
});

const Nodes = Section("What paired nodes may be asked to do.", {
  pairing: Section("How nodes become paired.", {
    autoApproveLocal: Flag("Approve a node on this host that holds the gateway secret. Default: true."),
  }),
  commands: Section("Changes to the built-in command policy.", {
    allow: Texts("Commands allowed in addition to the platform's defaults."),
    deny: Texts("Commands refused even if they are allowed elsewhere."),
  }),
  allowCommands: Texts("Older name of `commands.allow`; both lists count."),
  denyCommands: Texts("Older name of `commands.deny`; both lists count."),
});

const Tls = Section("Encryption of the gateway port.", {
  enabled: Flag("Serve `wss://` and `https://`. Default: false."),
  autoGenerate: Flag("Create a self-signed certificate when none is given. Default: true."),
  certPath: Text("PEM file with the certificate chain."),
  keyPath: Text("PEM file with the private key."),
});

export const GatewaySection = Section("Where the gateway listens, whom it trusts and what it asks of them.", {
  port: Port("Port for WebSocket and HTTP; `0` lets the system choose. Default: 18789."),
  bind: Type.Union([OneOf(["loopback", "lan", "tailnet"]), Type.String({ format: "ip" })], {
    description: "Interface to listen on: a name, or an IP address. Default: `loopback`.",
  }),
  mode: OneOf(["local", "remote"], {
    description: "`local` runs the gateway here, `remote` means that this host only has clients. Default: `local`.",
  }),
  auth: Auth,
  trustedProxies: Texts("Proxies whose forwarding headers count: addresses or CIDR ranges. Default: none.", {
    format: "ip-range",
  }),
  allowRealIpFallback: Flag("Read `X-Real-IP` of a trusted proxy that sends no `X-Forwarded-For`. Default: false."),
  allowedHosts: Texts("Host names, besides the gateway's own addresses, that requests may carry."),
  controlUi: ControlUi,
  pairing: Section("How devices become paired.", {
    autoApproveLocal: Flag("Approve a device on this host that holds the gateway secret. Default: true."),
  }),
  nodes: Nodes,
  tls: Tls,
  handshakeTimeoutMs: Millis("Time a new socket has to complete its handshake. Default: 10000."),
});
