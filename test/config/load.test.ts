import { describe, expect, test } from "bun:test";
import { parseConfig } from "../../src/config/load.ts";

const read = (text: string | undefined, env: Record<string, string | undefined> = {}) => parseConfig(text, env);

test.each([[undefined], [""], [" \n"], ["// nothing yet\n/* at all */"], ["{}"], ["\uFEFF{}"]])(
  "%p is a valid empty config",
  (text) => {
    expect(read(text)).toEqual({ config: {}, source: {}, issues: [] });
  },
);

test("a full config is taken as it stands", () => {
  const config = {
    gateway: {
      port: 0,
      bind: "192.168.1.4",
      mode: "local",
      auth: {
        mode: "trusted-proxy",
        token: "t",
        password: "p",
        allowTailscale: true,
        trustedProxy: { userHeader: "x-user", requiredHeaders: ["x-proof"], allowUsers: ["ada"], allowLoopback: false },
        rateLimit: { maxAttempts: 5, windowMs: 1000, lockoutMs: 2000 },
      },
      trustedProxies: ["10.0.0.0/8", "::1", "fd00::/8"],
      allowRealIpFallback: false,
      allowedHosts: ["bot.example.org"],
      controlUi: {
        enabled: true,
        allowedOrigins: ["https://a.example"],
        allowInsecureAuth: false,
        dangerouslyDisableDeviceAuth: false,
      },
      pairing: { autoApproveLocal: true },
      nodes: {
        pairing: { autoApproveLocal: true },
        commands: { allow: ["a"], deny: ["b"] },
        allowCommands: [],
        denyCommands: [],
      },
      tls: { enabled: true, autoGenerate: true, certPath: "/c", keyPath: "/k" },
      handshakeTimeoutMs: 5000,
    },
    agents: {
      defaults: {
        model: { primary: "p/m", fallbacks: ["q/n"] },
        workspace: "/w",
        contextTokens: 1,
        timeoutSeconds: 1,
        thinkingDefault: "high",
        maxConcurrent: 1,
        systemPrompt: "s",
        heartbeat: { every: "30m" },
      },
      list: [
        {
          id: "main",
          default: true,
          name: "M",
          identity: { name: "n", theme: "t", emoji: "e", avatar: "a" },
          model: "p/m",
        },
        { id: "other", model: { primary: "p/m" }, systemPrompt: "s", runtime: { id: "builtin/assistant" } },
      ],
    },
    models: {
      mode: "merge",
      providers: {
        p: {
          baseUrl: "http://127.0.0.1:1/v1",
          apiKey: "k",
          api: "anthropic-messages",
          headers: { "x-h": "v" },
          models: [
            {
              id: "m",
              name: "M",
              reasoning: true,
              input: ["text", "image"],
              contextWindow: 9,
              maxTokens: 9,
              maxTokensField: "max_tokens",
            },
          ],
        },
      },
    },
    session: { mainKey: "main", scope: "global", dmScope: "per-peer", identityLinks: { ada: ["telegram:1"] } },
    logging: { level: "debug", maxFileBytes: 65_536 },
    canvasHost: { enabled: true, port: 0, root: "/r", liveReload: false },
    channels: { telegram: { botToken: "b", anything: [1, { deep: true }] } },
  };
  const parsed = read(Bun.JSON5.stringify(config) ?? "");
  expect(parsed.issues).toEqual([]);
  expect(parsed.config as unknown).toEqual(config);
});

test.each<[text: string, path: string, message: string, line: number]>([
  ["{ gateway: {\n port: '1' } }", "gateway.port", "expected a whole number from 0 to 65535, got a text", 2],
  ["{ gateway: { port: 65536 } }", "gateway.port", "expected a whole number from 0 to 65535", 1],
  ["{ gateway: { port: 1.5 } }", "gateway.port", "expected a whole number from 0 to 65535", 1],
  ["{ gateway: { port: NaN } }", "gateway.port", "expected a whole number from 0 to 65535", 1],
  ["{ gateway: [] }", "gateway", "expected an object, got a list", 1],
  ["{ gateway: null }", "gateway", "expected an object, got null", 1],
  ["{ gateway: { bind: 'wlan' } }", "gateway.bind", 'expected one of "loopback", "lan", "tailnet" or an IP address', 1],
  [
    "{ gateway: { trustedProxies: ['10.0.0.0/33'] } }",
    "gateway.trustedProxies[0]",
    "expected an IP address or a CIDR range",
    1,
  ],
  [
    "{ gateway: { controlUi: { allowedOrigins: ['*'] } } }",
    "gateway.controlUi.allowedOrigins[0]",
    "expected a web origin such as https://example.org",
    1,
  ],
  ["{ gateway: { auth: { token: '' } } }", "gateway.auth.token", "expected a text that is not empty", 1],
  ["{ gateway: { auth: { token: 1 } } }", "gateway.auth.token", "expected a text that is not empty, got a number", 1],
  [
    "{ agents: { defaults: { heartbeat: { every: 'often' } } } }",
    "agents.defaults.heartbeat.every",
    "expected a span of time such as 30s, 30m or 2h",
    1,
  ],
  [
    "{ agents: { defaults: { model: { primary: 1 } } } }",
    "agents.defaults.model.primary",
    "expected a text that is not empty, got a number",
    1,
  ],
  [
    "{ agents: { defaults: { model: 7 } } }",
    "agents.defaults.model",
    "expected a text that is not empty or an object, got a number",
    1,
  ],
  ["{ agents: { list: [\n{ id: 'a' },\n{ name: 'x' }] } }", "agents.list[1].id", "is required", 3],
  ["{ agents: { list: [{ id: 'a' }, { id: 'A' }] } }", "agents.list[1].id", "is used by an earlier agent", 1],
  [
    "{ agents: { list: [{ id: 'a', default: true }, { id: 'b', default: true }] } }",
    "agents.list[1].default",
    "an earlier agent is the default already",
    1,
  ],
  [
    "{ models: { providers: { x: { baseUrl: 'file:///etc' } } } }",
    "models.providers.x.baseUrl",
    "expected an http or https address",
    1,
  ],
  ["{ channels: { telegram: true } }", "channels.telegram", "expected an object, got true or false", 1],
  ["{ gateway: { tls: { certPath: '/c' } } }", "gateway.tls.keyPath", "certPath and keyPath belong together", 1],
  [
    "{ gateway: { auth: { mode: 'trusted-proxy', trustedProxy: { userHeader: 'u' } } } }",
    "gateway.trustedProxies",
    "must name the proxy in mode trusted-proxy",
    1,
  ],
])("%s is fatal", (text, path, message, line) => {
  const { issues } = read(text);
  expect(issues).toEqual([{ path, message, severity: "fatal", line, column: expect.any(Number) }]);
});

test("a text that is no JSON5 is fatal with its place", () => {
  const { config, issues } = read("{\n  gateway: {\n");
  expect(config).toEqual({});
  expect(issues).toMatchObject([{ path: "", severity: "fatal", line: 3, column: 1 }]);
});

test("a config that is no object is fatal", () => {
  expect(read("[1]").issues).toEqual([{ path: "", message: "expected an object", severity: "fatal" }]);
});

test("the valid rest of a wrong config is kept, so that safe mode still knows its secret", () => {
  const { config } = read("{ gateway: { port: 'x', auth: { token: 't' } }, agents: { list: [{ id: 'a' }, {}] } }");
  expect(config).toEqual({ gateway: { auth: { token: "t" } }, agents: {} });
});

describe("unknown keys", () => {
  test.each<[text: string, path: string, message: string]>([
    ["{ gatway: {} }", "gatway", "unknown key; did you mean gateway?"],
    ["{ gateway: { prot: 1 } }", "gateway.prot", "unknown key; did you mean port?"],
    ["{ gateway: { auth: { zzzzzz: 1 } } }", "gateway.auth.zzzzzz", "unknown key"],
    [
      "{ agents: { defaults: { model: { primry: 'x' } } } }",
      "agents.defaults.model.primry",
      "unknown key; did you mean primary?",
    ],
    ["{ agents: { list: [{ id: 'a', modell: 'x' }] } }", "agents.list[0].modell", "unknown key; did you mean model?"],
    ["{ toString: 1 }", "toString", "unknown key"],
  ])("%s is a warning", (text, path, message) => {
    expect(read(text).issues).toEqual([{ path, message, severity: "warning", line: 1, column: expect.any(Number) }]);
  });

  test("are not applied but stay in the source", () => {
    const { config, source } = read("{ gateway: { port: 1, prot: 2 } }");
    expect(config).toEqual({ gateway: { port: 1 } });
    expect(source).toEqual({ gateway: { port: 1, prot: 2 } });
  });
});

describe("variables", () => {
  test("are replaced anywhere in a text, also in channels, and the source keeps their name", () => {
    const text =
      "{ models: { providers: { x: { baseUrl: 'http://${HOST}:${PORT_2}/v1' } } }, channels: { a: { list: ['${T}'] } } }";
    const { config, source, issues } = read(text, { HOST: "h", PORT_2: "2", T: "t" });
    expect(issues).toEqual([]);
    expect(config).toEqual({
      models: { providers: { x: { baseUrl: "http://h:2/v1" } } },
      channels: { a: { list: ["t"] } },
    });
    expect(JSON.stringify(source)).toContain("${HOST}");
  });

  test.each<[title: string, value: string | undefined]>([
    ["missing", undefined],
    ["empty", ""],
  ])("a %s one is fatal, named, and leaves its text out", (_title, value) => {
    const { config, issues } = read("{ gateway: {\n auth: { token: 'x${GW_TOKEN}' } } }", { GW_TOKEN: value });
    expect(issues).toEqual([
      {
        path: "gateway.auth.token",
        message: "environment variable GW_TOKEN is not set",
        severity: "fatal",
        line: 2,
        column: 10,
      },
    ]);
    expect(config).toEqual({ gateway: { auth: {} } });
  });

  test("are looked up once: what a variable holds is not read again", () => {
    expect(read("{ logging: {}, session: { mainKey: '${A}' } }", { A: "${B}", B: "b" }).config.session?.mainKey).toBe(
      "${B}",
    );
  });

  test.each([
    ["$${NAME}", "${NAME}"],
    ["${lower}", "${lower}"],
    ["$NAME", "$NAME"],
    ["${}", "${}"],
  ])("%s stays text", (text, expected) => {
    expect(read(`{ session: { mainKey: '${text}' } }`).config.session?.mainKey).toBe(expected);
  });

  test("inherited names are not variables", () => {
    const env = Object.create({ INHERITED: "x" });
    expect(read("{ session: { mainKey: '${INHERITED}' } }", env).issues).toHaveLength(1);
  });
});

test("messages quote no values", () => {
  const secret = "hunter2-hunter2";
  const texts = [
    `{ gateway: { port: '${secret}', auth: { mode: '${secret}' } } }`,
    `{ gateway: { auth: { token: '${secret} } }`,
    `{ a: ${secret} }`,
  ];
  for (const text of texts) expect(JSON.stringify(read(text).issues)).not.toContain(secret);
});

test("a hostile text does not reach the prototypes", () => {
  const { issues } = read('{ "channels": { "a": { "__proto__": { "polluted": 1 } } } }');
  expect(issues).toMatchObject([{ severity: "fatal" }]);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});
