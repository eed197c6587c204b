/** What must hold between several keys of a config that is otherwise well-formed. Pure. */
import type { Config } from "./schema.ts";
import type { ConfigIssue } from "./validate.ts";

/** The broken rules, each at the key to change. */
export function brokenRules(config: Config): ConfigIssue[] {
  return [...agentRules(config), ...authRules(config), ...tlsRules(config)].map(({ path, message }) => ({
    path,
    message,
    severity: "fatal",
  }));
}

interface BrokenRule {
  path: string;
  message: string;
}

function agentRules({ agents }: Config): BrokenRule[] {
  const ids = (agents?.list ?? []).map((agent) => agent.id.toLowerCase());
  const defaults = (agents?.list ?? []).flatMap((agent, index) => (agent.default === true ? [index] : []));
  return [
    ...ids.flatMap((id, index) =>
      ids.indexOf(id) < index ? [{ path: `agents.list[${index}].id`, message: "is used by an earlier agent" }] : [],
    ),
    ...defaults.slice(1).map((index) => ({
      path: `agents.list[${index}].default`,
      message: "an earlier agent is the default already",
    })),
  ];
}

function authRules({ gateway }: Config): BrokenRule[] {
  if (gateway?.auth?.mode !== "trusted-proxy") return [];
  const broken: BrokenRule[] = [];
  if (gateway.auth.trustedProxy?.userHeader === undefined) {
    broken.push({ path: "gateway.auth.trustedProxy.userHeader", message: "is required in mode trusted-proxy" });
  }
  if ((gateway.trustedProxies ?? []).length === 0) {
    broken.push({ path: "gateway.trustedProxies", message: "must name the proxy in mode trusted-proxy" });
  }
  return broken;
}

function tlsRules({ gateway }: Config): BrokenRule[] {
  const { certPath, keyPath } = gateway?.tls ?? {};
  if ((certPath === undefined) === (keyPath === undefined)) return [];
  const missing = certPath === undefined ? "certPath" : "keyPath";
  return [{ path: `gateway.tls.${missing}`, message: "certPath and keyPath belong together" }];
}
