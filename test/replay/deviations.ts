/** Where we differ from the recorded peers on purpose, and why. */
import type { Mismatch, MismatchKind } from "./shape.ts";

export interface Deviation {
  why: string;
  /** Which cases, or connections of a case (`<case>#<connection>`); `*` stands for anything. */
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
    why: "only nodes are told where their canvas is",
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
    cases: "v3-{clients/connection-2,nodes/node-*}",
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
    at: ["res(connect).{ok,error,payload}", "event(health)", "close"],
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
    why: "v3 peers hear what approval takes in the words of v4",
    cases: "v3-{device/pairing-remote-approve,nodes/node-pairing-remote}",
    kind: ["constant", "close"],
    at: ["res(connect).error.message", "close.reason"],
  },
  {
    why: "the recorded v4 peer trusts the proxy on this host and tells the forwarded address; v3 tells none for it",
    cases: "v*-{device/pairing-remote-approve,nodes/node-pairing-remote}",
    kind: ["constant", "extra"],
    at: [
      "event({device,node}.pair.requested).payload.remoteIp",
      "res({device,node}.pair.**).payload.**remoteIp",
      "res(node.list).payload.nodes[].remoteIp",
    ],
  },
  {
    why: "where a device on this host came from is no address",
    cases: "v3-*",
    kind: "missing",
    at: "res(device.pair.list).payload.paired[].remoteIp",
  },
  {
    why: "a rotated or revoked token closes the sockets that used it, in v3 too (threats T26)",
    cases: "v3-device/reconnect-with-device-token",
    kind: ["close", "missing"],
    at: ["close.code", "res(device.token.{revoke,rotate})"],
  },
  {
    why: "scopes are stored as they were granted; what they imply is derived",
    cases: "v4-device/*",
    kind: "missing",
    at: ["res(device.pair.list).payload.paired[].tokens[].scopes[**]", "res(device.token.rotate).payload.scopes[**]"],
  },
  {
    why: "v4 tells more of a device than v3, and neither peer minds",
    cases: "v*-{device,methods,nodes}/*",
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
    why: "the recorded summary that stands for those left out is of a peer without sessions",
    cases: "v3-{device,methods}/*",
    kind: "filled",
    at: ["event(health).payload.sessions.recent", "event(health).payload.agents[].sessions.recent"],
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
    why: "the v4 peer hides the model from readers; which model answers is no secret to who may read it",
    cases: "v4-*",
    kind: ["filled", "type"],
    at: "res(status).payload.sessions.defaults.*",
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
    why: "the models are those of this test; the v3 peer listed a catalogue, and v4 tells thinking levels per model",
    cases: "v*",
    kind: ["constant", "extra", "missing"],
    at: ["res({models.list,chat.metadata}).payload.models[].*"],
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

const runs: readonly Deviation[] = [
  {
    why: "a run has fewer phases here: there is no workspace to prepare, and no second report of the model or of the end",
    cases: "v4-*",
    kind: "missing",
    at: [
      "event(chat status preparing_workspace)",
      "event(agent run_status preparing_workspace)",
      "event(agent lifecycle {finishing,model,model-none,fallback_step})",
    ],
  },
  {
    why: "an aborted run ends once, with lifecycle end",
    cases: "v4-runs/{chat-abort,chat-stop-text}",
    kind: "missing",
    at: "event(agent lifecycle error)",
  },
  {
    why: "runs by agent tell their phases as those by chat.send do",
    cases: "v4-{methods,runs}/agent-*",
    kind: "extra",
    at: [
      "event(chat status {preparing_context,starting_model})",
      "event(agent run_status {preparing_context,starting_model})",
      "event(agent **).payload.isHeartbeat",
    ],
  },
  {
    why: "every event of a run names its session, and usage has both directions",
    cases: "v4-*",
    kind: "extra",
    at: ["event(agent **).payload.sessionId", "event(agent usage).payload.data.inputTokens"],
  },
  {
    why: "receipts, liveness and replies of the end are there for the peers' own recovery; clients read phase and times",
    cases: "v4-*",
    kind: "missing",
    at: [
      "event(agent assistant).payload.data.itemId",
      "event(agent lifecycle {end,error}).payload.data.{livenessState,replayInvalid,terminalReceipt,terminalReply,aborted,errorObservation,stopReason,timeoutPhase,providerStarted}",
      "event(chat error).payload.errorDetail",
      "res(agent.wait).payload.{livenessState,terminalReceipt,terminalReply}",
    ],
  },
  {
    why: "the end of a run says that it is settled, in every way to end, and since when it ran",
    cases: "v4-*",
    kind: "extra",
    at: ["event(chat error).payload.errorKind", "res(agent.wait).payload.startedAt"],
  },
  {
    why: "the answer of an agent has what its clients show: text, model and usage",
    cases: "v*",
    kind: ["missing", "extra"],
    at: [
      "res(agent{, again}).payload.result.meta.*",
      "res(agent{, again}).payload.result.meta.agentMeta.*",
      "res(agent{, again}).payload.result.meta.agentMeta.usage.*",
      "res(agent{, again}).payload.result.{sourceReplyDeliveryState,deliveryStatus}",
    ],
    except:
      "**.meta.{durationMs,aborted,agentMeta,agentMeta.sessionId,agentMeta.provider,agentMeta.model,agentMeta.usage}",
  },
  {
    why: "an unknown agent is named in the details, as other unknown things are",
    cases: "v4-runs/agent-ok",
    kind: "extra",
    at: "res(agent).error.details",
  },
  {
    why: "agent and agent.wait hear of the end at once; which answer goes first means nothing",
    cases: "v*-runs/agent-ok",
    kind: "order",
    at: "res({agent again,agent.wait})",
  },
  {
    why: "a request to end a run is answered at once, and the end is told when the model has let go",
    cases: "v*-runs/{chat-abort,chat-stop-text}",
    kind: ["order", "extra"],
    at: ["res({chat.abort,chat.send})", "event(chat aborted)", "event(agent lifecycle end)"],
  },
  {
    why: "the recorded v4 peer let an admin abort under a wrong key; a run belongs to its session (v3 says so too)",
    cases: "v4-runs/chat-abort",
    kind: ["constant", "missing", "extra", "filled"],
    at: ["res(chat.abort).{ok,payload,error}", "res(chat.abort).payload.{aborted,runIds}"],
  },
  {
    why: "a run begins as soon as its request was answered, which a repeat right behind it may come after",
    cases: "v*-methods/chat-send-no-model-auth",
    kind: "order",
    at: ["res(chat.send)", "event(agent lifecycle start)"],
  },
  {
    why: "a failure of the model is an error in both generations; the recorded v3 peer gave an empty answer",
    cases: "v3-runs/chat-error",
    kind: ["missing", "extra", "constant"],
    at: [
      "event(agent lifecycle {end,error})",
      "event(chat {final,error})",
      "res(chat.send).{ok,error,payload.summary,payload.status}",
    ],
  },
  {
    why: "a failure is told in the words of the model, and trying the same again does not help",
    cases: "v4-runs/chat-error",
    kind: ["constant", "missing"],
    at: "res(chat.send).error.{message,retryable}",
  },
  {
    why: "the stand-in's tool is another one than the recorded shell, fails, and comes without words before it",
    cases: "v*-runs/{chat-send-tool,chat-tool-events}",
    kind: ["missing", "extra", "constant", "order"],
    at: [
      "event(agent {item,command_output,tool update,tool start,tool result,assistant,usage})",
      "event(chat {delta,final})",
      "event(agent tool {start,result}).payload.**",
      "res(chat.history).payload.messages[].**",
      "res(chat.history).payload.{activity,hasMore,nextOffset}",
    ],
    except: "event(agent tool *).payload.{runId,sessionKey,stream,seq,ts,agentId,data.phase,data.toolCallId}",
  },
  {
    why: "of v3 peers, too, only those with operator.read hear what is said in sessions",
    cases: "v3-runs/second-client-sees-events#C**",
    kind: "missing",
    at: ["event(agent **)", "event(chat **)", "event(presence)"],
  },
];

const sessions: readonly Deviation[] = [
  {
    why: "rows have what a list shows; owners, sharing, boards, costs and worktrees do not exist here",
    cases: "v*",
    kind: "missing",
    at: [
      "res(sessions.list).payload.{owners,sessions[].*,defaults.*}",
      "res(sessions.describe).payload.session.*",
      "event(sessions.changed *).payload.{session.*,*}",
      "event(session.message *).payload.*",
    ],
    except:
      "**.{key,kind,sessionId,updatedAt,agentId,isMain,sessionKey,reason,phase,ts,message,messageId,messageSeq,modelProvider,model,contextTokens}",
  },
  {
    why: "a row tells the model only where the session has one of its own",
    cases: "v*",
    kind: "missing",
    at: [
      "res(sessions.list).payload.sessions[].{model,modelProvider,contextTokens}",
      "{res(sessions.describe),event(sessions.changed *)}.payload.session.{model,modelProvider,contextTokens}",
      "event(session**).payload.{model,modelProvider,contextTokens,sessionId,updatedAt,kind}",
    ],
  },
  {
    why: "rows tell tokens, flags and the channel in both generations where there are any",
    cases: "v*",
    kind: "extra",
    at: [
      "res(sessions.list).payload.sessions[].{agentId,createdAt,isMain,lastChannel,abortedLastRun,inputTokens,outputTokens,totalTokens,systemSent,thinkingLevel}",
      "{res(sessions.describe),event(sessions.changed *)}.payload.session.{lastChannel,abortedLastRun,inputTokens,outputTokens,totalTokens,systemSent,status}",
    ],
  },
  {
    why: "an entry has the settings that somebody made; what derives from the configuration is in the list",
    cases: "v*",
    kind: ["missing", "extra"],
    at: ["res(sessions.{create,patch,reset}).payload.entry.*", "res(sessions.{create,patch,reset}).payload.resolved"],
    except: "**.entry.{sessionId,updatedAt,label}",
  },
  {
    why: "fewer sessions exist here than on the recorded peer, and they have other names",
    cases: "v*",
    kind: ["constant", "type", "empty", "missing"],
    at: [
      "res(sessions.list).payload.{hasMore,nextOffset}",
      "res({status,health}).payload.**recent[].key",
      "res(chat.history).payload.messages[].__openclaw.runId",
      "res(chat.history).payload.verboseLevel",
      "res(status).payload.queuedSystemEvents",
      "res(device.pair.list).payload.pending",
    ],
  },
  {
    why: "thinking levels are those of the protocol; the recorded v4 peer knew that its model had none",
    cases: "v4-methods/sessions-crud",
    kind: "constant",
    at: "res(sessions.patch).error.message",
  },
  {
    why: "history tells the state of the run and the level of thinking always; cursors and activity are not served",
    cases: "v4-*",
    kind: ["missing", "extra"],
    at: [
      "res({chat.history,chat.startup}).payload.{activeRunIds,thinkingLevel,defaults,deltaCursor,sessionInfo,inFlightRun,sessionRow,agentsList,metadata}",
      "res(chat.metadata).payload.{accountSelection,runtimeSelectionLocked,swarmEnabled}",
    ],
  },
  {
    why: "a stored message tells its place and its run; who sent it and by which wire is not kept",
    cases: "v*",
    kind: ["missing", "extra"],
    at: [
      "res({chat.history,chat.startup}).payload.messages[].{api,usage,usage.*,responseId}",
      "res({chat.history,chat.startup}).payload.messages[].__openclaw.{idempotencyKey,senderIsOwner,transcriptPosition,transport,runId}",
      "event(session.message *).payload.message.{api,usage,usage.*,responseId}",
      "event(session.message *).payload.message.__openclaw.{idempotencyKey,senderIsOwner,transcriptPosition,transport,runId}",
    ],
  },
  {
    why: "an injected message says that it was injected, and names no model",
    cases: "v*-methods/{chat-send-no-model-auth,chat-history-empty}",
    kind: ["missing", "extra", "constant"],
    at: [
      "event(chat final).payload.{stopReason,message.*,message.usage.*}",
      "event(session.message assistant).payload.message.*",
      "res(chat.history).payload.messages[].{provider,model,stopReason}",
    ],
    except: "**.message.{role,content,timestamp}",
  },
  {
    why: "news about the list come as they happen: they are not ordered against answers, and only five kinds exist",
    cases: "v4-methods/{v4-session-methods,chat-send-no-model-auth}",
    kind: ["order", "missing"],
    at: [
      "event(sessions.changed {send,participants,agent**,model,delete,create,start,end})",
      "event(session.message {user,assistant})",
    ],
  },
  {
    why: "the recorded history is longer, so that its messages and ours do not correspond one to one",
    cases: "v4-methods/chat-history-empty",
    kind: "identity",
    at: "res(chat.history).payload.messages[].__openclaw.id",
  },
];

const elsewhere: readonly Deviation[] = [
  {
    why: "who else was connected to the recorded peer is not replayed",
    cases: "v*",
    kind: ["constant", "missing", "extra"],
    at: ["{event(presence),res(connect)}.payload.**presence[].{scopes,scopes[**],reason,roles,tags}"],
  },
  {
    why: "tasks and node inventories are not served, and other nodes of the recorded peer are not here",
    cases: "v*",
    kind: "missing",
    at: "event({task**,node.pair.requested**,node.runnerInventory.changed**})",
  },
  {
    why: "happened on the recorded peer at that moment for reasons of its own",
    cases: "v4-{runs/agent-ok,clients/connection-2}",
    kind: "missing",
    at: ["event({presence,tick})", "event(device.pair.resolved**)"],
  },
  {
    why: "channels have no open issues to tell while there are none",
    cases: "v4-*",
    kind: "missing",
    at: "res(channels.status).payload.statusIssues",
  },
];

const nodes: readonly Deviation[] = [
  {
    why: "nodes are not told who is here",
    cases: "v3-{clients/connection-2,nodes/*}",
    kind: "empty",
    at: "res(connect).payload.snapshot.presence",
  },
  {
    why: "a node's canvas lies behind a capability of its socket, in both generations (threats T17)",
    cases: "v*-{clients/connection-2,nodes/*}",
    kind: ["constant", "extra"],
    at: "res(connect).payload.{canvasHostUrl,pluginSurfaceUrls}",
  },
  {
    why: "a node of v4 hears that what it offers waits, so that it can say so to who holds it",
    cases: "v4-{clients/connection-2,nodes/*}",
    kind: "extra",
    at: "event(node.pair.requested)",
  },
  {
    why: "a node proves a device, in every generation (design D8)",
    cases: "v3-nodes/node-without-device",
    kind: ["constant", "missing", "extra", "close"],
    at: ["res(connect).{ok,error,payload}", "event({health,voicewake.changed})", "close.{code,reason}"],
  },
  {
    why: "who offers 3 is answered 3, also as a node",
    cases: "v4-nodes-extra/node-v3-range-on-v4",
    kind: ["constant", "missing", "extra"],
    at: [
      "res(connect).payload.{protocol,canvasHostUrl}",
      "res(connect).payload.server.{bootId,host}",
      "res(connect).payload.snapshot.{configPath,stateDir}",
      "event(health).payload.*",
      "event({tick,voicewake.routing.changed})",
    ],
  },
  {
    why: "a local device that offers 3 may become a node too, as v3 peers let it",
    cases: "v4-nodes/node-v3-range-on-v4",
    kind: ["constant", "missing", "extra", "close"],
    at: ["res(connect).{ok,error,payload}", "event({health,voicewake.changed})", "close"],
  },
  {
    why: "every node can be given a name; the recorded v3 peer renamed entries of its older store only",
    cases: "v3-nodes/node-flow",
    kind: ["constant", "missing", "extra"],
    at: ["res(node.rename).{ok,error,payload}", "res(node.list).payload.nodes[].displayName"],
  },
  {
    why: "where a node on this host comes from is no address",
    cases: "v3-nodes/node-flow",
    kind: "missing",
    at: "res(node.{list,describe}).payload.**remoteIp",
  },
  {
    why: "an absent node says that trying later can help",
    cases: "v*-nodes/node-flow",
    kind: "extra",
    at: "res(node.invoke).error.retryable",
  },
  {
    why: "a node that follows a session hears it once: the copies without numbers",
    cases: "v3-nodes/node-flow#node**",
    kind: "missing",
    at: ["event({agent **,chat **})", "event({agent **,chat **}).seq"],
  },
  {
    why: "the wake words are our own, and there are no skills",
    cases: "v*-nodes/node-flow",
    kind: ["missing", "extra", "empty"],
    at: ["event(voicewake.changed).payload.triggers[**]", "res(skills.bins).payload.bins"],
  },
  {
    why: "the id of a run inside the parameters is another one each time",
    cases: "v4-nodes/node-flow",
    kind: "constant",
    at: "event(node.invoke.request).payload.paramsJSON",
  },
  {
    why: "presence names clients by their name and mode",
    cases: "v4-nodes/*",
    kind: "missing",
    at: "event(presence).payload.presence[].clientId",
  },
  {
    why: "the family that a host leaves out is filled in where its commands are judged, and left out of its pairing",
    cases: "v4-nodes/node-pairing-remote",
    kind: "missing",
    at: [
      "{event(device.pair.requested),res(device.pair.**)}.payload.**deviceFamily",
      "event(presence).payload.presence[].deviceFamily",
    ],
  },
  {
    why: "a device that waits is told what it asked for, also when that is nothing",
    cases: "v4-nodes/node-pairing-remote",
    kind: "extra",
    at: "res(connect).error.details.requestedScopes",
  },
  {
    why: "an approved node tells since when it is here",
    cases: "v4-nodes/*",
    kind: "extra",
    at: "res(node.pair.approve).payload.node.lastConnectedAtMs",
  },
  {
    why: "the recorded peer knew nodes of earlier cases",
    cases: "v*-nodes/node-pair*",
    kind: "empty",
    at: "res({node,device}.pair.list).payload.paired",
  },
  {
    why: "devices have their scopes told in both generations",
    cases: "v3-nodes/node-pairing-remote",
    kind: "extra",
    at: "res(device.pair.approve).payload.device.scopes",
  },
  {
    why: "how long a command is stands beside it: whoever decides sees whether something is missing (threats T10)",
    cases: "v3-approvals/exec-approval-flow",
    kind: "extra",
    at: "event(exec.approval.requested).payload.request.commandLength",
  },
  {
    why: "who may decide, and no more, is not told who is here",
    cases: "v3-approvals/exec-approval-flow#B",
    kind: "missing",
    at: "event(presence)",
  },
];

export const deviations: readonly Deviation[] = [
  ...version4,
  ...admission,
  ...state,
  ...reads,
  ...runs,
  ...sessions,
  ...nodes,
  ...elsewhere,
];

/** A deviation, and the one of its places that a mismatch fits. */
export interface Explanation {
  deviation: Deviation;
  place: string;
}

/** What explains a mismatch on a connection (`<case>#<connection>`), if anything does. */
export function explain(connectionId: string, mismatch: Mismatch): Explanation | undefined {
  const caseId = connectionId.replace(/#.*$/, "");
  for (const deviation of deviations) {
    const { cases, kind, except } = deviation;
    if (![kind].flat().includes(mismatch.kind)) continue;
    if (!matches(cases, caseId) && !matches(cases, connectionId)) continue;
    if (except !== undefined && matches(except, mismatch.at)) continue;
    const place = placesOf(deviation).find((one) => matches(one, mismatch.at));
    if (place !== undefined) return { deviation, place };
  }
  return undefined;
}

/** The places of a deviation. */
export function placesOf({ at }: Deviation): readonly string[] {
  return typeof at === "string" ? [at] : at;
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
