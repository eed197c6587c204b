/** Where we differ from the recorded peers on purpose, and why. */
import type { Mismatch, MismatchKind } from "./shape.ts";

export interface Deviation {
  why: string;
  /** Which cases; `*` stands for anything. */
  cases: string;
  kind: MismatchKind | readonly MismatchKind[];
  /** Which places; `*` stands for anything up to the next dot, `**` for anything, `{a,b}` for one of several. */
  at: string | readonly string[];
  /** Places that are compared all the same. */
  except?: string;
}

const version4: readonly Deviation[] = [
  {
    why: "a gateway that speaks both generations answers 4 to an offer of 3..4",
    cases: "v3-handshake/protocol-range-3-4",
    kind: ["constant", "extra", "missing", "empty"],
    at: [
      "res(connect).payload.{protocol,auth}",
      "res(connect).payload.policy.*",
      "res(connect).payload.server.{bootId,host}",
      "res(connect).payload.snapshot.{presence,configPath,stateDir}",
      "event(health)",
    ],
  },
  {
    why: "and it admits a peer of the other generation, which the recorded ones refuse",
    cases: "v*-handshake/protocol-mismatch-other",
    kind: ["constant", "missing", "extra", "close"],
    at: ["res(connect).{ok,error,payload}", "event(health)", "event(presence)", "close"],
  },
  {
    why: "the recorded v4 peer answers 4 to a probe that offers 3 only; we answer what was offered",
    cases: "v4-handshake/protocol-3-probe-mode",
    kind: ["constant", "missing", "extra", "filled"],
    at: [
      "res(connect).payload.{protocol,auth}",
      "res(connect).payload.policy.*",
      "res(connect).payload.server.*",
      "res(connect).payload.snapshot.{presence,configPath,stateDir}",
      "event(health)",
    ],
  },
  {
    why: "v3 peers are told our own generation in refusals, with the details of v4: they read the message only",
    cases: "v3-*",
    kind: ["extra", "constant"],
    at: ["res(connect).error.details", "res(connect).error.details.*", "res(agent).error.details"],
  },
  {
    why: "v4 clients do without these parts of the hello, and we have nothing to say in them",
    cases: "v4-*",
    kind: "missing",
    at: [
      "event(connect.challenge).payload.capabilities",
      "res(connect).payload.{controlUiWidgetKinds,controlUiLinkReaders,pluginSurfaceUrls}",
      "res(connect).payload.server.{buildId,controlUiBuildSource}",
      "res(connect).payload.features.capabilities",
      "res(connect).payload.policy.{attachments,allowedSessionVisibilities,hasMultipleSessionSharingIdentities}",
      "res(connect).payload.snapshot.{appliedConfigHash,authMode,suspension,updateSchedule}",
      "res(connect).payload.snapshot.sessionDefaults.{modelConfigured,ownership,selectionRequired}",
    ],
  },
  {
    why: "the published schema of v4 has no method in hello-ok.auth, and recovery belongs to their accounts",
    cases: "v4-*",
    kind: "missing",
    at: "res(connect).payload.auth.{method,recoveryScope,recoveryMigrationAllowed,deviceTokens}",
  },
  {
    why: "canvas comes with nodes, which are not served yet",
    cases: "v3-*",
    kind: "missing",
    at: "res(connect).payload.canvasHostUrl",
  },
  {
    why: "the features list exactly what works here: less than the recorded peers have, and the same for both generations",
    cases: "*-handshake/connect-ok-token",
    kind: ["missing", "extra"],
    at: "res(connect).payload.features.{methods,events}[**]",
  },
  {
    why: "a v4 reader may leave 8 MiB unread, not 50: enough for any answer, and a thousand of them still fit in memory",
    cases: "v4-*",
    kind: "constant",
    at: "res(connect).payload.policy.maxBufferedBytes",
  },
  {
    why: "a v3 node may send 25 MiB: its camera pictures come in one frame",
    cases: "v3-clients/connection-2",
    kind: "constant",
    at: "res(connect).payload.policy.maxPayload",
  },
];

const admission: readonly Deviation[] = [
  {
    why: "a foreign Origin and an unknown Host are refused with 403 before the upgrade (threats T01)",
    cases: "v*-handshake/{origin-header-foreign,non-local-host-header}",
    kind: "http",
    at: "upgrade",
  },
  {
    why: "a forwarding header makes a peer remote instead of refusing it (design D7)",
    cases: "v4-extra/unattributable-forwarded-header",
    kind: "http",
    at: "upgrade",
  },
  {
    why: "before hello-ok a frame may have 64 KiB in both generations (threats T35)",
    cases: "v3-handshake/preauth-oversized-frame",
    kind: ["missing", "close"],
    at: ["res(unknown)", "close.code", "close.reason"],
  },
  {
    why: "beyond 25 MiB the WebSocket layer closes, and it gives its own reason",
    cases: "v4-handshake/post-hello-oversized",
    kind: "close",
    at: "close.reason",
  },
  {
    why: "payload v3 is accepted of v3 peers too: it covers more than v2",
    cases: "v3-device/v3-signature",
    kind: ["constant", "missing", "extra", "close"],
    at: ["res(connect).{ok,error,payload}", "event(health)", "event(presence)", "close"],
  },
  {
    why: "a blank nonce is a missing one, also from this host",
    cases: "v3-device/blank-nonce",
    kind: ["constant", "close"],
    at: ["res(connect).error.message", "close.reason"],
  },
  {
    why: "the hint behind a refusal is ours; clients branch on the code",
    cases: "v*-{device,clients}/{reconnect-with-device-token,scope-widening-with-device-token,connection-1}",
    kind: ["constant", "close"],
    at: ["res(connect).error.message", "close.reason"],
  },
  {
    why: "scopes without a device are kept for the backend and the command line of this host only, as v4 has it (D8)",
    cases: "v3-handshake/{protocol-3-probe-mode,untrusted-forwarded-header}",
    kind: ["empty", "missing"],
    at: "res(connect).payload.snapshot.presence[].scopes**",
  },
  {
    why: "v3 peers hear what approval takes in the words of v4",
    cases: "v3-device/pairing-remote-approve",
    kind: ["constant", "close"],
    at: ["res(connect).error.message", "close.reason"],
  },
  {
    why: "the recorded v4 peer trusts the proxy on this host and tells the forwarded address; v3 tells none for it",
    cases: "v*-device/pairing-remote-approve",
    kind: ["constant", "extra"],
    at: ["event(device.pair.requested).payload.remoteIp", "res(device.pair.**).payload.**remoteIp"],
  },
  {
    why: "where a device on this host came from is no address",
    cases: "v3-device/*",
    kind: "missing",
    at: "res(device.pair.list).payload.paired[].remoteIp",
  },
  {
    why: "a rotated or revoked token closes the sockets that used it, in v3 too (threats T26)",
    cases: "v3-device/reconnect-with-device-token",
    kind: ["close", "missing"],
    at: ["close.code", "close.reason", "res(device.token.{revoke,rotate})"],
  },
  {
    why: "scopes are stored as they were granted; what they imply is derived",
    cases: "v4-device/*",
    kind: "missing",
    at: ["res(device.pair.list).payload.paired[].tokens[].scopes[**]", "res(device.token.rotate).payload.scopes[**]"],
  },
  {
    why: "v4 tells more of a device than v3, and neither peer minds",
    cases: "v*-{device,methods}/*",
    kind: ["extra", "missing"],
    at: ["res(device.pair.**).payload.**{approvedVia,connected,lastSeenAtMs,lastSeenReason,lastUsedAtMs}"],
  },
  {
    why: "which roles and scopes a device has is for its owner to know, not for who asks in its name",
    cases: "v4-device/pairing-remote-approve",
    kind: "missing",
    at: "res(connect).error.details.{approvedRoles,approvedScopes}",
  },
];

const state: readonly Deviation[] = [
  {
    why: "presence is told whenever it changes, to peers of both generations",
    cases: "v*",
    kind: "extra",
    at: "event(presence)",
  },
  {
    why: "the gateway does not tell its own address and hardware alike to everybody",
    cases: "v*",
    kind: ["missing", "extra"],
    at: [
      "res(connect).payload.snapshot.presence[].{ip,instanceId,modelIdentifier,tags}",
      "res(system-presence).payload[].{ip,instanceId,modelIdentifier,tags}",
      "event(presence).payload.presence[].{ip,instanceId,modelIdentifier,tags}",
    ],
  },
  {
    why: "heartbeats are not served yet, and say so",
    cases: "v*",
    kind: ["constant", "missing"],
    at: [
      "event(health).payload.agents[].heartbeat.*",
      "res({connect,health}).payload.**agents[].heartbeat.*",
      "res(status).payload.heartbeat.agents[].*",
    ],
    except: "**agentId",
  },
  {
    why: "the health summary tells whether the disk takes writes",
    cases: "v*",
    kind: "extra",
    at: ["event(health).payload.storage", "res({connect,health}).payload.**storage"],
  },
  {
    why: "plugins and the event loop of their runtime do not exist here",
    cases: "v4-*",
    kind: "missing",
    at: "res({connect,health,channels.status}).payload.**{plugins,configReload,eventLoop,modelRuntime}",
  },
  {
    why: "a fresh health summary is told when it is probed, not after each connect of v4",
    cases: "v4-*",
    kind: ["missing", "extra"],
    at: "event(health)",
  },
];

const reads: readonly Deviation[] = [
  {
    why: "status tells what this gateway is: its version, process, port and connections",
    cases: "v*",
    kind: "extra",
    at: "res(status).payload.{runtimeVersion,pid,port,uptimeMs,connections}",
  },
  {
    why: "tasks, worker pools and a desktop do not exist here",
    cases: "v4-*",
    kind: "missing",
    at: "res(status).payload.{hostDesktop,degradedSecretOwners,degradedPlugins,tasks,taskAudit,modelRuntime,eventLoop,processMemory,workerPools,shutdownBudget}",
  },
  {
    why: "the v4 peer hides paths and the model from readers; where the database lies is no secret to who may read it",
    cases: "v4-*",
    kind: ["filled", "type"],
    at: ["res(status).payload.sessions.paths", "res(status).payload.sessions.defaults.*"],
  },
  {
    why: "the status of a session is its place and age; flags and shares of the window are for a list to compute",
    cases: "v*",
    kind: "missing",
    at: ["res(status).payload.sessions.recent[].*", "res(status).payload.sessions.byAgent[].recent[].*"],
    except: "**.{key,kind,sessionId,updatedAt,age,model,agentId}",
  },
  {
    why: "the configuration is the one of this test, secrets are redacted for everybody, and there are no includes",
    cases: "v*",
    kind: ["missing", "constant", "type", "extra"],
    at: [
      "res(config.get).payload.{includedPaths,includeProvenance,agentRosterIncludeOwned,bindingsIncludeOwned,legacyIssues}",
      "res(config.get).payload.{sourceConfig,runtimeConfig,resolved,appliedConfigHash,configRevisionHash,raw}",
      "res(config.get).payload.{config,parsed}.**",
    ],
  },
  {
    why: "a short log is not cut",
    cases: "v*-methods/basic-reads",
    kind: "constant",
    at: "res(logs.tail).payload.truncated",
  },
  {
    why: "the models are those of this test; the v3 peer listed a catalogue, and v4 tells thinking levels per model",
    cases: "v*",
    kind: ["constant", "extra", "missing"],
    at: ["res({models.list,chat.metadata}).payload.models[].*", "res(models.list).payload.models[].input[**]"],
    except: "**.{id,name,provider}.",
  },
  {
    why: "agents tell their model, and have no workspace yet",
    cases: "v*",
    kind: ["extra", "missing"],
    at: ["res(agents.list).payload.agents[].**", "res(agents.list).payload.{ownership,selectionRequired}"],
    except: "**agents[].id",
  },
  {
    why: "how an agent came by its name is told to peers of both generations",
    cases: "v3-*",
    kind: "extra",
    at: "res(agent.identity.get).payload.nameSource",
  },
  {
    why: "node methods are not served yet: to us their names are unknown",
    cases: "v*-methods/node-only-method-as-operator",
    kind: "constant",
    at: "res({node.event,skills.bins}).error.message",
  },
  {
    why: "there is no messaging network yet, and the refusal says what works",
    cases: "v*-methods/send-without-idempotencyKey",
    kind: "constant",
    at: "res(send).error.message",
  },
  {
    why: "our commands are our own",
    cases: "v4-methods/v4-session-methods",
    kind: ["constant", "extra", "missing"],
    at: "res({chat.metadata,commands.list}).payload.commands[].**",
  },
  {
    why: "facts about the host that no client needs are not told",
    cases: "v4-methods/v4-session-methods",
    kind: "missing",
    at: "res(system.info).payload.{cpuModel,defaultAgentUtilityModel,diskAvailableBytes,diskPath,diskTotalBytes,disks,eventLoop,loadAverage,nodeVersion,processInstanceId,processMemory}",
  },
];

export const deviations: readonly Deviation[] = [...version4, ...admission, ...state, ...reads];

/** The deviation that explains a mismatch, if one does. */
export function explain(caseId: string, mismatch: Mismatch): Deviation | undefined {
  return deviations.find(
    ({ cases, kind, at, except }) =>
      [kind].flat().includes(mismatch.kind) &&
      matches(cases, caseId) &&
      [at].flat().some((place) => matches(place, mismatch.at)) &&
      !(except !== undefined && matches(except, mismatch.at)),
  );
}

const patterns = new Map<string, RegExp>();

function matches(glob: string, text: string): boolean {
  let pattern = patterns.get(glob);
  if (!pattern) {
    const source = glob
      .replaceAll(/[.+?^$()|[\]\\]/g, "\\$&")
      .replaceAll(/\*+/g, (stars) => (stars.length > 1 ? "\0" : "[^.]*"))
      .replaceAll("\0", ".*")
      .replaceAll(/\{([^}]*)\}/g, (_all, names: string) => `(?:${names.replaceAll(",", "|")})`);
    pattern = new RegExp(`^${source}$`, "s");
    patterns.set(glob, pattern);
  }
  return pattern.test(text);
}
