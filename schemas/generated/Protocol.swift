// Generated from the protocol's schemas; do not edit.

import Foundation

/// The version of the gateway these types were generated from.
public let gatewayProtocolSource = "0.1.0"

/// The methods of the gateway.
public enum GatewayMethod: String, Codable, CaseIterable, Hashable, Sendable {
    case agent = "agent"
    case agentIdentityGet = "agent.identity.get"
    case agentWait = "agent.wait"
    case agentsList = "agents.list"
    case channelsLoginStart = "channels.login.start"
    case channelsLoginWait = "channels.login.wait"
    case channelsLogout = "channels.logout"
    case channelsPairingApprove = "channels.pairing.approve"
    case channelsPairingList = "channels.pairing.list"
    case channelsStart = "channels.start"
    case channelsStatus = "channels.status"
    case channelsStop = "channels.stop"
    case chatAbort = "chat.abort"
    case chatHistory = "chat.history"
    case chatInject = "chat.inject"
    case chatMessageGet = "chat.message.get"
    case chatMetadata = "chat.metadata"
    case chatSend = "chat.send"
    case chatStartup = "chat.startup"
    case commandsList = "commands.list"
    case configApply = "config.apply"
    case configGet = "config.get"
    case configPatch = "config.patch"
    case configSchema = "config.schema"
    case configSchemaLookup = "config.schema.lookup"
    case configSet = "config.set"
    case devicePairApprove = "device.pair.approve"
    case devicePairList = "device.pair.list"
    case devicePairReject = "device.pair.reject"
    case devicePairRemove = "device.pair.remove"
    case devicePairRename = "device.pair.rename"
    case deviceScopesRequestUpgrade = "device.scopes.requestUpgrade"
    case deviceScopesWaitUpgrade = "device.scopes.waitUpgrade"
    case deviceTokenRevoke = "device.token.revoke"
    case deviceTokenRotate = "device.token.rotate"
    case execApprovalGet = "exec.approval.get"
    case execApprovalList = "exec.approval.list"
    case execApprovalRequest = "exec.approval.request"
    case execApprovalResolve = "exec.approval.resolve"
    case execApprovalWaitDecision = "exec.approval.waitDecision"
    case execApprovalsGet = "exec.approvals.get"
    case execApprovalsNodeGet = "exec.approvals.node.get"
    case execApprovalsNodeSet = "exec.approvals.node.set"
    case execApprovalsSet = "exec.approvals.set"
    case health = "health"
    case lastHeartbeat = "last-heartbeat"
    case logsTail = "logs.tail"
    case messageAction = "message.action"
    case modelsList = "models.list"
    case nodeDescribe = "node.describe"
    case nodeEvent = "node.event"
    case nodeInviteCreate = "node.invite.create"
    case nodeInvoke = "node.invoke"
    case nodeInvokeProgress = "node.invoke.progress"
    case nodeInvokeResult = "node.invoke.result"
    case nodeList = "node.list"
    case nodePairApprove = "node.pair.approve"
    case nodePairList = "node.pair.list"
    case nodePairReject = "node.pair.reject"
    case nodePairRemove = "node.pair.remove"
    case nodePairRequest = "node.pair.request"
    case nodePairVerify = "node.pair.verify"
    case nodePendingAck = "node.pending.ack"
    case nodePendingDrain = "node.pending.drain"
    case nodePendingEnqueue = "node.pending.enqueue"
    case nodePendingPull = "node.pending.pull"
    case nodePluginSurfaceRefresh = "node.pluginSurface.refresh"
    case nodeRename = "node.rename"
    case poll = "poll"
    case queueList = "queue.list"
    case queuePrune = "queue.prune"
    case queueRetry = "queue.retry"
    case queueShow = "queue.show"
    case send = "send"
    case sessionsAbort = "sessions.abort"
    case sessionsCompact = "sessions.compact"
    case sessionsCreate = "sessions.create"
    case sessionsDelete = "sessions.delete"
    case sessionsDescribe = "sessions.describe"
    case sessionsList = "sessions.list"
    case sessionsMessagesSubscribe = "sessions.messages.subscribe"
    case sessionsMessagesUnsubscribe = "sessions.messages.unsubscribe"
    case sessionsPatch = "sessions.patch"
    case sessionsPreview = "sessions.preview"
    case sessionsReset = "sessions.reset"
    case sessionsResolve = "sessions.resolve"
    case sessionsSend = "sessions.send"
    case sessionsSubscribe = "sessions.subscribe"
    case skillsBins = "skills.bins"
    case status = "status"
    case systemEvent = "system-event"
    case systemPresence = "system-presence"
    case systemInfo = "system.info"
    case voicewakeGet = "voicewake.get"
    case voicewakeRoutingGet = "voicewake.routing.get"
    case voicewakeSet = "voicewake.set"
    case webLoginStart = "web.login.start"
    case webLoginWait = "web.login.wait"
}

/// The events of the gateway.
public enum GatewayEvent: String, Codable, CaseIterable, Hashable, Sendable {
    case agent = "agent"
    case chat = "chat"
    case connectChallenge = "connect.challenge"
    case devicePairRequested = "device.pair.requested"
    case devicePairResolved = "device.pair.resolved"
    case execApprovalRequested = "exec.approval.requested"
    case execApprovalResolved = "exec.approval.resolved"
    case health = "health"
    case nodeInvokeCancel = "node.invoke.cancel"
    case nodeInvokeInput = "node.invoke.input"
    case nodeInvokeRequest = "node.invoke.request"
    case nodePairRequested = "node.pair.requested"
    case nodePairResolved = "node.pair.resolved"
    case presence = "presence"
    case sessionMessage = "session.message"
    case sessionsChanged = "sessions.changed"
    case shutdown = "shutdown"
    case tick = "tick"
    case voicewakeChanged = "voicewake.changed"
    case voicewakeRoutingChanged = "voicewake.routing.changed"
}

public enum AgentEventStream: RawRepresentable, Codable, Hashable, Sendable {
    case lifecycle
    case assistant
    case tool
    case runStatus
    case usage
    case compaction
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "lifecycle": self = .lifecycle
        case "assistant": self = .assistant
        case "tool": self = .tool
        case "run_status": self = .runStatus
        case "usage": self = .usage
        case "compaction": self = .compaction
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .lifecycle: return "lifecycle"
        case .assistant: return "assistant"
        case .tool: return "tool"
        case .runStatus: return "run_status"
        case .usage: return "usage"
        case .compaction: return "compaction"
        case .unrecognized(let value): return value
        }
    }
}

public struct AgentEvent: Codable, Sendable {
    public let runId: String
    public let sessionKey: String
    public let agentId: String?
    public let seq: Int
    public let sessionId: String?
    public let stream: AgentEventStream
    public let ts: Int
    public let data: [String: AnyCodable]
    public let isHeartbeat: Bool?

    public init(
        runId: String,
        sessionKey: String,
        agentId: String? = nil,
        seq: Int,
        sessionId: String? = nil,
        stream: AgentEventStream,
        ts: Int,
        data: [String: AnyCodable],
        isHeartbeat: Bool? = nil
    ) {
        self.runId = runId
        self.sessionKey = sessionKey
        self.agentId = agentId
        self.seq = seq
        self.sessionId = sessionId
        self.stream = stream
        self.ts = ts
        self.data = data
        self.isHeartbeat = isHeartbeat
    }
}

public enum ChannelAccountHealthState: RawRepresentable, Codable, Hashable, Sendable {
    case stopped
    case starting
    case running
    case stale
    case waiting
    case failed
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "stopped": self = .stopped
        case "starting": self = .starting
        case "running": self = .running
        case "stale": self = .stale
        case "waiting": self = .waiting
        case "failed": self = .failed
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .stopped: return "stopped"
        case .starting: return "starting"
        case .running: return "running"
        case .stale: return "stale"
        case .waiting: return "waiting"
        case .failed: return "failed"
        case .unrecognized(let value): return value
        }
    }
}

public struct ChannelAccount: Codable, Sendable {
    public let accountId: String
    public let name: String?
    public let enabled: Bool
    public let configured: Bool
    public let running: Bool
    public let connected: Bool
    public let healthState: ChannelAccountHealthState
    public let reconnectAttempts: Int
    public let lastError: String?
    public let lastStartAt: Int?
    public let lastConnectedAt: Int?
    public let lastInboundAt: Int?
    public let lastOutboundAt: Int?
    public let lastTransportActivityAt: Int?
    public let dmPolicy: String?
    public let allowFrom: [String]?
    public let probe: [String: AnyCodable]?
    public let lastProbeAt: Int?

    public init(
        accountId: String,
        name: String? = nil,
        enabled: Bool,
        configured: Bool,
        running: Bool,
        connected: Bool,
        healthState: ChannelAccountHealthState,
        reconnectAttempts: Int,
        lastError: String? = nil,
        lastStartAt: Int? = nil,
        lastConnectedAt: Int? = nil,
        lastInboundAt: Int? = nil,
        lastOutboundAt: Int? = nil,
        lastTransportActivityAt: Int? = nil,
        dmPolicy: String? = nil,
        allowFrom: [String]? = nil,
        probe: [String: AnyCodable]? = nil,
        lastProbeAt: Int? = nil
    ) {
        self.accountId = accountId
        self.name = name
        self.enabled = enabled
        self.configured = configured
        self.running = running
        self.connected = connected
        self.healthState = healthState
        self.reconnectAttempts = reconnectAttempts
        self.lastError = lastError
        self.lastStartAt = lastStartAt
        self.lastConnectedAt = lastConnectedAt
        self.lastInboundAt = lastInboundAt
        self.lastOutboundAt = lastOutboundAt
        self.lastTransportActivityAt = lastTransportActivityAt
        self.dmPolicy = dmPolicy
        self.allowFrom = allowFrom
        self.probe = probe
        self.lastProbeAt = lastProbeAt
    }
}

public enum ChatEventStatusPhase: RawRepresentable, Codable, Hashable, Sendable {
    case preparingContext
    case startingModel
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "preparing_context": self = .preparingContext
        case "starting_model": self = .startingModel
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .preparingContext: return "preparing_context"
        case .startingModel: return "starting_model"
        case .unrecognized(let value): return value
        }
    }
}

public struct ChatEventStatus: Codable, Sendable {
    public let runId: String
    public let sessionKey: String
    public let agentId: String?
    public let seq: Int
    public let state: String
    public let phase: ChatEventStatusPhase

    public init(
        runId: String,
        sessionKey: String,
        agentId: String? = nil,
        seq: Int,
        state: String = "status",
        phase: ChatEventStatusPhase
    ) {
        self.runId = runId
        self.sessionKey = sessionKey
        self.agentId = agentId
        self.seq = seq
        self.state = state
        self.phase = phase
    }
}

public enum ChatMessageRole: RawRepresentable, Codable, Hashable, Sendable {
    case user
    case assistant
    case toolResult
    case system
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "user": self = .user
        case "assistant": self = .assistant
        case "toolResult": self = .toolResult
        case "system": self = .system
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .user: return "user"
        case .assistant: return "assistant"
        case .toolResult: return "toolResult"
        case .system: return "system"
        case .unrecognized(let value): return value
        }
    }
}

public struct ChatMessage: Codable, Sendable {
    public let role: ChatMessageRole
    public let content: AnyCodable
    public let timestamp: Int

    public init(
        role: ChatMessageRole,
        content: AnyCodable,
        timestamp: Int
    ) {
        self.role = role
        self.content = content
        self.timestamp = timestamp
    }
}

public struct ChatEventDelta: Codable, Sendable {
    public let runId: String
    public let sessionKey: String
    public let agentId: String?
    public let seq: Int
    public let state: String
    public let deltaText: String?
    public let replace: Bool?
    public let message: ChatMessage

    public init(
        runId: String,
        sessionKey: String,
        agentId: String? = nil,
        seq: Int,
        state: String = "delta",
        deltaText: String? = nil,
        replace: Bool? = nil,
        message: ChatMessage
    ) {
        self.runId = runId
        self.sessionKey = sessionKey
        self.agentId = agentId
        self.seq = seq
        self.state = state
        self.deltaText = deltaText
        self.replace = replace
        self.message = message
    }
}

public struct ChatEventFinal: Codable, Sendable {
    public let runId: String
    public let sessionKey: String
    public let agentId: String?
    public let seq: Int
    public let state: String
    public let message: ChatMessage?
    public let usage: [String: AnyCodable]?
    public let stopReason: String?

    public init(
        runId: String,
        sessionKey: String,
        agentId: String? = nil,
        seq: Int,
        state: String = "final",
        message: ChatMessage? = nil,
        usage: [String: AnyCodable]? = nil,
        stopReason: String? = nil
    ) {
        self.runId = runId
        self.sessionKey = sessionKey
        self.agentId = agentId
        self.seq = seq
        self.state = state
        self.message = message
        self.usage = usage
        self.stopReason = stopReason
    }
}

public struct ChatEventAborted: Codable, Sendable {
    public let runId: String
    public let sessionKey: String
    public let agentId: String?
    public let seq: Int
    public let state: String
    public let message: ChatMessage?
    public let stopReason: String?

    public init(
        runId: String,
        sessionKey: String,
        agentId: String? = nil,
        seq: Int,
        state: String = "aborted",
        message: ChatMessage? = nil,
        stopReason: String? = nil
    ) {
        self.runId = runId
        self.sessionKey = sessionKey
        self.agentId = agentId
        self.seq = seq
        self.state = state
        self.message = message
        self.stopReason = stopReason
    }
}

public enum ChatEventErrorErrorKind: RawRepresentable, Codable, Hashable, Sendable {
    case refusal
    case timeout
    case rateLimit
    case contextLength
    case unknown
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "refusal": self = .refusal
        case "timeout": self = .timeout
        case "rate_limit": self = .rateLimit
        case "context_length": self = .contextLength
        case "unknown": self = .unknown
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .refusal: return "refusal"
        case .timeout: return "timeout"
        case .rateLimit: return "rate_limit"
        case .contextLength: return "context_length"
        case .unknown: return "unknown"
        case .unrecognized(let value): return value
        }
    }
}

public struct ChatEventError: Codable, Sendable {
    public let runId: String
    public let sessionKey: String
    public let agentId: String?
    public let seq: Int
    public let state: String
    public let errorMessage: String
    public let errorKind: ChatEventErrorErrorKind?

    public init(
        runId: String,
        sessionKey: String,
        agentId: String? = nil,
        seq: Int,
        state: String = "error",
        errorMessage: String,
        errorKind: ChatEventErrorErrorKind? = nil
    ) {
        self.runId = runId
        self.sessionKey = sessionKey
        self.agentId = agentId
        self.seq = seq
        self.state = state
        self.errorMessage = errorMessage
        self.errorKind = errorKind
    }
}

public enum ChatEvent: Codable, Sendable {
    case status(ChatEventStatus)
    case delta(ChatEventDelta)
    case final(ChatEventFinal)
    case aborted(ChatEventAborted)
    case error(ChatEventError)
    /// A kind this version does not know.
    case unrecognized(AnyCodable)

    private enum DiscriminatorKey: String, CodingKey {
        case discriminator = "state"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: DiscriminatorKey.self)
        switch try container.decode(String.self, forKey: .discriminator) {
        case "status": self = .status(try ChatEventStatus(from: decoder))
        case "delta": self = .delta(try ChatEventDelta(from: decoder))
        case "final": self = .final(try ChatEventFinal(from: decoder))
        case "aborted": self = .aborted(try ChatEventAborted(from: decoder))
        case "error": self = .error(try ChatEventError(from: decoder))
        default: self = .unrecognized(try AnyCodable(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .status(let value): try value.encode(to: encoder)
        case .delta(let value): try value.encode(to: encoder)
        case .final(let value): try value.encode(to: encoder)
        case .aborted(let value): try value.encode(to: encoder)
        case .error(let value): try value.encode(to: encoder)
        case .unrecognized(let value): try value.encode(to: encoder)
        }
    }
}

public enum ClientInfoId: RawRepresentable, Codable, Hashable, Sendable {
    case webchatUi
    case openclawControlUi
    case clawdbotControlUi
    case webchat
    case cli
    case gatewayClient
    case openclawMacos
    case clawdbotMacos
    case openclawIos
    case clawdbotIos
    case openclawAndroid
    case clawdbotAndroid
    case nodeHost
    case test
    case fingerprint
    case openclawProbe
    case clawdbotProbe
    case openclawBrowserCopilot
    case openclawTui
    case openclawLinux
    case openclawWatchos
    case openclawWorker
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "webchat-ui": self = .webchatUi
        case "openclaw-control-ui": self = .openclawControlUi
        case "clawdbot-control-ui": self = .clawdbotControlUi
        case "webchat": self = .webchat
        case "cli": self = .cli
        case "gateway-client": self = .gatewayClient
        case "openclaw-macos": self = .openclawMacos
        case "clawdbot-macos": self = .clawdbotMacos
        case "openclaw-ios": self = .openclawIos
        case "clawdbot-ios": self = .clawdbotIos
        case "openclaw-android": self = .openclawAndroid
        case "clawdbot-android": self = .clawdbotAndroid
        case "node-host": self = .nodeHost
        case "test": self = .test
        case "fingerprint": self = .fingerprint
        case "openclaw-probe": self = .openclawProbe
        case "clawdbot-probe": self = .clawdbotProbe
        case "openclaw-browser-copilot": self = .openclawBrowserCopilot
        case "openclaw-tui": self = .openclawTui
        case "openclaw-linux": self = .openclawLinux
        case "openclaw-watchos": self = .openclawWatchos
        case "openclaw-worker": self = .openclawWorker
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .webchatUi: return "webchat-ui"
        case .openclawControlUi: return "openclaw-control-ui"
        case .clawdbotControlUi: return "clawdbot-control-ui"
        case .webchat: return "webchat"
        case .cli: return "cli"
        case .gatewayClient: return "gateway-client"
        case .openclawMacos: return "openclaw-macos"
        case .clawdbotMacos: return "clawdbot-macos"
        case .openclawIos: return "openclaw-ios"
        case .clawdbotIos: return "clawdbot-ios"
        case .openclawAndroid: return "openclaw-android"
        case .clawdbotAndroid: return "clawdbot-android"
        case .nodeHost: return "node-host"
        case .test: return "test"
        case .fingerprint: return "fingerprint"
        case .openclawProbe: return "openclaw-probe"
        case .clawdbotProbe: return "clawdbot-probe"
        case .openclawBrowserCopilot: return "openclaw-browser-copilot"
        case .openclawTui: return "openclaw-tui"
        case .openclawLinux: return "openclaw-linux"
        case .openclawWatchos: return "openclaw-watchos"
        case .openclawWorker: return "openclaw-worker"
        case .unrecognized(let value): return value
        }
    }
}

public enum ClientInfoMode: RawRepresentable, Codable, Hashable, Sendable {
    case webchat
    case cli
    case ui
    case backend
    case node
    case probe
    case test
    case worker
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "webchat": self = .webchat
        case "cli": self = .cli
        case "ui": self = .ui
        case "backend": self = .backend
        case "node": self = .node
        case "probe": self = .probe
        case "test": self = .test
        case "worker": self = .worker
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .webchat: return "webchat"
        case .cli: return "cli"
        case .ui: return "ui"
        case .backend: return "backend"
        case .node: return "node"
        case .probe: return "probe"
        case .test: return "test"
        case .worker: return "worker"
        case .unrecognized(let value): return value
        }
    }
}

public struct ClientInfo: Codable, Sendable {
    public let id: ClientInfoId
    public let displayName: String?
    public let version: String
    public let platform: String
    public let deviceFamily: String?
    public let modelIdentifier: String?
    public let mode: ClientInfoMode
    public let instanceId: String?
    public let buildId: String?
    public let timeZone: String?

    public init(
        id: ClientInfoId,
        displayName: String? = nil,
        version: String,
        platform: String,
        deviceFamily: String? = nil,
        modelIdentifier: String? = nil,
        mode: ClientInfoMode,
        instanceId: String? = nil,
        buildId: String? = nil,
        timeZone: String? = nil
    ) {
        self.id = id
        self.displayName = displayName
        self.version = version
        self.platform = platform
        self.deviceFamily = deviceFamily
        self.modelIdentifier = modelIdentifier
        self.mode = mode
        self.instanceId = instanceId
        self.buildId = buildId
        self.timeZone = timeZone
    }
}

public struct CommandRow: Codable, Sendable {
    public let name: String
    public let textAliases: [String]
    public let description: String
    public let category: String
    public let source: String
    public let scope: String
    public let acceptsArgs: Bool

    public init(
        name: String,
        textAliases: [String],
        description: String,
        category: String,
        source: String = "native",
        scope: String = "text",
        acceptsArgs: Bool
    ) {
        self.name = name
        self.textAliases = textAliases
        self.description = description
        self.category = category
        self.source = source
        self.scope = scope
        self.acceptsArgs = acceptsArgs
    }
}

public struct ConnectParamsDevice: Codable, Sendable {
    public let id: String
    public let publicKey: String
    public let signature: String
    public let signedAt: Int
    public let nonce: String

    public init(
        id: String,
        publicKey: String,
        signature: String,
        signedAt: Int,
        nonce: String
    ) {
        self.id = id
        self.publicKey = publicKey
        self.signature = signature
        self.signedAt = signedAt
        self.nonce = nonce
    }
}

public struct ConnectParamsAuth: Codable, Sendable {
    public let token: String?
    public let password: String?
    public let bootstrapToken: String?
    public let deviceToken: String?
    public let approvalRuntimeToken: String?
    public let agentRuntimeIdentityToken: String?

    public init(
        token: String? = nil,
        password: String? = nil,
        bootstrapToken: String? = nil,
        deviceToken: String? = nil,
        approvalRuntimeToken: String? = nil,
        agentRuntimeIdentityToken: String? = nil
    ) {
        self.token = token
        self.password = password
        self.bootstrapToken = bootstrapToken
        self.deviceToken = deviceToken
        self.approvalRuntimeToken = approvalRuntimeToken
        self.agentRuntimeIdentityToken = agentRuntimeIdentityToken
    }
}

public struct ConnectParams: Codable, Sendable {
    public let minProtocol: Int
    public let maxProtocol: Int
    public let client: ClientInfo
    public let caps: [String]?
    public let commands: [String]?
    public let permissions: [String: Bool]?
    public let pathEnv: String?
    public let computerUse: [String: AnyCodable]?
    public let workerRuns: [String: AnyCodable]?
    public let modelCatalog: [String: AnyCodable]?
    public let role: String?
    public let scopes: [String]?
    public let device: ConnectParamsDevice?
    public let auth: ConnectParamsAuth?
    public let locale: String?
    public let userAgent: String?

    public init(
        minProtocol: Int,
        maxProtocol: Int,
        client: ClientInfo,
        caps: [String]? = nil,
        commands: [String]? = nil,
        permissions: [String: Bool]? = nil,
        pathEnv: String? = nil,
        computerUse: [String: AnyCodable]? = nil,
        workerRuns: [String: AnyCodable]? = nil,
        modelCatalog: [String: AnyCodable]? = nil,
        role: String? = nil,
        scopes: [String]? = nil,
        device: ConnectParamsDevice? = nil,
        auth: ConnectParamsAuth? = nil,
        locale: String? = nil,
        userAgent: String? = nil
    ) {
        self.minProtocol = minProtocol
        self.maxProtocol = maxProtocol
        self.client = client
        self.caps = caps
        self.commands = commands
        self.permissions = permissions
        self.pathEnv = pathEnv
        self.computerUse = computerUse
        self.workerRuns = workerRuns
        self.modelCatalog = modelCatalog
        self.role = role
        self.scopes = scopes
        self.device = device
        self.auth = auth
        self.locale = locale
        self.userAgent = userAgent
    }
}

public struct ConnectParamsV3Device: Codable, Sendable {
    public let id: String
    public let publicKey: String
    public let signature: String
    public let signedAt: Int
    public let nonce: String?

    public init(
        id: String,
        publicKey: String,
        signature: String,
        signedAt: Int,
        nonce: String? = nil
    ) {
        self.id = id
        self.publicKey = publicKey
        self.signature = signature
        self.signedAt = signedAt
        self.nonce = nonce
    }
}

public struct ConnectParamsV3Auth: Codable, Sendable {
    public let token: String?
    public let password: String?
    public let bootstrapToken: String?
    public let deviceToken: String?
    public let approvalRuntimeToken: String?
    public let agentRuntimeIdentityToken: String?

    public init(
        token: String? = nil,
        password: String? = nil,
        bootstrapToken: String? = nil,
        deviceToken: String? = nil,
        approvalRuntimeToken: String? = nil,
        agentRuntimeIdentityToken: String? = nil
    ) {
        self.token = token
        self.password = password
        self.bootstrapToken = bootstrapToken
        self.deviceToken = deviceToken
        self.approvalRuntimeToken = approvalRuntimeToken
        self.agentRuntimeIdentityToken = agentRuntimeIdentityToken
    }
}

public struct ConnectParamsV3: Codable, Sendable {
    public let minProtocol: Int
    public let maxProtocol: Int
    public let client: ClientInfo
    public let caps: [String]?
    public let commands: [String]?
    public let permissions: [String: Bool]?
    public let pathEnv: String?
    public let computerUse: [String: AnyCodable]?
    public let workerRuns: [String: AnyCodable]?
    public let modelCatalog: [String: AnyCodable]?
    public let role: String?
    public let scopes: [String]?
    public let device: ConnectParamsV3Device?
    public let auth: ConnectParamsV3Auth?
    public let locale: String?
    public let userAgent: String?

    public init(
        minProtocol: Int,
        maxProtocol: Int,
        client: ClientInfo,
        caps: [String]? = nil,
        commands: [String]? = nil,
        permissions: [String: Bool]? = nil,
        pathEnv: String? = nil,
        computerUse: [String: AnyCodable]? = nil,
        workerRuns: [String: AnyCodable]? = nil,
        modelCatalog: [String: AnyCodable]? = nil,
        role: String? = nil,
        scopes: [String]? = nil,
        device: ConnectParamsV3Device? = nil,
        auth: ConnectParamsV3Auth? = nil,
        locale: String? = nil,
        userAgent: String? = nil
    ) {
        self.minProtocol = minProtocol
        self.maxProtocol = maxProtocol
        self.client = client
        self.caps = caps
        self.commands = commands
        self.permissions = permissions
        self.pathEnv = pathEnv
        self.computerUse = computerUse
        self.workerRuns = workerRuns
        self.modelCatalog = modelCatalog
        self.role = role
        self.scopes = scopes
        self.device = device
        self.auth = auth
        self.locale = locale
        self.userAgent = userAgent
    }
}

public enum DevicePairResolvedDecision: RawRepresentable, Codable, Hashable, Sendable {
    case approved
    case rejected
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "approved": self = .approved
        case "rejected": self = .rejected
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .approved: return "approved"
        case .rejected: return "rejected"
        case .unrecognized(let value): return value
        }
    }
}

public struct DevicePairResolved: Codable, Sendable {
    public let requestId: String
    public let deviceId: String
    public let decision: DevicePairResolvedDecision
    public let ts: Int

    public init(
        requestId: String,
        deviceId: String,
        decision: DevicePairResolvedDecision,
        ts: Int
    ) {
        self.requestId = requestId
        self.deviceId = deviceId
        self.decision = decision
        self.ts = ts
    }
}

public struct ErrorShape: Codable, Sendable {
    public let code: String
    public let message: String
    public let details: AnyCodable?
    public let retryable: Bool?
    public let retryAfterMs: Int?

    public init(
        code: String,
        message: String,
        details: AnyCodable? = nil,
        retryable: Bool? = nil,
        retryAfterMs: Int? = nil
    ) {
        self.code = code
        self.message = message
        self.details = details
        self.retryable = retryable
        self.retryAfterMs = retryAfterMs
    }
}

public struct StateVersion: Codable, Sendable {
    public let presence: Int
    public let health: Int

    public init(
        presence: Int,
        health: Int
    ) {
        self.presence = presence
        self.health = health
    }
}

public struct EventFrame: Codable, Sendable {
    public let type: String
    public let event: String
    public let payload: AnyCodable?
    public let seq: Int?
    public let stateVersion: StateVersion?

    public init(
        type: String = "event",
        event: String,
        payload: AnyCodable? = nil,
        seq: Int? = nil,
        stateVersion: StateVersion? = nil
    ) {
        self.type = type
        self.event = event
        self.payload = payload
        self.seq = seq
        self.stateVersion = stateVersion
    }
}

public struct ExecAllowlistEntry: Codable, Sendable {
    public let id: String?
    public let pattern: String
    public let lastUsedAt: Int?
    public let lastUsedCommand: String?
    public let lastResolvedPath: String?

    public init(
        id: String? = nil,
        pattern: String,
        lastUsedAt: Int? = nil,
        lastUsedCommand: String? = nil,
        lastResolvedPath: String? = nil
    ) {
        self.id = id
        self.pattern = pattern
        self.lastUsedAt = lastUsedAt
        self.lastUsedCommand = lastUsedCommand
        self.lastResolvedPath = lastResolvedPath
    }
}

public struct ExecAgentRules: Codable, Sendable {
    public let security: String?
    public let ask: String?
    public let askFallback: String?
    public let autoAllowSkills: Bool?
    public let allowlist: [ExecAllowlistEntry]?

    public init(
        security: String? = nil,
        ask: String? = nil,
        askFallback: String? = nil,
        autoAllowSkills: Bool? = nil,
        allowlist: [ExecAllowlistEntry]? = nil
    ) {
        self.security = security
        self.ask = ask
        self.askFallback = askFallback
        self.autoAllowSkills = autoAllowSkills
        self.allowlist = allowlist
    }
}

public struct ExecApprovalShown: Codable, Sendable {
    public let command: String
    /// characters of the command itself
    public let commandLength: Int?
    public let commandArgv: [String]?
    public let env: [String: String]?
    public let cwd: String?
    public let host: String?
    public let security: String?
    public let ask: String?
    public let agentId: String?
    public let resolvedPath: String?
    public let sessionKey: String?
    public let nodeId: String?
    public let warningText: String?

    public init(
        command: String,
        commandLength: Int? = nil,
        commandArgv: [String]? = nil,
        env: [String: String]? = nil,
        cwd: String? = nil,
        host: String? = nil,
        security: String? = nil,
        ask: String? = nil,
        agentId: String? = nil,
        resolvedPath: String? = nil,
        sessionKey: String? = nil,
        nodeId: String? = nil,
        warningText: String? = nil
    ) {
        self.command = command
        self.commandLength = commandLength
        self.commandArgv = commandArgv
        self.env = env
        self.cwd = cwd
        self.host = host
        self.security = security
        self.ask = ask
        self.agentId = agentId
        self.resolvedPath = resolvedPath
        self.sessionKey = sessionKey
        self.nodeId = nodeId
        self.warningText = warningText
    }
}

public struct ExecApproval: Codable, Sendable {
    public let id: String
    public let request: ExecApprovalShown
    public let createdAtMs: Int
    public let expiresAtMs: Int

    public init(
        id: String,
        request: ExecApprovalShown,
        createdAtMs: Int,
        expiresAtMs: Int
    ) {
        self.id = id
        self.request = request
        self.createdAtMs = createdAtMs
        self.expiresAtMs = expiresAtMs
    }
}

public enum ExecApprovalResolvedDecision: RawRepresentable, Codable, Hashable, Sendable {
    case allowOnce
    case allowAlways
    case deny
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "allow-once": self = .allowOnce
        case "allow-always": self = .allowAlways
        case "deny": self = .deny
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .allowOnce: return "allow-once"
        case .allowAlways: return "allow-always"
        case .deny: return "deny"
        case .unrecognized(let value): return value
        }
    }
}

public struct ExecApprovalResolved: Codable, Sendable {
    public let id: String
    public let decision: ExecApprovalResolvedDecision
    public let resolvedBy: String?
    public let ts: Int

    public init(
        id: String,
        decision: ExecApprovalResolvedDecision,
        resolvedBy: String? = nil,
        ts: Int
    ) {
        self.id = id
        self.decision = decision
        self.resolvedBy = resolvedBy
        self.ts = ts
    }
}

public struct ExecApprovalsFileSocket: Codable, Sendable {
    public let path: String?
    public let token: String?

    public init(
        path: String? = nil,
        token: String? = nil
    ) {
        self.path = path
        self.token = token
    }
}

public struct ExecApprovalsFileDefaults: Codable, Sendable {
    public let security: String?
    public let ask: String?
    public let askFallback: String?
    public let autoAllowSkills: Bool?

    public init(
        security: String? = nil,
        ask: String? = nil,
        askFallback: String? = nil,
        autoAllowSkills: Bool? = nil
    ) {
        self.security = security
        self.ask = ask
        self.askFallback = askFallback
        self.autoAllowSkills = autoAllowSkills
    }
}

public struct ExecApprovalsFile: Codable, Sendable {
    public let version: Double
    public let socket: ExecApprovalsFileSocket?
    public let defaults: ExecApprovalsFileDefaults?
    public let agents: [String: ExecAgentRules]?

    public init(
        version: Double,
        socket: ExecApprovalsFileSocket? = nil,
        defaults: ExecApprovalsFileDefaults? = nil,
        agents: [String: ExecAgentRules]? = nil
    ) {
        self.version = version
        self.socket = socket
        self.defaults = defaults
        self.agents = agents
    }
}

public enum ExecApprovalsSnapshotResolvedDefaultsSecurity: RawRepresentable, Codable, Hashable, Sendable {
    case deny
    case allowlist
    case full
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "deny": self = .deny
        case "allowlist": self = .allowlist
        case "full": self = .full
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .deny: return "deny"
        case .allowlist: return "allowlist"
        case .full: return "full"
        case .unrecognized(let value): return value
        }
    }
}

public enum ExecApprovalsSnapshotResolvedDefaultsAsk: RawRepresentable, Codable, Hashable, Sendable {
    case off
    case onMiss
    case always
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "off": self = .off
        case "on-miss": self = .onMiss
        case "always": self = .always
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .off: return "off"
        case .onMiss: return "on-miss"
        case .always: return "always"
        case .unrecognized(let value): return value
        }
    }
}

public enum ExecApprovalsSnapshotResolvedDefaultsAskFallback: RawRepresentable, Codable, Hashable, Sendable {
    case deny
    case allowlist
    case full
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "deny": self = .deny
        case "allowlist": self = .allowlist
        case "full": self = .full
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .deny: return "deny"
        case .allowlist: return "allowlist"
        case .full: return "full"
        case .unrecognized(let value): return value
        }
    }
}

public struct ExecApprovalsSnapshotResolvedDefaults: Codable, Sendable {
    public let security: ExecApprovalsSnapshotResolvedDefaultsSecurity
    public let ask: ExecApprovalsSnapshotResolvedDefaultsAsk
    public let askFallback: ExecApprovalsSnapshotResolvedDefaultsAskFallback
    public let autoAllowSkills: Bool

    public init(
        security: ExecApprovalsSnapshotResolvedDefaultsSecurity,
        ask: ExecApprovalsSnapshotResolvedDefaultsAsk,
        askFallback: ExecApprovalsSnapshotResolvedDefaultsAskFallback,
        autoAllowSkills: Bool
    ) {
        self.security = security
        self.ask = ask
        self.askFallback = askFallback
        self.autoAllowSkills = autoAllowSkills
    }
}

public struct ExecApprovalsSnapshot: Codable, Sendable {
    public let path: String
    public let exists: Bool
    public let hash: String
    public let file: ExecApprovalsFile
    public let resolvedDefaults: ExecApprovalsSnapshotResolvedDefaults?

    public init(
        path: String,
        exists: Bool,
        hash: String,
        file: ExecApprovalsFile,
        resolvedDefaults: ExecApprovalsSnapshotResolvedDefaults? = nil
    ) {
        self.path = path
        self.exists = exists
        self.hash = hash
        self.file = file
        self.resolvedDefaults = resolvedDefaults
    }
}

public struct RequestFrame: Codable, Sendable {
    public let type: String
    public let id: String
    public let method: String
    public let params: AnyCodable?
    public let traceparent: String?
    public let expectedProfileId: String?

    public init(
        type: String = "req",
        id: String,
        method: String,
        params: AnyCodable? = nil,
        traceparent: String? = nil,
        expectedProfileId: String? = nil
    ) {
        self.type = type
        self.id = id
        self.method = method
        self.params = params
        self.traceparent = traceparent
        self.expectedProfileId = expectedProfileId
    }
}

public struct ResponseFrame: Codable, Sendable {
    public let type: String
    public let id: String
    public let ok: Bool
    public let payload: AnyCodable?
    public let error: ErrorShape?

    public init(
        type: String = "res",
        id: String,
        ok: Bool,
        payload: AnyCodable? = nil,
        error: ErrorShape? = nil
    ) {
        self.type = type
        self.id = id
        self.ok = ok
        self.payload = payload
        self.error = error
    }
}

public enum GatewayFrame: Codable, Sendable {
    case req(RequestFrame)
    case res(ResponseFrame)
    case event(EventFrame)
    /// A kind this version does not know.
    case unrecognized(AnyCodable)

    private enum DiscriminatorKey: String, CodingKey {
        case discriminator = "type"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: DiscriminatorKey.self)
        switch try container.decode(String.self, forKey: .discriminator) {
        case "req": self = .req(try RequestFrame(from: decoder))
        case "res": self = .res(try ResponseFrame(from: decoder))
        case "event": self = .event(try EventFrame(from: decoder))
        default: self = .unrecognized(try AnyCodable(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .req(let value): try value.encode(to: encoder)
        case .res(let value): try value.encode(to: encoder)
        case .event(let value): try value.encode(to: encoder)
        case .unrecognized(let value): try value.encode(to: encoder)
        }
    }
}

public struct HealthSnapshotAgentsItemHeartbeat: Codable, Sendable {
    public let enabled: Bool
    public let every: String
    public let everyMs: Int?
    public let prompt: String
    public let target: String
    public let ackMaxChars: Int

    public init(
        enabled: Bool,
        every: String,
        everyMs: Int? = nil,
        prompt: String,
        target: String,
        ackMaxChars: Int
    ) {
        self.enabled = enabled
        self.every = every
        self.everyMs = everyMs
        self.prompt = prompt
        self.target = target
        self.ackMaxChars = ackMaxChars
    }
}

public struct HealthSnapshotAgentsItemSessionsRecentItem: Codable, Sendable {
    public let key: String
    public let updatedAt: Int?
    public let age: Int?

    public init(
        key: String,
        updatedAt: Int? = nil,
        age: Int? = nil
    ) {
        self.key = key
        self.updatedAt = updatedAt
        self.age = age
    }
}

public struct HealthSnapshotAgentsItemSessions: Codable, Sendable {
    public let path: String
    public let count: Int
    public let recent: [HealthSnapshotAgentsItemSessionsRecentItem]

    public init(
        path: String,
        count: Int,
        recent: [HealthSnapshotAgentsItemSessionsRecentItem]
    ) {
        self.path = path
        self.count = count
        self.recent = recent
    }
}

public struct HealthSnapshotAgentsItem: Codable, Sendable {
    public let agentId: String
    public let name: String?
    public let isDefault: Bool
    public let heartbeat: HealthSnapshotAgentsItemHeartbeat
    public let sessions: HealthSnapshotAgentsItemSessions

    public init(
        agentId: String,
        name: String? = nil,
        isDefault: Bool,
        heartbeat: HealthSnapshotAgentsItemHeartbeat,
        sessions: HealthSnapshotAgentsItemSessions
    ) {
        self.agentId = agentId
        self.name = name
        self.isDefault = isDefault
        self.heartbeat = heartbeat
        self.sessions = sessions
    }
}

public struct HealthSnapshotSessionsRecentItem: Codable, Sendable {
    public let key: String
    public let updatedAt: Int?
    public let age: Int?

    public init(
        key: String,
        updatedAt: Int? = nil,
        age: Int? = nil
    ) {
        self.key = key
        self.updatedAt = updatedAt
        self.age = age
    }
}

public struct HealthSnapshotSessions: Codable, Sendable {
    public let path: String
    public let count: Int
    public let recent: [HealthSnapshotSessionsRecentItem]

    public init(
        path: String,
        count: Int,
        recent: [HealthSnapshotSessionsRecentItem]
    ) {
        self.path = path
        self.count = count
        self.recent = recent
    }
}

public struct HealthSnapshot: Codable, Sendable {
    public let ok: Bool
    public let ts: Int
    public let durationMs: Int
    public let channels: [String: [String: AnyCodable]]
    public let channelOrder: [String]
    public let channelLabels: [String: String]
    public let heartbeatSeconds: Int
    public let defaultAgentId: String
    public let agents: [HealthSnapshotAgentsItem]
    public let sessions: HealthSnapshotSessions

    public init(
        ok: Bool,
        ts: Int,
        durationMs: Int,
        channels: [String: [String: AnyCodable]],
        channelOrder: [String],
        channelLabels: [String: String],
        heartbeatSeconds: Int,
        defaultAgentId: String,
        agents: [HealthSnapshotAgentsItem],
        sessions: HealthSnapshotSessions
    ) {
        self.ok = ok
        self.ts = ts
        self.durationMs = durationMs
        self.channels = channels
        self.channelOrder = channelOrder
        self.channelLabels = channelLabels
        self.heartbeatSeconds = heartbeatSeconds
        self.defaultAgentId = defaultAgentId
        self.agents = agents
        self.sessions = sessions
    }
}

public struct HealthSummaryAgentsItemHeartbeat: Codable, Sendable {
    public let enabled: Bool
    public let every: String
    public let everyMs: Int?
    public let prompt: String
    public let target: String
    public let ackMaxChars: Int

    public init(
        enabled: Bool,
        every: String,
        everyMs: Int? = nil,
        prompt: String,
        target: String,
        ackMaxChars: Int
    ) {
        self.enabled = enabled
        self.every = every
        self.everyMs = everyMs
        self.prompt = prompt
        self.target = target
        self.ackMaxChars = ackMaxChars
    }
}

public struct HealthSummaryAgentsItemSessionsRecentItem: Codable, Sendable {
    public let key: String
    public let updatedAt: Int?
    public let age: Int?

    public init(
        key: String,
        updatedAt: Int? = nil,
        age: Int? = nil
    ) {
        self.key = key
        self.updatedAt = updatedAt
        self.age = age
    }
}

public struct HealthSummaryAgentsItemSessions: Codable, Sendable {
    public let path: String
    public let count: Int
    public let recent: [HealthSummaryAgentsItemSessionsRecentItem]

    public init(
        path: String,
        count: Int,
        recent: [HealthSummaryAgentsItemSessionsRecentItem]
    ) {
        self.path = path
        self.count = count
        self.recent = recent
    }
}

public struct HealthSummaryAgentsItem: Codable, Sendable {
    public let agentId: String
    public let name: String?
    public let isDefault: Bool
    public let heartbeat: HealthSummaryAgentsItemHeartbeat
    public let sessions: HealthSummaryAgentsItemSessions

    public init(
        agentId: String,
        name: String? = nil,
        isDefault: Bool,
        heartbeat: HealthSummaryAgentsItemHeartbeat,
        sessions: HealthSummaryAgentsItemSessions
    ) {
        self.agentId = agentId
        self.name = name
        self.isDefault = isDefault
        self.heartbeat = heartbeat
        self.sessions = sessions
    }
}

public struct HealthSummarySessionsRecentItem: Codable, Sendable {
    public let key: String
    public let updatedAt: Int?
    public let age: Int?

    public init(
        key: String,
        updatedAt: Int? = nil,
        age: Int? = nil
    ) {
        self.key = key
        self.updatedAt = updatedAt
        self.age = age
    }
}

public struct HealthSummarySessions: Codable, Sendable {
    public let path: String
    public let count: Int
    public let recent: [HealthSummarySessionsRecentItem]

    public init(
        path: String,
        count: Int,
        recent: [HealthSummarySessionsRecentItem]
    ) {
        self.path = path
        self.count = count
        self.recent = recent
    }
}

public struct HealthSummaryStorage: Codable, Sendable {
    public let isWritable: Bool
    public let problem: String?

    public init(
        isWritable: Bool,
        problem: String? = nil
    ) {
        self.isWritable = isWritable
        self.problem = problem
    }
}

public struct HealthSummary: Codable, Sendable {
    public let ok: Bool
    public let ts: Int
    public let durationMs: Int
    public let channels: [String: [String: AnyCodable]]
    public let channelOrder: [String]
    public let channelLabels: [String: String]
    public let heartbeatSeconds: Int
    public let defaultAgentId: String
    public let agents: [HealthSummaryAgentsItem]
    public let sessions: HealthSummarySessions
    public let storage: HealthSummaryStorage
    /// why the gateway runs in safe mode
    public let safeMode: [String]?

    public init(
        ok: Bool,
        ts: Int,
        durationMs: Int,
        channels: [String: [String: AnyCodable]],
        channelOrder: [String],
        channelLabels: [String: String],
        heartbeatSeconds: Int,
        defaultAgentId: String,
        agents: [HealthSummaryAgentsItem],
        sessions: HealthSummarySessions,
        storage: HealthSummaryStorage,
        safeMode: [String]? = nil
    ) {
        self.ok = ok
        self.ts = ts
        self.durationMs = durationMs
        self.channels = channels
        self.channelOrder = channelOrder
        self.channelLabels = channelLabels
        self.heartbeatSeconds = heartbeatSeconds
        self.defaultAgentId = defaultAgentId
        self.agents = agents
        self.sessions = sessions
        self.storage = storage
        self.safeMode = safeMode
    }
}

public struct HelloOkServer: Codable, Sendable {
    public let version: String
    public let connId: String
    public let bootId: String

    public init(
        version: String,
        connId: String,
        bootId: String
    ) {
        self.version = version
        self.connId = connId
        self.bootId = bootId
    }
}

public struct HelloOkFeatures: Codable, Sendable {
    public let methods: [String]
    public let events: [String]
    public let capabilities: [String]?

    public init(
        methods: [String],
        events: [String],
        capabilities: [String]? = nil
    ) {
        self.methods = methods
        self.events = events
        self.capabilities = capabilities
    }
}

public struct PresenceEntry: Codable, Sendable {
    public let host: String?
    public let ip: String?
    public let version: String?
    public let platform: String?
    public let deviceFamily: String?
    public let modelIdentifier: String?
    public let timeZone: String?
    public let mode: String?
    public let lastInputSeconds: Int?
    public let reason: String?
    public let tags: [String]?
    public let text: String?
    public let ts: Int
    public let deviceId: String?
    public let roles: [String]?
    public let scopes: [String]?
    public let instanceId: String?

    public init(
        host: String? = nil,
        ip: String? = nil,
        version: String? = nil,
        platform: String? = nil,
        deviceFamily: String? = nil,
        modelIdentifier: String? = nil,
        timeZone: String? = nil,
        mode: String? = nil,
        lastInputSeconds: Int? = nil,
        reason: String? = nil,
        tags: [String]? = nil,
        text: String? = nil,
        ts: Int,
        deviceId: String? = nil,
        roles: [String]? = nil,
        scopes: [String]? = nil,
        instanceId: String? = nil
    ) {
        self.host = host
        self.ip = ip
        self.version = version
        self.platform = platform
        self.deviceFamily = deviceFamily
        self.modelIdentifier = modelIdentifier
        self.timeZone = timeZone
        self.mode = mode
        self.lastInputSeconds = lastInputSeconds
        self.reason = reason
        self.tags = tags
        self.text = text
        self.ts = ts
        self.deviceId = deviceId
        self.roles = roles
        self.scopes = scopes
        self.instanceId = instanceId
    }
}

public struct HelloOkSnapshotSessionDefaults: Codable, Sendable {
    public let defaultAgentId: String
    public let mainKey: String
    public let mainSessionKey: String
    public let scope: String?

    public init(
        defaultAgentId: String,
        mainKey: String,
        mainSessionKey: String,
        scope: String? = nil
    ) {
        self.defaultAgentId = defaultAgentId
        self.mainKey = mainKey
        self.mainSessionKey = mainSessionKey
        self.scope = scope
    }
}

public struct HelloOkSnapshot: Codable, Sendable {
    public let presence: [PresenceEntry]
    public let health: HealthSnapshot
    public let stateVersion: StateVersion
    public let uptimeMs: Int
    public let configPath: String?
    public let stateDir: String?
    public let sessionDefaults: HelloOkSnapshotSessionDefaults?

    public init(
        presence: [PresenceEntry],
        health: HealthSnapshot,
        stateVersion: StateVersion,
        uptimeMs: Int,
        configPath: String? = nil,
        stateDir: String? = nil,
        sessionDefaults: HelloOkSnapshotSessionDefaults? = nil
    ) {
        self.presence = presence
        self.health = health
        self.stateVersion = stateVersion
        self.uptimeMs = uptimeMs
        self.configPath = configPath
        self.stateDir = stateDir
        self.sessionDefaults = sessionDefaults
    }
}

public struct HelloOkAuth: Codable, Sendable {
    public let role: String
    public let scopes: [String]
    public let issuedAtMs: Int?
    public let deviceToken: String?

    public init(
        role: String,
        scopes: [String],
        issuedAtMs: Int? = nil,
        deviceToken: String? = nil
    ) {
        self.role = role
        self.scopes = scopes
        self.issuedAtMs = issuedAtMs
        self.deviceToken = deviceToken
    }
}

public struct HelloOkPolicy: Codable, Sendable {
    public let maxPayload: Int
    public let maxBufferedBytes: Int
    public let tickIntervalMs: Int

    public init(
        maxPayload: Int,
        maxBufferedBytes: Int,
        tickIntervalMs: Int
    ) {
        self.maxPayload = maxPayload
        self.maxBufferedBytes = maxBufferedBytes
        self.tickIntervalMs = tickIntervalMs
    }
}

public struct HelloOk: Codable, Sendable {
    public let type: String
    public let `protocol`: Double
    public let server: HelloOkServer
    public let features: HelloOkFeatures
    public let snapshot: HelloOkSnapshot
    public let pluginSurfaceUrls: [String: String]?
    public let auth: HelloOkAuth
    public let policy: HelloOkPolicy

    public init(
        type: String = "hello-ok",
        `protocol`: Double,
        server: HelloOkServer,
        features: HelloOkFeatures,
        snapshot: HelloOkSnapshot,
        pluginSurfaceUrls: [String: String]? = nil,
        auth: HelloOkAuth,
        policy: HelloOkPolicy
    ) {
        self.type = type
        self.`protocol` = `protocol`
        self.server = server
        self.features = features
        self.snapshot = snapshot
        self.pluginSurfaceUrls = pluginSurfaceUrls
        self.auth = auth
        self.policy = policy
    }
}

public struct HelloOkV3Server: Codable, Sendable {
    public let version: String
    public let connId: String
    public let host: String

    public init(
        version: String,
        connId: String,
        host: String
    ) {
        self.version = version
        self.connId = connId
        self.host = host
    }
}

public struct HelloOkV3Features: Codable, Sendable {
    public let methods: [String]
    public let events: [String]
    public let capabilities: [String]?

    public init(
        methods: [String],
        events: [String],
        capabilities: [String]? = nil
    ) {
        self.methods = methods
        self.events = events
        self.capabilities = capabilities
    }
}

public struct HelloOkV3SnapshotSessionDefaults: Codable, Sendable {
    public let defaultAgentId: String
    public let mainKey: String
    public let mainSessionKey: String
    public let scope: String?

    public init(
        defaultAgentId: String,
        mainKey: String,
        mainSessionKey: String,
        scope: String? = nil
    ) {
        self.defaultAgentId = defaultAgentId
        self.mainKey = mainKey
        self.mainSessionKey = mainSessionKey
        self.scope = scope
    }
}

public struct HelloOkV3Snapshot: Codable, Sendable {
    public let presence: [PresenceEntry]
    public let health: HealthSnapshot
    public let stateVersion: StateVersion
    public let uptimeMs: Int
    public let configPath: String?
    public let stateDir: String?
    public let sessionDefaults: HelloOkV3SnapshotSessionDefaults?

    public init(
        presence: [PresenceEntry],
        health: HealthSnapshot,
        stateVersion: StateVersion,
        uptimeMs: Int,
        configPath: String? = nil,
        stateDir: String? = nil,
        sessionDefaults: HelloOkV3SnapshotSessionDefaults? = nil
    ) {
        self.presence = presence
        self.health = health
        self.stateVersion = stateVersion
        self.uptimeMs = uptimeMs
        self.configPath = configPath
        self.stateDir = stateDir
        self.sessionDefaults = sessionDefaults
    }
}

public struct HelloOkV3Auth: Codable, Sendable {
    public let role: String
    public let scopes: [String]
    public let issuedAtMs: Int?
    public let deviceToken: String

    public init(
        role: String,
        scopes: [String],
        issuedAtMs: Int? = nil,
        deviceToken: String
    ) {
        self.role = role
        self.scopes = scopes
        self.issuedAtMs = issuedAtMs
        self.deviceToken = deviceToken
    }
}

public struct HelloOkV3Policy: Codable, Sendable {
    public let maxPayload: Int
    public let maxBufferedBytes: Int
    public let tickIntervalMs: Int

    public init(
        maxPayload: Int,
        maxBufferedBytes: Int,
        tickIntervalMs: Int
    ) {
        self.maxPayload = maxPayload
        self.maxBufferedBytes = maxBufferedBytes
        self.tickIntervalMs = tickIntervalMs
    }
}

public struct HelloOkV3: Codable, Sendable {
    public let type: String
    public let `protocol`: Double
    public let server: HelloOkV3Server
    public let features: HelloOkV3Features
    public let snapshot: HelloOkV3Snapshot
    public let canvasHostUrl: String?
    public let auth: HelloOkV3Auth?
    public let policy: HelloOkV3Policy

    public init(
        type: String = "hello-ok",
        `protocol`: Double,
        server: HelloOkV3Server,
        features: HelloOkV3Features,
        snapshot: HelloOkV3Snapshot,
        canvasHostUrl: String? = nil,
        auth: HelloOkV3Auth? = nil,
        policy: HelloOkV3Policy
    ) {
        self.type = type
        self.`protocol` = `protocol`
        self.server = server
        self.features = features
        self.snapshot = snapshot
        self.canvasHostUrl = canvasHostUrl
        self.auth = auth
        self.policy = policy
    }
}

public enum LinkStateState: RawRepresentable, Codable, Hashable, Sendable {
    case waiting
    case linked
    case failed
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "waiting": self = .waiting
        case "linked": self = .linked
        case "failed": self = .failed
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .waiting: return "waiting"
        case .linked: return "linked"
        case .failed: return "failed"
        case .unrecognized(let value): return value
        }
    }
}

public struct LinkState: Codable, Sendable {
    public let state: LinkStateState
    public let qr: String?
    public let message: String

    public init(
        state: LinkStateState,
        qr: String? = nil,
        message: String
    ) {
        self.state = state
        self.qr = qr
        self.message = message
    }
}

public enum ModelRowInputItem: RawRepresentable, Codable, Hashable, Sendable {
    case text
    case image
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "text": self = .text
        case "image": self = .image
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .text: return "text"
        case .image: return "image"
        case .unrecognized(let value): return value
        }
    }
}

public struct ModelRow: Codable, Sendable {
    public let id: String
    public let name: String
    public let provider: String
    public let contextWindow: Int?
    public let reasoning: Bool?
    public let input: [ModelRowInputItem]?
    public let tags: [String]?
    public let available: Bool?

    public init(
        id: String,
        name: String,
        provider: String,
        contextWindow: Int? = nil,
        reasoning: Bool? = nil,
        input: [ModelRowInputItem]? = nil,
        tags: [String]? = nil,
        available: Bool? = nil
    ) {
        self.id = id
        self.name = name
        self.provider = provider
        self.contextWindow = contextWindow
        self.reasoning = reasoning
        self.input = input
        self.tags = tags
        self.available = available
    }
}

public struct NodeInvokeCancel: Codable, Sendable {
    public let invokeId: String
    public let nodeId: String

    public init(
        invokeId: String,
        nodeId: String
    ) {
        self.invokeId = invokeId
        self.nodeId = nodeId
    }
}

public struct NodeInvokeInput: Codable, Sendable {
    public let id: String
    public let nodeId: String
    public let seq: Int
    public let payloadJSON: String

    public init(
        id: String,
        nodeId: String,
        seq: Int,
        payloadJSON: String
    ) {
        self.id = id
        self.nodeId = nodeId
        self.seq = seq
        self.payloadJSON = payloadJSON
    }
}

public struct NodeInvokeRequest: Codable, Sendable {
    public let id: String
    public let nodeId: String
    public let command: String
    public let paramsJSON: String?
    public let timeoutMs: Int?
    public let idempotencyKey: String

    public init(
        id: String,
        nodeId: String,
        command: String,
        paramsJSON: String? = nil,
        timeoutMs: Int? = nil,
        idempotencyKey: String
    ) {
        self.id = id
        self.nodeId = nodeId
        self.command = command
        self.paramsJSON = paramsJSON
        self.timeoutMs = timeoutMs
        self.idempotencyKey = idempotencyKey
    }
}

public struct NodePairRequest: Codable, Sendable {
    public let requestId: String
    public let nodeId: String
    public let displayName: String?
    public let platform: String?
    public let version: String?
    public let deviceFamily: String?
    public let modelIdentifier: String?
    public let remoteIp: String?
    public let clientId: String?
    public let clientMode: String?
    public let coreVersion: String?
    public let uiVersion: String?
    public let caps: [String]?
    public let commands: [String]?
    public let permissions: [String: Bool]?
    public let requiredApproveScopes: [String]?
    public let silent: Bool?
    public let isRepair: Bool?
    public let ts: Int

    public init(
        requestId: String,
        nodeId: String,
        displayName: String? = nil,
        platform: String? = nil,
        version: String? = nil,
        deviceFamily: String? = nil,
        modelIdentifier: String? = nil,
        remoteIp: String? = nil,
        clientId: String? = nil,
        clientMode: String? = nil,
        coreVersion: String? = nil,
        uiVersion: String? = nil,
        caps: [String]? = nil,
        commands: [String]? = nil,
        permissions: [String: Bool]? = nil,
        requiredApproveScopes: [String]? = nil,
        silent: Bool? = nil,
        isRepair: Bool? = nil,
        ts: Int
    ) {
        self.requestId = requestId
        self.nodeId = nodeId
        self.displayName = displayName
        self.platform = platform
        self.version = version
        self.deviceFamily = deviceFamily
        self.modelIdentifier = modelIdentifier
        self.remoteIp = remoteIp
        self.clientId = clientId
        self.clientMode = clientMode
        self.coreVersion = coreVersion
        self.uiVersion = uiVersion
        self.caps = caps
        self.commands = commands
        self.permissions = permissions
        self.requiredApproveScopes = requiredApproveScopes
        self.silent = silent
        self.isRepair = isRepair
        self.ts = ts
    }
}

public enum NodePairResolvedDecision: RawRepresentable, Codable, Hashable, Sendable {
    case approved
    case rejected
    case removed
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "approved": self = .approved
        case "rejected": self = .rejected
        case "removed": self = .removed
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .approved: return "approved"
        case .rejected: return "rejected"
        case .removed: return "removed"
        case .unrecognized(let value): return value
        }
    }
}

public struct NodePairResolved: Codable, Sendable {
    public let requestId: String
    public let nodeId: String
    public let decision: NodePairResolvedDecision
    public let ts: Int

    public init(
        requestId: String,
        nodeId: String,
        decision: NodePairResolvedDecision,
        ts: Int
    ) {
        self.requestId = requestId
        self.nodeId = nodeId
        self.decision = decision
        self.ts = ts
    }
}

public enum NodePendingItemType: RawRepresentable, Codable, Hashable, Sendable {
    case statusRequest
    case locationRequest
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "status.request": self = .statusRequest
        case "location.request": self = .locationRequest
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .statusRequest: return "status.request"
        case .locationRequest: return "location.request"
        case .unrecognized(let value): return value
        }
    }
}

public enum NodePendingItemPriority: RawRepresentable, Codable, Hashable, Sendable {
    case `default`
    case normal
    case high
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "default": self = .`default`
        case "normal": self = .normal
        case "high": self = .high
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .`default`: return "default"
        case .normal: return "normal"
        case .high: return "high"
        case .unrecognized(let value): return value
        }
    }
}

public struct NodePendingItem: Codable, Sendable {
    public let id: String
    public let type: NodePendingItemType
    public let priority: NodePendingItemPriority
    public let createdAtMs: Int
    public let expiresAtMs: Int?

    public init(
        id: String,
        type: NodePendingItemType,
        priority: NodePendingItemPriority,
        createdAtMs: Int,
        expiresAtMs: Int? = nil
    ) {
        self.id = id
        self.type = type
        self.priority = priority
        self.createdAtMs = createdAtMs
        self.expiresAtMs = expiresAtMs
    }
}

public enum NodeRowApprovalState: RawRepresentable, Codable, Hashable, Sendable {
    case approved
    case pendingApproval
    case pendingReapproval
    case unapproved
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "approved": self = .approved
        case "pending-approval": self = .pendingApproval
        case "pending-reapproval": self = .pendingReapproval
        case "unapproved": self = .unapproved
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .approved: return "approved"
        case .pendingApproval: return "pending-approval"
        case .pendingReapproval: return "pending-reapproval"
        case .unapproved: return "unapproved"
        case .unrecognized(let value): return value
        }
    }
}

public struct NodeRow: Codable, Sendable {
    public let nodeId: String
    public let displayName: String?
    public let platform: String?
    public let version: String?
    public let deviceFamily: String?
    public let modelIdentifier: String?
    public let remoteIp: String?
    public let clientId: String?
    public let clientMode: String?
    public let caps: [String]
    public let commands: [String]
    public let permissions: [String: Bool]?
    public let pathEnv: String?
    public let paired: Bool
    public let connected: Bool
    public let connectedAtMs: Int?
    public let sessionHost: Bool?
    public let nodePluginTools: [[String: AnyCodable]]?
    public let approvalState: NodeRowApprovalState?
    public let pendingRequestId: String?
    public let pendingDeclaredCaps: [String]?
    public let pendingDeclaredCommands: [String]?
    public let pendingDeclaredPermissions: [String: Bool]?
    public let lastConnectedAtMs: Int?
    public let lastDisconnectedAtMs: Int?
    public let lastSeenAtMs: Int?
    public let lastSeenReason: String?
    public let approvedAtMs: Int?

    public init(
        nodeId: String,
        displayName: String? = nil,
        platform: String? = nil,
        version: String? = nil,
        deviceFamily: String? = nil,
        modelIdentifier: String? = nil,
        remoteIp: String? = nil,
        clientId: String? = nil,
        clientMode: String? = nil,
        caps: [String],
        commands: [String],
        permissions: [String: Bool]? = nil,
        pathEnv: String? = nil,
        paired: Bool,
        connected: Bool,
        connectedAtMs: Int? = nil,
        sessionHost: Bool? = nil,
        nodePluginTools: [[String: AnyCodable]]? = nil,
        approvalState: NodeRowApprovalState? = nil,
        pendingRequestId: String? = nil,
        pendingDeclaredCaps: [String]? = nil,
        pendingDeclaredCommands: [String]? = nil,
        pendingDeclaredPermissions: [String: Bool]? = nil,
        lastConnectedAtMs: Int? = nil,
        lastDisconnectedAtMs: Int? = nil,
        lastSeenAtMs: Int? = nil,
        lastSeenReason: String? = nil,
        approvedAtMs: Int? = nil
    ) {
        self.nodeId = nodeId
        self.displayName = displayName
        self.platform = platform
        self.version = version
        self.deviceFamily = deviceFamily
        self.modelIdentifier = modelIdentifier
        self.remoteIp = remoteIp
        self.clientId = clientId
        self.clientMode = clientMode
        self.caps = caps
        self.commands = commands
        self.permissions = permissions
        self.pathEnv = pathEnv
        self.paired = paired
        self.connected = connected
        self.connectedAtMs = connectedAtMs
        self.sessionHost = sessionHost
        self.nodePluginTools = nodePluginTools
        self.approvalState = approvalState
        self.pendingRequestId = pendingRequestId
        self.pendingDeclaredCaps = pendingDeclaredCaps
        self.pendingDeclaredCommands = pendingDeclaredCommands
        self.pendingDeclaredPermissions = pendingDeclaredPermissions
        self.lastConnectedAtMs = lastConnectedAtMs
        self.lastDisconnectedAtMs = lastDisconnectedAtMs
        self.lastSeenAtMs = lastSeenAtMs
        self.lastSeenReason = lastSeenReason
        self.approvedAtMs = approvedAtMs
    }
}

public enum PairedDeviceApprovedVia: RawRepresentable, Codable, Hashable, Sendable {
    case silent
    case owner
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "silent": self = .silent
        case "owner": self = .owner
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .silent: return "silent"
        case .owner: return "owner"
        case .unrecognized(let value): return value
        }
    }
}

public struct TokenSummary: Codable, Sendable {
    public let role: String
    public let scopes: [String]
    public let createdAtMs: Int
    public let rotatedAtMs: Int?
    public let revokedAtMs: Int?
    public let lastUsedAtMs: Int?

    public init(
        role: String,
        scopes: [String],
        createdAtMs: Int,
        rotatedAtMs: Int? = nil,
        revokedAtMs: Int? = nil,
        lastUsedAtMs: Int? = nil
    ) {
        self.role = role
        self.scopes = scopes
        self.createdAtMs = createdAtMs
        self.rotatedAtMs = rotatedAtMs
        self.revokedAtMs = revokedAtMs
        self.lastUsedAtMs = lastUsedAtMs
    }
}

public struct PairedDevice: Codable, Sendable {
    public let deviceId: String
    public let publicKey: String
    public let displayName: String?
    public let platform: String?
    public let deviceFamily: String?
    public let clientId: String?
    public let clientMode: String?
    public let role: String?
    public let remoteIp: String?
    public let label: String?
    public let roles: [String]
    public let scopes: [String]
    public let approvedVia: PairedDeviceApprovedVia
    public let createdAtMs: Int
    public let approvedAtMs: Int
    public let lastSeenAtMs: Int?
    public let connected: Bool?
    public let tokens: [TokenSummary]

    public init(
        deviceId: String,
        publicKey: String,
        displayName: String? = nil,
        platform: String? = nil,
        deviceFamily: String? = nil,
        clientId: String? = nil,
        clientMode: String? = nil,
        role: String? = nil,
        remoteIp: String? = nil,
        label: String? = nil,
        roles: [String],
        scopes: [String],
        approvedVia: PairedDeviceApprovedVia,
        createdAtMs: Int,
        approvedAtMs: Int,
        lastSeenAtMs: Int? = nil,
        connected: Bool? = nil,
        tokens: [TokenSummary]
    ) {
        self.deviceId = deviceId
        self.publicKey = publicKey
        self.displayName = displayName
        self.platform = platform
        self.deviceFamily = deviceFamily
        self.clientId = clientId
        self.clientMode = clientMode
        self.role = role
        self.remoteIp = remoteIp
        self.label = label
        self.roles = roles
        self.scopes = scopes
        self.approvedVia = approvedVia
        self.createdAtMs = createdAtMs
        self.approvedAtMs = approvedAtMs
        self.lastSeenAtMs = lastSeenAtMs
        self.connected = connected
        self.tokens = tokens
    }
}

public struct PairedNode: Codable, Sendable {
    public let nodeId: String
    public let displayName: String?
    public let platform: String?
    public let version: String?
    public let deviceFamily: String?
    public let modelIdentifier: String?
    public let remoteIp: String?
    public let clientId: String?
    public let clientMode: String?
    public let coreVersion: String?
    public let uiVersion: String?
    public let token: String?
    public let caps: [String]?
    public let commands: [String]?
    public let permissions: [String: Bool]?
    public let createdAtMs: Int
    public let approvedAtMs: Int
    public let lastConnectedAtMs: Int?
    public let lastDisconnectedAtMs: Int?
    public let lastSeenAtMs: Int?
    public let lastSeenReason: String?

    public init(
        nodeId: String,
        displayName: String? = nil,
        platform: String? = nil,
        version: String? = nil,
        deviceFamily: String? = nil,
        modelIdentifier: String? = nil,
        remoteIp: String? = nil,
        clientId: String? = nil,
        clientMode: String? = nil,
        coreVersion: String? = nil,
        uiVersion: String? = nil,
        token: String? = nil,
        caps: [String]? = nil,
        commands: [String]? = nil,
        permissions: [String: Bool]? = nil,
        createdAtMs: Int,
        approvedAtMs: Int,
        lastConnectedAtMs: Int? = nil,
        lastDisconnectedAtMs: Int? = nil,
        lastSeenAtMs: Int? = nil,
        lastSeenReason: String? = nil
    ) {
        self.nodeId = nodeId
        self.displayName = displayName
        self.platform = platform
        self.version = version
        self.deviceFamily = deviceFamily
        self.modelIdentifier = modelIdentifier
        self.remoteIp = remoteIp
        self.clientId = clientId
        self.clientMode = clientMode
        self.coreVersion = coreVersion
        self.uiVersion = uiVersion
        self.token = token
        self.caps = caps
        self.commands = commands
        self.permissions = permissions
        self.createdAtMs = createdAtMs
        self.approvedAtMs = approvedAtMs
        self.lastConnectedAtMs = lastConnectedAtMs
        self.lastDisconnectedAtMs = lastDisconnectedAtMs
        self.lastSeenAtMs = lastSeenAtMs
        self.lastSeenReason = lastSeenReason
    }
}

public struct PendingDevice: Codable, Sendable {
    public let requestId: String
    public let deviceId: String
    public let publicKey: String
    public let displayName: String?
    public let platform: String?
    public let deviceFamily: String?
    public let clientId: String?
    public let clientMode: String?
    public let role: String?
    public let remoteIp: String?
    public let roles: [String]
    public let scopes: [String]
    public let silent: Bool
    public let isRepair: Bool
    public let ts: Int

    public init(
        requestId: String,
        deviceId: String,
        publicKey: String,
        displayName: String? = nil,
        platform: String? = nil,
        deviceFamily: String? = nil,
        clientId: String? = nil,
        clientMode: String? = nil,
        role: String? = nil,
        remoteIp: String? = nil,
        roles: [String],
        scopes: [String],
        silent: Bool,
        isRepair: Bool,
        ts: Int
    ) {
        self.requestId = requestId
        self.deviceId = deviceId
        self.publicKey = publicKey
        self.displayName = displayName
        self.platform = platform
        self.deviceFamily = deviceFamily
        self.clientId = clientId
        self.clientMode = clientMode
        self.role = role
        self.remoteIp = remoteIp
        self.roles = roles
        self.scopes = scopes
        self.silent = silent
        self.isRepair = isRepair
        self.ts = ts
    }
}

public struct PresenceEvent: Codable, Sendable {
    public let presence: [PresenceEntry]

    public init(
        presence: [PresenceEntry]
    ) {
        self.presence = presence
    }
}

public enum QueueRowDirection: RawRepresentable, Codable, Hashable, Sendable {
    case `in`
    case out
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "in": self = .`in`
        case "out": self = .out
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .`in`: return "in"
        case .out: return "out"
        case .unrecognized(let value): return value
        }
    }
}

public enum QueueRowState: RawRepresentable, Codable, Hashable, Sendable {
    case new
    case running
    case done
    case kept
    case dropped
    case dead
    case queued
    case sending
    case sent
    case failed
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "new": self = .new
        case "running": self = .running
        case "done": self = .done
        case "kept": self = .kept
        case "dropped": self = .dropped
        case "dead": self = .dead
        case "queued": self = .queued
        case "sending": self = .sending
        case "sent": self = .sent
        case "failed": self = .failed
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .new: return "new"
        case .running: return "running"
        case .done: return "done"
        case .kept: return "kept"
        case .dropped: return "dropped"
        case .dead: return "dead"
        case .queued: return "queued"
        case .sending: return "sending"
        case .sent: return "sent"
        case .failed: return "failed"
        case .unrecognized(let value): return value
        }
    }
}

public struct QueueRow: Codable, Sendable {
    public let id: String
    public let direction: QueueRowDirection
    public let channel: String
    public let account: String
    public let chat: String
    public let state: QueueRowState
    public let attempts: Int
    public let isMaybeDuplicate: Bool?
    public let problem: String?
    public let preview: String
    public let ts: Int

    public init(
        id: String,
        direction: QueueRowDirection,
        channel: String,
        account: String,
        chat: String,
        state: QueueRowState,
        attempts: Int,
        isMaybeDuplicate: Bool? = nil,
        problem: String? = nil,
        preview: String,
        ts: Int
    ) {
        self.id = id
        self.direction = direction
        self.channel = channel
        self.account = account
        self.chat = chat
        self.state = state
        self.attempts = attempts
        self.isMaybeDuplicate = isMaybeDuplicate
        self.problem = problem
        self.preview = preview
        self.ts = ts
    }
}

public struct RequestFrameV3: Codable, Sendable {
    public let type: String
    public let id: String
    public let method: String
    public let params: AnyCodable?

    public init(
        type: String = "req",
        id: String,
        method: String,
        params: AnyCodable? = nil
    ) {
        self.type = type
        self.id = id
        self.method = method
        self.params = params
    }
}

public struct SenderRequest: Codable, Sendable {
    public let channel: String
    public let account: String
    public let senderId: String
    public let name: String?
    public let code: String
    public let askedAt: Int

    public init(
        channel: String,
        account: String,
        senderId: String,
        name: String? = nil,
        code: String,
        askedAt: Int
    ) {
        self.channel = channel
        self.account = account
        self.senderId = senderId
        self.name = name
        self.code = code
        self.askedAt = askedAt
    }
}

public struct SentMessage: Codable, Sendable {
    public let runId: String
    public let messageId: String
    public let channel: String
    public let chatId: String
    public let isMaybeDuplicate: Bool?

    public init(
        runId: String,
        messageId: String,
        channel: String,
        chatId: String,
        isMaybeDuplicate: Bool? = nil
    ) {
        self.runId = runId
        self.messageId = messageId
        self.channel = channel
        self.chatId = chatId
        self.isMaybeDuplicate = isMaybeDuplicate
    }
}

public enum SessionEntrySendPolicy: RawRepresentable, Codable, Hashable, Sendable {
    case allow
    case deny
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "allow": self = .allow
        case "deny": self = .deny
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .allow: return "allow"
        case .deny: return "deny"
        case .unrecognized(let value): return value
        }
    }
}

public enum SessionEntryGroupActivation: RawRepresentable, Codable, Hashable, Sendable {
    case mention
    case always
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "mention": self = .mention
        case "always": self = .always
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .mention: return "mention"
        case .always: return "always"
        case .unrecognized(let value): return value
        }
    }
}

public struct SessionEntry: Codable, Sendable {
    public let sessionId: String
    public let createdAt: Int
    public let updatedAt: Int
    public let systemSent: Bool?
    public let abortedLastRun: Bool?
    public let label: String?
    public let thinkingLevel: String?
    public let verboseLevel: String?
    public let reasoningLevel: String?
    public let responseUsage: String?
    public let elevatedLevel: String?
    public let sendPolicy: SessionEntrySendPolicy?
    public let groupActivation: SessionEntryGroupActivation?
    public let model: String?
    public let modelProvider: String?
    public let archived: Bool?
    public let pinned: Bool?
    public let inputTokens: Int?
    public let outputTokens: Int?
    public let totalTokens: Int?
    public let compactionCount: Int?

    public init(
        sessionId: String,
        createdAt: Int,
        updatedAt: Int,
        systemSent: Bool? = nil,
        abortedLastRun: Bool? = nil,
        label: String? = nil,
        thinkingLevel: String? = nil,
        verboseLevel: String? = nil,
        reasoningLevel: String? = nil,
        responseUsage: String? = nil,
        elevatedLevel: String? = nil,
        sendPolicy: SessionEntrySendPolicy? = nil,
        groupActivation: SessionEntryGroupActivation? = nil,
        model: String? = nil,
        modelProvider: String? = nil,
        archived: Bool? = nil,
        pinned: Bool? = nil,
        inputTokens: Int? = nil,
        outputTokens: Int? = nil,
        totalTokens: Int? = nil,
        compactionCount: Int? = nil
    ) {
        self.sessionId = sessionId
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.systemSent = systemSent
        self.abortedLastRun = abortedLastRun
        self.label = label
        self.thinkingLevel = thinkingLevel
        self.verboseLevel = verboseLevel
        self.reasoningLevel = reasoningLevel
        self.responseUsage = responseUsage
        self.elevatedLevel = elevatedLevel
        self.sendPolicy = sendPolicy
        self.groupActivation = groupActivation
        self.model = model
        self.modelProvider = modelProvider
        self.archived = archived
        self.pinned = pinned
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.totalTokens = totalTokens
        self.compactionCount = compactionCount
    }
}

public struct SessionMessage: Codable, Sendable {
    public let sessionKey: String
    public let agentId: String
    public let message: ChatMessage
    public let messageId: String
    public let messageSeq: Int

    public init(
        sessionKey: String,
        agentId: String,
        message: ChatMessage,
        messageId: String,
        messageSeq: Int
    ) {
        self.sessionKey = sessionKey
        self.agentId = agentId
        self.message = message
        self.messageId = messageId
        self.messageSeq = messageSeq
    }
}

public enum SessionRowKind: RawRepresentable, Codable, Hashable, Sendable {
    case direct
    case group
    case global
    case unknown
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "direct": self = .direct
        case "group": self = .group
        case "global": self = .global
        case "unknown": self = .unknown
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .direct: return "direct"
        case .group: return "group"
        case .global: return "global"
        case .unknown: return "unknown"
        case .unrecognized(let value): return value
        }
    }
}

public enum SessionRowSendPolicy: RawRepresentable, Codable, Hashable, Sendable {
    case allow
    case deny
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "allow": self = .allow
        case "deny": self = .deny
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .allow: return "allow"
        case .deny: return "deny"
        case .unrecognized(let value): return value
        }
    }
}

public enum SessionRowGroupActivation: RawRepresentable, Codable, Hashable, Sendable {
    case mention
    case always
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "mention": self = .mention
        case "always": self = .always
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .mention: return "mention"
        case .always: return "always"
        case .unrecognized(let value): return value
        }
    }
}

public struct SessionRow: Codable, Sendable {
    public let key: String
    public let kind: SessionRowKind
    public let agentId: String?
    public let isMain: Bool?
    public let displayName: String?
    public let derivedTitle: String?
    public let lastMessagePreview: String?
    public let channel: String?
    public let chatType: String?
    public let createdAt: Int?
    public let updatedAt: Int?
    public let sessionId: String?
    public let systemSent: Bool?
    public let abortedLastRun: Bool?
    public let status: String?
    public let label: String?
    public let thinkingLevel: String?
    public let verboseLevel: String?
    public let reasoningLevel: String?
    public let responseUsage: String?
    public let elevatedLevel: String?
    public let sendPolicy: SessionRowSendPolicy?
    public let groupActivation: SessionRowGroupActivation?
    public let model: String?
    public let modelProvider: String?
    public let archived: Bool?
    public let pinned: Bool?
    public let inputTokens: Int?
    public let outputTokens: Int?
    public let totalTokens: Int?
    public let contextTokens: Int?
    public let deliveryContext: [String: AnyCodable]?
    public let lastChannel: String?
    public let lastTo: String?
    public let lastAccountId: String?

    public init(
        key: String,
        kind: SessionRowKind,
        agentId: String? = nil,
        isMain: Bool? = nil,
        displayName: String? = nil,
        derivedTitle: String? = nil,
        lastMessagePreview: String? = nil,
        channel: String? = nil,
        chatType: String? = nil,
        createdAt: Int? = nil,
        updatedAt: Int? = nil,
        sessionId: String? = nil,
        systemSent: Bool? = nil,
        abortedLastRun: Bool? = nil,
        status: String? = nil,
        label: String? = nil,
        thinkingLevel: String? = nil,
        verboseLevel: String? = nil,
        reasoningLevel: String? = nil,
        responseUsage: String? = nil,
        elevatedLevel: String? = nil,
        sendPolicy: SessionRowSendPolicy? = nil,
        groupActivation: SessionRowGroupActivation? = nil,
        model: String? = nil,
        modelProvider: String? = nil,
        archived: Bool? = nil,
        pinned: Bool? = nil,
        inputTokens: Int? = nil,
        outputTokens: Int? = nil,
        totalTokens: Int? = nil,
        contextTokens: Int? = nil,
        deliveryContext: [String: AnyCodable]? = nil,
        lastChannel: String? = nil,
        lastTo: String? = nil,
        lastAccountId: String? = nil
    ) {
        self.key = key
        self.kind = kind
        self.agentId = agentId
        self.isMain = isMain
        self.displayName = displayName
        self.derivedTitle = derivedTitle
        self.lastMessagePreview = lastMessagePreview
        self.channel = channel
        self.chatType = chatType
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.sessionId = sessionId
        self.systemSent = systemSent
        self.abortedLastRun = abortedLastRun
        self.status = status
        self.label = label
        self.thinkingLevel = thinkingLevel
        self.verboseLevel = verboseLevel
        self.reasoningLevel = reasoningLevel
        self.responseUsage = responseUsage
        self.elevatedLevel = elevatedLevel
        self.sendPolicy = sendPolicy
        self.groupActivation = groupActivation
        self.model = model
        self.modelProvider = modelProvider
        self.archived = archived
        self.pinned = pinned
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.totalTokens = totalTokens
        self.contextTokens = contextTokens
        self.deliveryContext = deliveryContext
        self.lastChannel = lastChannel
        self.lastTo = lastTo
        self.lastAccountId = lastAccountId
    }
}

public struct SessionsChanged: Codable, Sendable {
    public let sessionKey: String?
    public let agentId: String?
    public let reason: String?
    public let phase: String?
    public let runId: String?
    public let ts: Int
    public let session: SessionRow?

    public init(
        sessionKey: String? = nil,
        agentId: String? = nil,
        reason: String? = nil,
        phase: String? = nil,
        runId: String? = nil,
        ts: Int,
        session: SessionRow? = nil
    ) {
        self.sessionKey = sessionKey
        self.agentId = agentId
        self.reason = reason
        self.phase = phase
        self.runId = runId
        self.ts = ts
        self.session = session
    }
}

public struct StatusHeartbeatAgentsItem: Codable, Sendable {
    public let agentId: String
    public let enabled: Bool
    public let every: String
    public let everyMs: Int?

    public init(
        agentId: String,
        enabled: Bool,
        every: String,
        everyMs: Int? = nil
    ) {
        self.agentId = agentId
        self.enabled = enabled
        self.every = every
        self.everyMs = everyMs
    }
}

public struct StatusHeartbeat: Codable, Sendable {
    public let defaultAgentId: String
    public let agents: [StatusHeartbeatAgentsItem]

    public init(
        defaultAgentId: String,
        agents: [StatusHeartbeatAgentsItem]
    ) {
        self.defaultAgentId = defaultAgentId
        self.agents = agents
    }
}

public struct StatusSessionsDefaults: Codable, Sendable {
    public let model: String?
    public let contextTokens: Int?

    public init(
        model: String? = nil,
        contextTokens: Int? = nil
    ) {
        self.model = model
        self.contextTokens = contextTokens
    }
}

public struct StatusSessionsRecentItem: Codable, Sendable {
    public let agentId: String
    public let key: String
    public let kind: String
    public let sessionId: String
    public let updatedAt: Int
    public let age: Int
    public let model: String?

    public init(
        agentId: String,
        key: String,
        kind: String,
        sessionId: String,
        updatedAt: Int,
        age: Int,
        model: String? = nil
    ) {
        self.agentId = agentId
        self.key = key
        self.kind = kind
        self.sessionId = sessionId
        self.updatedAt = updatedAt
        self.age = age
        self.model = model
    }
}

public struct StatusSessionsByAgentItemRecentItem: Codable, Sendable {
    public let agentId: String
    public let key: String
    public let kind: String
    public let sessionId: String
    public let updatedAt: Int
    public let age: Int
    public let model: String?

    public init(
        agentId: String,
        key: String,
        kind: String,
        sessionId: String,
        updatedAt: Int,
        age: Int,
        model: String? = nil
    ) {
        self.agentId = agentId
        self.key = key
        self.kind = kind
        self.sessionId = sessionId
        self.updatedAt = updatedAt
        self.age = age
        self.model = model
    }
}

public struct StatusSessionsByAgentItem: Codable, Sendable {
    public let agentId: String
    public let path: String
    public let count: Int
    public let recent: [StatusSessionsByAgentItemRecentItem]

    public init(
        agentId: String,
        path: String,
        count: Int,
        recent: [StatusSessionsByAgentItemRecentItem]
    ) {
        self.agentId = agentId
        self.path = path
        self.count = count
        self.recent = recent
    }
}

public struct StatusSessions: Codable, Sendable {
    public let paths: [String]
    public let count: Int
    public let defaults: StatusSessionsDefaults
    public let recent: [StatusSessionsRecentItem]
    public let byAgent: [StatusSessionsByAgentItem]

    public init(
        paths: [String],
        count: Int,
        defaults: StatusSessionsDefaults,
        recent: [StatusSessionsRecentItem],
        byAgent: [StatusSessionsByAgentItem]
    ) {
        self.paths = paths
        self.count = count
        self.defaults = defaults
        self.recent = recent
        self.byAgent = byAgent
    }
}

public struct Status: Codable, Sendable {
    public let runtimeVersion: String
    public let pid: Int
    public let port: Int
    public let uptimeMs: Int
    public let connections: Int
    public let heartbeat: StatusHeartbeat
    public let channelSummary: [String]
    public let queuedSystemEvents: [String]
    public let sessions: StatusSessions

    public init(
        runtimeVersion: String,
        pid: Int,
        port: Int,
        uptimeMs: Int,
        connections: Int,
        heartbeat: StatusHeartbeat,
        channelSummary: [String],
        queuedSystemEvents: [String],
        sessions: StatusSessions
    ) {
        self.runtimeVersion = runtimeVersion
        self.pid = pid
        self.port = port
        self.uptimeMs = uptimeMs
        self.connections = connections
        self.heartbeat = heartbeat
        self.channelSummary = channelSummary
        self.queuedSystemEvents = queuedSystemEvents
        self.sessions = sessions
    }
}

public struct VoiceWake: Codable, Sendable {
    public let triggers: [String]

    public init(
        triggers: [String]
    ) {
        self.triggers = triggers
    }
}

public struct VoiceWakeRoutingConfigDefaultTarget: Codable, Sendable {
    public let mode: String

    public init(
        mode: String = "current"
    ) {
        self.mode = mode
    }
}

public struct VoiceWakeRoutingConfig: Codable, Sendable {
    public let version: Double
    public let defaultTarget: VoiceWakeRoutingConfigDefaultTarget
    public let routes: [[String: AnyCodable]]
    public let updatedAtMs: Int

    public init(
        version: Double,
        defaultTarget: VoiceWakeRoutingConfigDefaultTarget,
        routes: [[String: AnyCodable]],
        updatedAtMs: Int
    ) {
        self.version = version
        self.defaultTarget = defaultTarget
        self.routes = routes
        self.updatedAtMs = updatedAtMs
    }
}

public struct VoiceWakeRouting: Codable, Sendable {
    public let config: VoiceWakeRoutingConfig

    public init(
        config: VoiceWakeRoutingConfig
    ) {
        self.config = config
    }
}

public struct AgentParamsAttachmentsItem: Codable, Sendable {
    public let type: String?
    public let mimeType: String?
    public let fileName: String?
    public let content: AnyCodable?
    public let sizeBytes: Double?
    public let durationMs: Double?
    public let width: Double?
    public let height: Double?

    public init(
        type: String? = nil,
        mimeType: String? = nil,
        fileName: String? = nil,
        content: AnyCodable? = nil,
        sizeBytes: Double? = nil,
        durationMs: Double? = nil,
        width: Double? = nil,
        height: Double? = nil
    ) {
        self.type = type
        self.mimeType = mimeType
        self.fileName = fileName
        self.content = content
        self.sizeBytes = sizeBytes
        self.durationMs = durationMs
        self.width = width
        self.height = height
    }
}

/// Parameters of `agent`. Asks an agent. Answers twice under one id: accepted at once, the result when the run ends.
public struct AgentParams: Codable, Sendable {
    public let message: String
    public let idempotencyKey: String
    public let agentId: String?
    public let sessionKey: String?
    public let sessionId: String?
    public let to: String?
    public let thinking: String?
    public let deliver: Bool?
    public let attachments: [AgentParamsAttachmentsItem]?
    public let channel: String?
    public let accountId: String?
    public let threadId: String?
    /// seconds
    public let timeout: Int?
    public let lane: String?
    public let extraSystemPrompt: String?
    public let label: String?
    public let model: String?
    public let provider: String?

    public init(
        message: String,
        idempotencyKey: String,
        agentId: String? = nil,
        sessionKey: String? = nil,
        sessionId: String? = nil,
        to: String? = nil,
        thinking: String? = nil,
        deliver: Bool? = nil,
        attachments: [AgentParamsAttachmentsItem]? = nil,
        channel: String? = nil,
        accountId: String? = nil,
        threadId: String? = nil,
        timeout: Int? = nil,
        lane: String? = nil,
        extraSystemPrompt: String? = nil,
        label: String? = nil,
        model: String? = nil,
        provider: String? = nil
    ) {
        self.message = message
        self.idempotencyKey = idempotencyKey
        self.agentId = agentId
        self.sessionKey = sessionKey
        self.sessionId = sessionId
        self.to = to
        self.thinking = thinking
        self.deliver = deliver
        self.attachments = attachments
        self.channel = channel
        self.accountId = accountId
        self.threadId = threadId
        self.timeout = timeout
        self.lane = lane
        self.extraSystemPrompt = extraSystemPrompt
        self.label = label
        self.model = model
        self.provider = provider
    }
}

public enum AgentResultStatus: RawRepresentable, Codable, Hashable, Sendable {
    case ok
    case timeout
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "ok": self = .ok
        case "timeout": self = .timeout
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .ok: return "ok"
        case .timeout: return "timeout"
        case .unrecognized(let value): return value
        }
    }
}

public struct AgentResultResultPayloadsItem: Codable, Sendable {
    public let text: String
    public let mediaUrl: AnyCodable

    public init(
        text: String,
        mediaUrl: AnyCodable
    ) {
        self.text = text
        self.mediaUrl = mediaUrl
    }
}

public struct AgentResultResultMetaAgentMeta: Codable, Sendable {
    public let sessionId: String?
    public let provider: String?
    public let model: String?
    public let usage: [String: AnyCodable]?

    public init(
        sessionId: String? = nil,
        provider: String? = nil,
        model: String? = nil,
        usage: [String: AnyCodable]? = nil
    ) {
        self.sessionId = sessionId
        self.provider = provider
        self.model = model
        self.usage = usage
    }
}

public struct AgentResultResultMeta: Codable, Sendable {
    public let durationMs: Int
    public let agentMeta: AgentResultResultMetaAgentMeta
    public let aborted: Bool

    public init(
        durationMs: Int,
        agentMeta: AgentResultResultMetaAgentMeta,
        aborted: Bool
    ) {
        self.durationMs = durationMs
        self.agentMeta = agentMeta
        self.aborted = aborted
    }
}

public struct AgentResultResult: Codable, Sendable {
    public let payloads: [AgentResultResultPayloadsItem]
    public let meta: AgentResultResultMeta

    public init(
        payloads: [AgentResultResultPayloadsItem],
        meta: AgentResultResultMeta
    ) {
        self.payloads = payloads
        self.meta = meta
    }
}

/// Result of `agent`.
public struct AgentResult: Codable, Sendable {
    public let runId: String
    public let status: AgentResultStatus
    public let summary: String
    public let result: AgentResultResult

    public init(
        runId: String,
        status: AgentResultStatus,
        summary: String,
        result: AgentResultResult
    ) {
        self.runId = runId
        self.status = status
        self.summary = summary
        self.result = result
    }
}

/// Parameters of `agent.identity.get`. How an agent presents itself.
public struct AgentIdentityGetParams: Codable, Sendable {
    public let agentId: String?
    public let sessionKey: String?

    public init(
        agentId: String? = nil,
        sessionKey: String? = nil
    ) {
        self.agentId = agentId
        self.sessionKey = sessionKey
    }
}

public enum AgentIdentityGetResultNameSource: RawRepresentable, Codable, Hashable, Sendable {
    case config
    case `default`
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "config": self = .config
        case "default": self = .`default`
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .config: return "config"
        case .`default`: return "default"
        case .unrecognized(let value): return value
        }
    }
}

/// Result of `agent.identity.get`.
public struct AgentIdentityGetResult: Codable, Sendable {
    public let agentId: String
    public let name: String
    public let nameSource: AgentIdentityGetResultNameSource
    public let avatar: String
    public let emoji: String?

    public init(
        agentId: String,
        name: String,
        nameSource: AgentIdentityGetResultNameSource,
        avatar: String,
        emoji: String? = nil
    ) {
        self.agentId = agentId
        self.name = name
        self.nameSource = nameSource
        self.avatar = avatar
        self.emoji = emoji
    }
}

/// Parameters of `agent.wait`. Waits for the end of a run; answers timeout when it takes longer.
public struct AgentWaitParams: Codable, Sendable {
    public let runId: String
    public let timeoutMs: Int?

    public init(
        runId: String,
        timeoutMs: Int? = nil
    ) {
        self.runId = runId
        self.timeoutMs = timeoutMs
    }
}

public enum AgentWaitResultStatus: RawRepresentable, Codable, Hashable, Sendable {
    case ok
    case error
    case timeout
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "ok": self = .ok
        case "error": self = .error
        case "timeout": self = .timeout
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .ok: return "ok"
        case .error: return "error"
        case .timeout: return "timeout"
        case .unrecognized(let value): return value
        }
    }
}

/// Result of `agent.wait`.
public struct AgentWaitResult: Codable, Sendable {
    public let runId: String
    public let status: AgentWaitResultStatus
    public let startedAt: Int?
    public let endedAt: Int?
    public let error: String?
    public let stopReason: String?

    public init(
        runId: String,
        status: AgentWaitResultStatus,
        startedAt: Int? = nil,
        endedAt: Int? = nil,
        error: String? = nil,
        stopReason: String? = nil
    ) {
        self.runId = runId
        self.status = status
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.error = error
        self.stopReason = stopReason
    }
}

/// Parameters of `agents.list`. The agents of this gateway.
public struct AgentsListParams: Codable, Sendable {
    public init() {}
}

public enum AgentsListResultScope: RawRepresentable, Codable, Hashable, Sendable {
    case perSender
    case global
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "per-sender": self = .perSender
        case "global": self = .global
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .perSender: return "per-sender"
        case .global: return "global"
        case .unrecognized(let value): return value
        }
    }
}

public struct AgentsListResultAgentsItemIdentity: Codable, Sendable {
    public let name: String?
    public let theme: String?
    public let emoji: String?
    public let avatar: String?

    public init(
        name: String? = nil,
        theme: String? = nil,
        emoji: String? = nil,
        avatar: String? = nil
    ) {
        self.name = name
        self.theme = theme
        self.emoji = emoji
        self.avatar = avatar
    }
}

public struct AgentsListResultAgentsItemModel: Codable, Sendable {
    public let primary: String?
    public let fallbacks: [String]?

    public init(
        primary: String? = nil,
        fallbacks: [String]? = nil
    ) {
        self.primary = primary
        self.fallbacks = fallbacks
    }
}

public struct AgentsListResultAgentsItem: Codable, Sendable {
    public let id: String
    public let name: String?
    public let identity: AgentsListResultAgentsItemIdentity?
    public let model: AgentsListResultAgentsItemModel?

    public init(
        id: String,
        name: String? = nil,
        identity: AgentsListResultAgentsItemIdentity? = nil,
        model: AgentsListResultAgentsItemModel? = nil
    ) {
        self.id = id
        self.name = name
        self.identity = identity
        self.model = model
    }
}

/// Result of `agents.list`.
public struct AgentsListResult: Codable, Sendable {
    public let defaultId: String
    public let mainKey: String
    public let scope: AgentsListResultScope
    public let agents: [AgentsListResultAgentsItem]

    public init(
        defaultId: String,
        mainKey: String,
        scope: AgentsListResultScope,
        agents: [AgentsListResultAgentsItem]
    ) {
        self.defaultId = defaultId
        self.mainKey = mainKey
        self.scope = scope
        self.agents = agents
    }
}

/// Parameters of `channels.login.start`. Begins to link an account and tells the text of the code to scan. The account stops meanwhile.
public struct ChannelsLoginStartParams: Codable, Sendable {
    public let channel: String
    public let accountId: String?
    public let force: Bool?
    public let timeoutMs: Int?

    public init(
        channel: String,
        accountId: String? = nil,
        force: Bool? = nil,
        timeoutMs: Int? = nil
    ) {
        self.channel = channel
        self.accountId = accountId
        self.force = force
        self.timeoutMs = timeoutMs
    }
}

/// Result of `channels.login.start`.
public typealias ChannelsLoginStartResult = LinkState

/// Parameters of `channels.login.wait`. Waits until a link is done, has failed, or has another code to scan than `qr`.
public struct ChannelsLoginWaitParams: Codable, Sendable {
    public let channel: String
    public let accountId: String?
    public let qr: String?
    public let timeoutMs: Int?

    public init(
        channel: String,
        accountId: String? = nil,
        qr: String? = nil,
        timeoutMs: Int? = nil
    ) {
        self.channel = channel
        self.accountId = accountId
        self.qr = qr
        self.timeoutMs = timeoutMs
    }
}

/// Result of `channels.login.wait`.
public typealias ChannelsLoginWaitResult = LinkState

/// Parameters of `channels.logout`. Ends the link of an account and deletes its keys.
public struct ChannelsLogoutParams: Codable, Sendable {
    public let channel: String
    public let accountId: String?

    public init(
        channel: String,
        accountId: String? = nil
    ) {
        self.channel = channel
        self.accountId = accountId
    }
}

/// Result of `channels.logout`.
public struct ChannelsLogoutResult: Codable, Sendable {
    public let channel: String
    public let accountId: String
    public let cleared: Bool
    public let loggedOut: Bool

    public init(
        channel: String,
        accountId: String,
        cleared: Bool,
        loggedOut: Bool
    ) {
        self.channel = channel
        self.accountId = accountId
        self.cleared = cleared
        self.loggedOut = loggedOut
    }
}

/// Parameters of `channels.pairing.approve`. Lets the person with that code talk to the agent, in direct messages only.
public struct ChannelsPairingApproveParams: Codable, Sendable {
    public let channel: String
    public let code: String

    public init(
        channel: String,
        code: String
    ) {
        self.channel = channel
        self.code = code
    }
}

/// Result of `channels.pairing.approve`.
public struct ChannelsPairingApproveResult: Codable, Sendable {
    public let channel: String
    public let account: String
    public let senderId: String

    public init(
        channel: String,
        account: String,
        senderId: String
    ) {
        self.channel = channel
        self.account = account
        self.senderId = senderId
    }
}

/// Parameters of `channels.pairing.list`. People who wait for approval on a channel.
public struct ChannelsPairingListParams: Codable, Sendable {
    public let channel: String?

    public init(
        channel: String? = nil
    ) {
        self.channel = channel
    }
}

/// Result of `channels.pairing.list`.
public struct ChannelsPairingListResult: Codable, Sendable {
    public let requests: [SenderRequest]

    public init(
        requests: [SenderRequest]
    ) {
        self.requests = requests
    }
}

/// Parameters of `channels.start`. Starts the accounts of a channel, or one of them.
public struct ChannelsStartParams: Codable, Sendable {
    public let channel: String
    public let accountId: String?

    public init(
        channel: String,
        accountId: String? = nil
    ) {
        self.channel = channel
        self.accountId = accountId
    }
}

/// Result of `channels.start`.
public struct ChannelsStartResult: Codable, Sendable {
    public let channel: String
    public let ok: Bool

    public init(
        channel: String,
        ok: Bool
    ) {
        self.channel = channel
        self.ok = ok
    }
}

/// Parameters of `channels.status`. The state of every channel account; with probe the networks are asked.
public struct ChannelsStatusParams: Codable, Sendable {
    public let probe: Bool?
    public let timeoutMs: Int?
    public let channel: String?

    public init(
        probe: Bool? = nil,
        timeoutMs: Int? = nil,
        channel: String? = nil
    ) {
        self.probe = probe
        self.timeoutMs = timeoutMs
        self.channel = channel
    }
}

public struct ChannelsStatusResultChannelMetaItem: Codable, Sendable {
    public let id: String
    public let label: String
    public let detailLabel: String

    public init(
        id: String,
        label: String,
        detailLabel: String
    ) {
        self.id = id
        self.label = label
        self.detailLabel = detailLabel
    }
}

/// Result of `channels.status`.
public struct ChannelsStatusResult: Codable, Sendable {
    public let ts: Int
    public let channelOrder: [String]
    public let channelLabels: [String: String]
    public let channelDetailLabels: [String: String]
    public let channelSystemImages: [String: String]
    public let channelMeta: [ChannelsStatusResultChannelMetaItem]
    public let channels: [String: [String: AnyCodable]]
    public let channelAccounts: [String: [ChannelAccount]]
    public let channelDefaultAccountId: [String: String]

    public init(
        ts: Int,
        channelOrder: [String],
        channelLabels: [String: String],
        channelDetailLabels: [String: String],
        channelSystemImages: [String: String],
        channelMeta: [ChannelsStatusResultChannelMetaItem],
        channels: [String: [String: AnyCodable]],
        channelAccounts: [String: [ChannelAccount]],
        channelDefaultAccountId: [String: String]
    ) {
        self.ts = ts
        self.channelOrder = channelOrder
        self.channelLabels = channelLabels
        self.channelDetailLabels = channelDetailLabels
        self.channelSystemImages = channelSystemImages
        self.channelMeta = channelMeta
        self.channels = channels
        self.channelAccounts = channelAccounts
        self.channelDefaultAccountId = channelDefaultAccountId
    }
}

/// Parameters of `channels.stop`. Stops the accounts of a channel, or one of them, until the next start of the gateway.
public struct ChannelsStopParams: Codable, Sendable {
    public let channel: String
    public let accountId: String?

    public init(
        channel: String,
        accountId: String? = nil
    ) {
        self.channel = channel
        self.accountId = accountId
    }
}

/// Result of `channels.stop`.
public struct ChannelsStopResult: Codable, Sendable {
    public let channel: String
    public let ok: Bool

    public init(
        channel: String,
        ok: Bool
    ) {
        self.channel = channel
        self.ok = ok
    }
}

/// Parameters of `chat.abort`. Ends one answer of a session, or all of them.
public struct ChatAbortParams: Codable, Sendable {
    public let sessionKey: String
    public let runId: String?
    public let agentId: String?
    public let preserveSideRuns: Bool?

    public init(
        sessionKey: String,
        runId: String? = nil,
        agentId: String? = nil,
        preserveSideRuns: Bool? = nil
    ) {
        self.sessionKey = sessionKey
        self.runId = runId
        self.agentId = agentId
        self.preserveSideRuns = preserveSideRuns
    }
}

/// Result of `chat.abort`.
public struct ChatAbortResult: Codable, Sendable {
    public let ok: Bool
    public let aborted: Bool
    public let runIds: [String]

    public init(
        ok: Bool,
        aborted: Bool,
        runIds: [String]
    ) {
        self.ok = ok
        self.aborted = aborted
        self.runIds = runIds
    }
}

/// Parameters of `chat.history`. The last messages of a session, oldest first.
public struct ChatHistoryParams: Codable, Sendable {
    public let sessionKey: String
    public let limit: Int?
    public let agentId: String?
    public let offset: Int?
    public let cursor: String?
    public let sessionId: String?
    public let maxChars: Int?

    public init(
        sessionKey: String,
        limit: Int? = nil,
        agentId: String? = nil,
        offset: Int? = nil,
        cursor: String? = nil,
        sessionId: String? = nil,
        maxChars: Int? = nil
    ) {
        self.sessionKey = sessionKey
        self.limit = limit
        self.agentId = agentId
        self.offset = offset
        self.cursor = cursor
        self.sessionId = sessionId
        self.maxChars = maxChars
    }
}

public struct ChatHistoryResultPendingInputs: Codable, Sendable {
    public let items: [ChatMessage]
    public let total: Int

    public init(
        items: [ChatMessage],
        total: Int
    ) {
        self.items = items
        self.total = total
    }
}

/// Result of `chat.history`.
public struct ChatHistoryResult: Codable, Sendable {
    public let sessionKey: String
    public let sessionId: String?
    public let messages: [ChatMessage]
    public let thinkingLevel: String?
    public let hasMore: Bool?
    public let totalMessages: Int?
    public let nextOffset: Int?
    public let pendingInputs: ChatHistoryResultPendingInputs?
    public let activeRunIds: [String]?

    public init(
        sessionKey: String,
        sessionId: String? = nil,
        messages: [ChatMessage],
        thinkingLevel: String? = nil,
        hasMore: Bool? = nil,
        totalMessages: Int? = nil,
        nextOffset: Int? = nil,
        pendingInputs: ChatHistoryResultPendingInputs? = nil,
        activeRunIds: [String]? = nil
    ) {
        self.sessionKey = sessionKey
        self.sessionId = sessionId
        self.messages = messages
        self.thinkingLevel = thinkingLevel
        self.hasMore = hasMore
        self.totalMessages = totalMessages
        self.nextOffset = nextOffset
        self.pendingInputs = pendingInputs
        self.activeRunIds = activeRunIds
    }
}

/// Parameters of `chat.inject`. Adds a message of the assistant to a session, without asking the agent.
public struct ChatInjectParams: Codable, Sendable {
    public let sessionKey: String
    public let message: String
    public let label: String?
    public let agentId: String?

    public init(
        sessionKey: String,
        message: String,
        label: String? = nil,
        agentId: String? = nil
    ) {
        self.sessionKey = sessionKey
        self.message = message
        self.label = label
        self.agentId = agentId
    }
}

/// Result of `chat.inject`.
public struct ChatInjectResult: Codable, Sendable {
    public let ok: Bool
    public let messageId: String

    public init(
        ok: Bool,
        messageId: String
    ) {
        self.ok = ok
        self.messageId = messageId
    }
}

/// Parameters of `chat.message.get`. One message of a session, whole.
public struct ChatMessageGetParams: Codable, Sendable {
    public let sessionKey: String
    public let agentId: String?
    public let messageId: String
    public let maxChars: Int?

    public init(
        sessionKey: String,
        agentId: String? = nil,
        messageId: String,
        maxChars: Int? = nil
    ) {
        self.sessionKey = sessionKey
        self.agentId = agentId
        self.messageId = messageId
        self.maxChars = maxChars
    }
}

public enum ChatMessageGetResultUnavailableReason: RawRepresentable, Codable, Hashable, Sendable {
    case notFound
    case oversized
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "not_found": self = .notFound
        case "oversized": self = .oversized
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .notFound: return "not_found"
        case .oversized: return "oversized"
        case .unrecognized(let value): return value
        }
    }
}

/// Result of `chat.message.get`.
public struct ChatMessageGetResult: Codable, Sendable {
    public let ok: Bool
    public let message: ChatMessage?
    public let unavailableReason: ChatMessageGetResultUnavailableReason?

    public init(
        ok: Bool,
        message: ChatMessage? = nil,
        unavailableReason: ChatMessageGetResultUnavailableReason? = nil
    ) {
        self.ok = ok
        self.message = message
        self.unavailableReason = unavailableReason
    }
}

/// Parameters of `chat.metadata`. What a chat window offers: models and commands.
public struct ChatMetadataParams: Codable, Sendable {
    public let agentId: String?
    public let sessionKey: String?

    public init(
        agentId: String? = nil,
        sessionKey: String? = nil
    ) {
        self.agentId = agentId
        self.sessionKey = sessionKey
    }
}

/// Result of `chat.metadata`.
public struct ChatMetadataResult: Codable, Sendable {
    public let models: [ModelRow]
    public let commands: [CommandRow]

    public init(
        models: [ModelRow],
        commands: [CommandRow]
    ) {
        self.models = models
        self.commands = commands
    }
}

public struct ChatSendParamsAttachmentsItem: Codable, Sendable {
    public let type: String?
    public let mimeType: String?
    public let fileName: String?
    public let content: AnyCodable?
    public let sizeBytes: Double?
    public let durationMs: Double?
    public let width: Double?
    public let height: Double?

    public init(
        type: String? = nil,
        mimeType: String? = nil,
        fileName: String? = nil,
        content: AnyCodable? = nil,
        sizeBytes: Double? = nil,
        durationMs: Double? = nil,
        width: Double? = nil,
        height: Double? = nil
    ) {
        self.type = type
        self.mimeType = mimeType
        self.fileName = fileName
        self.content = content
        self.sizeBytes = sizeBytes
        self.durationMs = durationMs
        self.width = width
        self.height = height
    }
}

/// interrupt ends the current answer first; the others wait for it
public enum ChatSendParamsQueueMode: String, Codable, CaseIterable, Hashable, Sendable {
    case steer = "steer"
    case followup = "followup"
    case collect = "collect"
    case interrupt = "interrupt"
}

/// Parameters of `chat.send`. Sends a message to a session's agent. The answer comes through chat and agent events.
public struct ChatSendParams: Codable, Sendable {
    public let sessionKey: String
    public let message: String
    public let idempotencyKey: String
    public let agentId: String?
    public let sessionId: String?
    public let thinking: String?
    public let deliver: Bool?
    public let attachments: [ChatSendParamsAttachmentsItem]?
    public let timeoutMs: Int?
    /// interrupt ends the current answer first; the others wait for it
    public let queueMode: ChatSendParamsQueueMode?
    public let suppressCommandInterpretation: Bool?

    public init(
        sessionKey: String,
        message: String,
        idempotencyKey: String,
        agentId: String? = nil,
        sessionId: String? = nil,
        thinking: String? = nil,
        deliver: Bool? = nil,
        attachments: [ChatSendParamsAttachmentsItem]? = nil,
        timeoutMs: Int? = nil,
        queueMode: ChatSendParamsQueueMode? = nil,
        suppressCommandInterpretation: Bool? = nil
    ) {
        self.sessionKey = sessionKey
        self.message = message
        self.idempotencyKey = idempotencyKey
        self.agentId = agentId
        self.sessionId = sessionId
        self.thinking = thinking
        self.deliver = deliver
        self.attachments = attachments
        self.timeoutMs = timeoutMs
        self.queueMode = queueMode
        self.suppressCommandInterpretation = suppressCommandInterpretation
    }
}

/// Result of `chat.send`.
public struct ChatSendResult: Codable, Sendable {
    public let runId: String?
    public let status: String?
    public let summary: String?
    public let stopReason: String?
    public let endedAt: Int?
    public let ok: Bool?
    public let aborted: Bool?
    public let runIds: [String]?

    public init(
        runId: String? = nil,
        status: String? = nil,
        summary: String? = nil,
        stopReason: String? = nil,
        endedAt: Int? = nil,
        ok: Bool? = nil,
        aborted: Bool? = nil,
        runIds: [String]? = nil
    ) {
        self.runId = runId
        self.status = status
        self.summary = summary
        self.stopReason = stopReason
        self.endedAt = endedAt
        self.ok = ok
        self.aborted = aborted
        self.runIds = runIds
    }
}

/// Parameters of `chat.startup`. chat.history and chat.metadata in one call.
public struct ChatStartupParams: Codable, Sendable {
    public let sessionKey: String
    public let limit: Int?
    public let agentId: String?
    public let offset: Int?
    public let cursor: String?
    public let sessionId: String?
    public let maxChars: Int?

    public init(
        sessionKey: String,
        limit: Int? = nil,
        agentId: String? = nil,
        offset: Int? = nil,
        cursor: String? = nil,
        sessionId: String? = nil,
        maxChars: Int? = nil
    ) {
        self.sessionKey = sessionKey
        self.limit = limit
        self.agentId = agentId
        self.offset = offset
        self.cursor = cursor
        self.sessionId = sessionId
        self.maxChars = maxChars
    }
}

public struct ChatStartupResultPendingInputs: Codable, Sendable {
    public let items: [ChatMessage]
    public let total: Int

    public init(
        items: [ChatMessage],
        total: Int
    ) {
        self.items = items
        self.total = total
    }
}

public struct ChatStartupResultMetadata: Codable, Sendable {
    public let models: [ModelRow]
    public let commands: [CommandRow]

    public init(
        models: [ModelRow],
        commands: [CommandRow]
    ) {
        self.models = models
        self.commands = commands
    }
}

/// Result of `chat.startup`.
public struct ChatStartupResult: Codable, Sendable {
    public let sessionKey: String
    public let sessionId: String?
    public let messages: [ChatMessage]
    public let thinkingLevel: String?
    public let hasMore: Bool?
    public let totalMessages: Int?
    public let nextOffset: Int?
    public let pendingInputs: ChatStartupResultPendingInputs?
    public let activeRunIds: [String]?
    public let metadata: ChatStartupResultMetadata

    public init(
        sessionKey: String,
        sessionId: String? = nil,
        messages: [ChatMessage],
        thinkingLevel: String? = nil,
        hasMore: Bool? = nil,
        totalMessages: Int? = nil,
        nextOffset: Int? = nil,
        pendingInputs: ChatStartupResultPendingInputs? = nil,
        activeRunIds: [String]? = nil,
        metadata: ChatStartupResultMetadata
    ) {
        self.sessionKey = sessionKey
        self.sessionId = sessionId
        self.messages = messages
        self.thinkingLevel = thinkingLevel
        self.hasMore = hasMore
        self.totalMessages = totalMessages
        self.nextOffset = nextOffset
        self.pendingInputs = pendingInputs
        self.activeRunIds = activeRunIds
        self.metadata = metadata
    }
}

public enum CommandsListParamsScope: String, Codable, CaseIterable, Hashable, Sendable {
    case text = "text"
    case native = "native"
    case both = "both"
}

/// Parameters of `commands.list`. The commands that work in a chat.
public struct CommandsListParams: Codable, Sendable {
    public let sessionKey: String?
    public let agentId: String?
    public let provider: String?
    public let scope: CommandsListParamsScope?
    public let includeArgs: Bool?

    public init(
        sessionKey: String? = nil,
        agentId: String? = nil,
        provider: String? = nil,
        scope: CommandsListParamsScope? = nil,
        includeArgs: Bool? = nil
    ) {
        self.sessionKey = sessionKey
        self.agentId = agentId
        self.provider = provider
        self.scope = scope
        self.includeArgs = includeArgs
    }
}

/// Result of `commands.list`.
public struct CommandsListResult: Codable, Sendable {
    public let commands: [CommandRow]

    public init(
        commands: [CommandRow]
    ) {
        self.commands = commands
    }
}

/// Parameters of `config.apply`. Replaces the file and says what needs a restart.
public struct ConfigApplyParams: Codable, Sendable {
    /// the file as JSON5 text
    public let raw: String
    /// hash from config.get; required when the file exists
    public let baseHash: String?
    public let sessionKey: String?
    public let note: String?
    public let restartDelayMs: Int?

    public init(
        raw: String,
        baseHash: String? = nil,
        sessionKey: String? = nil,
        note: String? = nil,
        restartDelayMs: Int? = nil
    ) {
        self.raw = raw
        self.baseHash = baseHash
        self.sessionKey = sessionKey
        self.note = note
        self.restartDelayMs = restartDelayMs
    }
}

public struct ConfigApplyResultRestart: Codable, Sendable {
    /// some of the changed keys are read at start only
    public let required: Bool
    public let keys: [String]

    public init(
        required: Bool,
        keys: [String]
    ) {
        self.required = required
        self.keys = keys
    }
}

/// Result of `config.apply`.
public struct ConfigApplyResult: Codable, Sendable {
    public let ok: Bool
    public let path: String
    public let config: AnyCodable
    public let restart: ConfigApplyResultRestart?

    public init(
        ok: Bool,
        path: String,
        config: AnyCodable,
        restart: ConfigApplyResultRestart? = nil
    ) {
        self.ok = ok
        self.path = path
        self.config = config
        self.restart = restart
    }
}

/// Parameters of `config.get`. The configuration, with secrets redacted.
public struct ConfigGetParams: Codable, Sendable {
    public init() {}
}

public struct ConfigGetResultIssuesItem: Codable, Sendable {
    public let path: String
    public let message: String

    public init(
        path: String,
        message: String
    ) {
        self.path = path
        self.message = message
    }
}

public struct ConfigGetResultWarningsItem: Codable, Sendable {
    public let path: String
    public let message: String

    public init(
        path: String,
        message: String
    ) {
        self.path = path
        self.message = message
    }
}

/// Result of `config.get`.
public struct ConfigGetResult: Codable, Sendable {
    public let path: String
    public let exists: Bool
    public let raw: String?
    public let parsed: AnyCodable
    public let valid: Bool
    public let config: AnyCodable
    public let hash: String?
    public let issues: [ConfigGetResultIssuesItem]
    public let warnings: [ConfigGetResultWarningsItem]

    public init(
        path: String,
        exists: Bool,
        raw: String? = nil,
        parsed: AnyCodable,
        valid: Bool,
        config: AnyCodable,
        hash: String? = nil,
        issues: [ConfigGetResultIssuesItem],
        warnings: [ConfigGetResultWarningsItem]
    ) {
        self.path = path
        self.exists = exists
        self.raw = raw
        self.parsed = parsed
        self.valid = valid
        self.config = config
        self.hash = hash
        self.issues = issues
        self.warnings = warnings
    }
}

/// Parameters of `config.patch`. Merges a JSON5 object into the file; null removes a key (RFC 7396).
public struct ConfigPatchParams: Codable, Sendable {
    /// the file as JSON5 text
    public let raw: String
    /// hash from config.get; required when the file exists
    public let baseHash: String?
    public let sessionKey: String?
    public let note: String?
    public let restartDelayMs: Int?

    public init(
        raw: String,
        baseHash: String? = nil,
        sessionKey: String? = nil,
        note: String? = nil,
        restartDelayMs: Int? = nil
    ) {
        self.raw = raw
        self.baseHash = baseHash
        self.sessionKey = sessionKey
        self.note = note
        self.restartDelayMs = restartDelayMs
    }
}

public struct ConfigPatchResultRestart: Codable, Sendable {
    /// some of the changed keys are read at start only
    public let required: Bool
    public let keys: [String]

    public init(
        required: Bool,
        keys: [String]
    ) {
        self.required = required
        self.keys = keys
    }
}

/// Result of `config.patch`.
public struct ConfigPatchResult: Codable, Sendable {
    public let ok: Bool
    public let path: String
    public let config: AnyCodable
    public let restart: ConfigPatchResultRestart?

    public init(
        ok: Bool,
        path: String,
        config: AnyCodable,
        restart: ConfigPatchResultRestart? = nil
    ) {
        self.ok = ok
        self.path = path
        self.config = config
        self.restart = restart
    }
}

/// Parameters of `config.schema`. What the configuration may hold.
public struct ConfigSchemaParams: Codable, Sendable {
    public init() {}
}

/// Result of `config.schema`.
public struct ConfigSchemaResult: Codable, Sendable {
    public let schema: AnyCodable
    public let uiHints: AnyCodable
    public let version: String
    public let generatedAt: String

    public init(
        schema: AnyCodable,
        uiHints: AnyCodable,
        version: String,
        generatedAt: String
    ) {
        self.schema = schema
        self.uiHints = uiHints
        self.version = version
        self.generatedAt = generatedAt
    }
}

/// Parameters of `config.schema.lookup`. What one key of the configuration may hold.
public struct ConfigSchemaLookupParams: Codable, Sendable {
    public let path: String

    public init(
        path: String
    ) {
        self.path = path
    }
}

/// Result of `config.schema.lookup`.
public struct ConfigSchemaLookupResult: Codable, Sendable {
    public let path: String
    public let schema: AnyCodable
    public let hint: AnyCodable?
    public let children: [AnyCodable]

    public init(
        path: String,
        schema: AnyCodable,
        hint: AnyCodable? = nil,
        children: [AnyCodable]
    ) {
        self.path = path
        self.schema = schema
        self.hint = hint
        self.children = children
    }
}

/// Parameters of `config.set`. Replaces the file.
public struct ConfigSetParams: Codable, Sendable {
    /// the file as JSON5 text
    public let raw: String
    /// hash from config.get; required when the file exists
    public let baseHash: String?

    public init(
        raw: String,
        baseHash: String? = nil
    ) {
        self.raw = raw
        self.baseHash = baseHash
    }
}

public struct ConfigSetResultRestart: Codable, Sendable {
    /// some of the changed keys are read at start only
    public let required: Bool
    public let keys: [String]

    public init(
        required: Bool,
        keys: [String]
    ) {
        self.required = required
        self.keys = keys
    }
}

/// Result of `config.set`.
public struct ConfigSetResult: Codable, Sendable {
    public let ok: Bool
    public let path: String
    public let config: AnyCodable
    public let restart: ConfigSetResultRestart?

    public init(
        ok: Bool,
        path: String,
        config: AnyCodable,
        restart: ConfigSetResultRestart? = nil
    ) {
        self.ok = ok
        self.path = path
        self.config = config
        self.restart = restart
    }
}

/// Parameters of `device.pair.approve`. Approves a waiting device for what it asks. The approver must hold every scope it grants.
public struct DevicePairApproveParams: Codable, Sendable {
    public let requestId: String

    public init(
        requestId: String
    ) {
        self.requestId = requestId
    }
}

/// Result of `device.pair.approve`.
public struct DevicePairApproveResult: Codable, Sendable {
    public let requestId: String
    public let device: PairedDevice

    public init(
        requestId: String,
        device: PairedDevice
    ) {
        self.requestId = requestId
        self.device = device
    }
}

/// Parameters of `device.pair.list`. Devices that wait for approval, and approved ones.
public struct DevicePairListParams: Codable, Sendable {
    public init() {}
}

/// Result of `device.pair.list`.
public struct DevicePairListResult: Codable, Sendable {
    public let pending: [PendingDevice]
    public let paired: [PairedDevice]

    public init(
        pending: [PendingDevice],
        paired: [PairedDevice]
    ) {
        self.pending = pending
        self.paired = paired
    }
}

/// Parameters of `device.pair.reject`. Refuses a waiting device.
public struct DevicePairRejectParams: Codable, Sendable {
    public let requestId: String

    public init(
        requestId: String
    ) {
        self.requestId = requestId
    }
}

/// Result of `device.pair.reject`.
public struct DevicePairRejectResult: Codable, Sendable {
    public let requestId: String
    public let deviceId: String

    public init(
        requestId: String,
        deviceId: String
    ) {
        self.requestId = requestId
        self.deviceId = deviceId
    }
}

/// Parameters of `device.pair.remove`. Forgets a device; its sockets close.
public struct DevicePairRemoveParams: Codable, Sendable {
    public let deviceId: String

    public init(
        deviceId: String
    ) {
        self.deviceId = deviceId
    }
}

/// Result of `device.pair.remove`.
public struct DevicePairRemoveResult: Codable, Sendable {
    public let deviceId: String

    public init(
        deviceId: String
    ) {
        self.deviceId = deviceId
    }
}

/// Parameters of `device.pair.rename`. Gives a device a name.
public struct DevicePairRenameParams: Codable, Sendable {
    public let deviceId: String
    public let label: String

    public init(
        deviceId: String,
        label: String
    ) {
        self.deviceId = deviceId
        self.label = label
    }
}

/// Result of `device.pair.rename`.
public struct DevicePairRenameResult: Codable, Sendable {
    public let deviceId: String
    public let label: String

    public init(
        deviceId: String,
        label: String
    ) {
        self.deviceId = deviceId
        self.label = label
    }
}

/// Parameters of `device.scopes.requestUpgrade`. Asks the owner to let this device do more; must name the scopes it has, too.
public struct DeviceScopesRequestUpgradeParams: Codable, Sendable {
    public let scopes: [String]

    public init(
        scopes: [String]
    ) {
        self.scopes = scopes
    }
}

/// Result of `device.scopes.requestUpgrade`.
public struct DeviceScopesRequestUpgradeResult: Codable, Sendable {
    public let requestId: String

    public init(
        requestId: String
    ) {
        self.requestId = requestId
    }
}

/// Parameters of `device.scopes.waitUpgrade`. Waits for the owner's decision about such a request.
public struct DeviceScopesWaitUpgradeParams: Codable, Sendable {
    public let requestId: String

    public init(
        requestId: String
    ) {
        self.requestId = requestId
    }
}

public enum DeviceScopesWaitUpgradeResultStatus: RawRepresentable, Codable, Hashable, Sendable {
    case approved
    case rejected
    case expired
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "approved": self = .approved
        case "rejected": self = .rejected
        case "expired": self = .expired
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .approved: return "approved"
        case .rejected: return "rejected"
        case .expired: return "expired"
        case .unrecognized(let value): return value
        }
    }
}

/// Result of `device.scopes.waitUpgrade`.
public struct DeviceScopesWaitUpgradeResult: Codable, Sendable {
    public let status: DeviceScopesWaitUpgradeResultStatus
    public let requestId: String
    public let deviceToken: String?
    public let scopes: [String]?

    public init(
        status: DeviceScopesWaitUpgradeResultStatus,
        requestId: String,
        deviceToken: String? = nil,
        scopes: [String]? = nil
    ) {
        self.status = status
        self.requestId = requestId
        self.deviceToken = deviceToken
        self.scopes = scopes
    }
}

/// Parameters of `device.token.revoke`. Makes a device's token useless; its sockets close.
public struct DeviceTokenRevokeParams: Codable, Sendable {
    public let deviceId: String
    public let role: String

    public init(
        deviceId: String,
        role: String
    ) {
        self.deviceId = deviceId
        self.role = role
    }
}

/// Result of `device.token.revoke`.
public struct DeviceTokenRevokeResult: Codable, Sendable {
    public let deviceId: String
    public let role: String
    public let revokedAtMs: Int

    public init(
        deviceId: String,
        role: String,
        revokedAtMs: Int
    ) {
        self.deviceId = deviceId
        self.role = role
        self.revokedAtMs = revokedAtMs
    }
}

/// Parameters of `device.token.rotate`. Replaces a device's token. v4 peers see the new one only when it is their own.
public struct DeviceTokenRotateParams: Codable, Sendable {
    public let deviceId: String
    public let role: String
    public let scopes: [String]?

    public init(
        deviceId: String,
        role: String,
        scopes: [String]? = nil
    ) {
        self.deviceId = deviceId
        self.role = role
        self.scopes = scopes
    }
}

public enum DeviceTokenRotateResultTokenDelivery: RawRepresentable, Codable, Hashable, Sendable {
    case inBand
    case withheldCrossDevice
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "in-band": self = .inBand
        case "withheld-cross-device": self = .withheldCrossDevice
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .inBand: return "in-band"
        case .withheldCrossDevice: return "withheld-cross-device"
        case .unrecognized(let value): return value
        }
    }
}

/// Result of `device.token.rotate`.
public struct DeviceTokenRotateResult: Codable, Sendable {
    public let deviceId: String
    public let role: String
    public let token: String?
    public let scopes: [String]
    public let rotatedAtMs: Int
    public let tokenDelivery: DeviceTokenRotateResultTokenDelivery?

    public init(
        deviceId: String,
        role: String,
        token: String? = nil,
        scopes: [String],
        rotatedAtMs: Int,
        tokenDelivery: DeviceTokenRotateResultTokenDelivery? = nil
    ) {
        self.deviceId = deviceId
        self.role = role
        self.token = token
        self.scopes = scopes
        self.rotatedAtMs = rotatedAtMs
        self.tokenDelivery = tokenDelivery
    }
}

/// Parameters of `exec.approval.get`. One question that waits.
public struct ExecApprovalGetParams: Codable, Sendable {
    public let id: String

    public init(
        id: String
    ) {
        self.id = id
    }
}

/// Result of `exec.approval.get`.
public typealias ExecApprovalGetResult = ExecApproval

/// Parameters of `exec.approval.list`. What waits for a word.
public struct ExecApprovalListParams: Codable, Sendable {
    public init() {}
}

/// Result of `exec.approval.list`.
public typealias ExecApprovalListResult = [ExecApproval]

public struct ExecApprovalRequestParamsSystemRunPlan: Codable, Sendable {
    public let argv: [String]
    public let cwd: Nullable<String>
    public let agentId: Nullable<String>
    public let sessionKey: Nullable<String>
    public let commandText: Nullable<String>?

    public init(
        argv: [String],
        cwd: Nullable<String>,
        agentId: Nullable<String>,
        sessionKey: Nullable<String>,
        commandText: Nullable<String>? = nil
    ) {
        self.argv = argv
        self.cwd = cwd
        self.agentId = agentId
        self.sessionKey = sessionKey
        self.commandText = commandText
    }
}

/// Parameters of `exec.approval.request`. Asks the owner about one execution, and waits for the word. With twoPhase it answers twice.
public struct ExecApprovalRequestParams: Codable, Sendable {
    public let id: String?
    public let command: String?
    public let commandArgv: [String]?
    public let systemRunPlan: ExecApprovalRequestParamsSystemRunPlan?
    public let env: [String: String]?
    public let cwd: Nullable<String>?
    public let nodeId: Nullable<String>?
    public let host: Nullable<String>?
    public let security: Nullable<String>?
    public let ask: Nullable<String>?
    public let agentId: Nullable<String>?
    public let resolvedPath: Nullable<String>?
    public let sessionKey: Nullable<String>?
    public let warningText: Nullable<String>?
    public let timeoutMs: Int?
    public let twoPhase: Bool?
    public let turnSourceChannel: Nullable<String>?
    public let turnSourceTo: Nullable<String>?
    public let turnSourceAccountId: Nullable<String>?
    public let turnSourceThreadId: AnyCodable?
    public let unavailableDecisions: [String]?
    public let commandSpans: [AnyCodable]?
    public let approvalReviewerDeviceIds: [String]?
    public let requireDeliveryRoute: Bool?
    public let suppressDelivery: Bool?

    public init(
        id: String? = nil,
        command: String? = nil,
        commandArgv: [String]? = nil,
        systemRunPlan: ExecApprovalRequestParamsSystemRunPlan? = nil,
        env: [String: String]? = nil,
        cwd: Nullable<String>? = nil,
        nodeId: Nullable<String>? = nil,
        host: Nullable<String>? = nil,
        security: Nullable<String>? = nil,
        ask: Nullable<String>? = nil,
        agentId: Nullable<String>? = nil,
        resolvedPath: Nullable<String>? = nil,
        sessionKey: Nullable<String>? = nil,
        warningText: Nullable<String>? = nil,
        timeoutMs: Int? = nil,
        twoPhase: Bool? = nil,
        turnSourceChannel: Nullable<String>? = nil,
        turnSourceTo: Nullable<String>? = nil,
        turnSourceAccountId: Nullable<String>? = nil,
        turnSourceThreadId: AnyCodable? = nil,
        unavailableDecisions: [String]? = nil,
        commandSpans: [AnyCodable]? = nil,
        approvalReviewerDeviceIds: [String]? = nil,
        requireDeliveryRoute: Bool? = nil,
        suppressDelivery: Bool? = nil
    ) {
        self.id = id
        self.command = command
        self.commandArgv = commandArgv
        self.systemRunPlan = systemRunPlan
        self.env = env
        self.cwd = cwd
        self.nodeId = nodeId
        self.host = host
        self.security = security
        self.ask = ask
        self.agentId = agentId
        self.resolvedPath = resolvedPath
        self.sessionKey = sessionKey
        self.warningText = warningText
        self.timeoutMs = timeoutMs
        self.twoPhase = twoPhase
        self.turnSourceChannel = turnSourceChannel
        self.turnSourceTo = turnSourceTo
        self.turnSourceAccountId = turnSourceAccountId
        self.turnSourceThreadId = turnSourceThreadId
        self.unavailableDecisions = unavailableDecisions
        self.commandSpans = commandSpans
        self.approvalReviewerDeviceIds = approvalReviewerDeviceIds
        self.requireDeliveryRoute = requireDeliveryRoute
        self.suppressDelivery = suppressDelivery
    }
}

public enum ExecApprovalRequestResultDecision: RawRepresentable, Codable, Hashable, Sendable {
    case allowOnce
    case allowAlways
    case deny
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "allow-once": self = .allowOnce
        case "allow-always": self = .allowAlways
        case "deny": self = .deny
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .allowOnce: return "allow-once"
        case .allowAlways: return "allow-always"
        case .deny: return "deny"
        case .unrecognized(let value): return value
        }
    }
}

/// Result of `exec.approval.request`.
public struct ExecApprovalRequestResult: Codable, Sendable {
    public let id: String
    public let decision: ExecApprovalRequestResultDecision?
    public let createdAtMs: Int
    public let expiresAtMs: Int

    public init(
        id: String,
        decision: ExecApprovalRequestResultDecision? = nil,
        createdAtMs: Int,
        expiresAtMs: Int
    ) {
        self.id = id
        self.decision = decision
        self.createdAtMs = createdAtMs
        self.expiresAtMs = expiresAtMs
    }
}

public struct ExecApprovalResolveParamsReviewer: Codable, Sendable {
    public let channel: String
    public let accountId: String
    public let senderId: String

    public init(
        channel: String,
        accountId: String,
        senderId: String
    ) {
        self.channel = channel
        self.accountId = accountId
        self.senderId = senderId
    }
}

/// Parameters of `exec.approval.resolve`. Gives the owner's word: allow-once, allow-always or deny. Not for who asked.
public struct ExecApprovalResolveParams: Codable, Sendable {
    public let id: String
    public let decision: String
    public let reviewer: ExecApprovalResolveParamsReviewer?

    public init(
        id: String,
        decision: String,
        reviewer: ExecApprovalResolveParamsReviewer? = nil
    ) {
        self.id = id
        self.decision = decision
        self.reviewer = reviewer
    }
}

/// Result of `exec.approval.resolve`.
public struct ExecApprovalResolveResult: Codable, Sendable {
    public let ok: Bool

    public init(
        ok: Bool
    ) {
        self.ok = ok
    }
}

/// Parameters of `exec.approval.waitDecision`. Waits for the word about a question that was asked with twoPhase.
public struct ExecApprovalWaitDecisionParams: Codable, Sendable {
    public let id: String

    public init(
        id: String
    ) {
        self.id = id
    }
}

public enum ExecApprovalWaitDecisionResultDecision: RawRepresentable, Codable, Hashable, Sendable {
    case allowOnce
    case allowAlways
    case deny
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "allow-once": self = .allowOnce
        case "allow-always": self = .allowAlways
        case "deny": self = .deny
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .allowOnce: return "allow-once"
        case .allowAlways: return "allow-always"
        case .deny: return "deny"
        case .unrecognized(let value): return value
        }
    }
}

/// Result of `exec.approval.waitDecision`.
public struct ExecApprovalWaitDecisionResult: Codable, Sendable {
    public let id: String
    public let decision: ExecApprovalWaitDecisionResultDecision?
    public let createdAtMs: Int
    public let expiresAtMs: Int
    public let terminalReason: String?

    public init(
        id: String,
        decision: ExecApprovalWaitDecisionResultDecision? = nil,
        createdAtMs: Int,
        expiresAtMs: Int,
        terminalReason: String? = nil
    ) {
        self.id = id
        self.decision = decision
        self.createdAtMs = createdAtMs
        self.expiresAtMs = expiresAtMs
        self.terminalReason = terminalReason
    }
}

/// Parameters of `exec.approvals.get`. The gateway's own file of rules; it is made when it is missing.
public struct ExecApprovalsGetParams: Codable, Sendable {
    public init() {}
}

/// Result of `exec.approvals.get`.
public typealias ExecApprovalsGetResult = ExecApprovalsSnapshot

/// Parameters of `exec.approvals.node.get`. The file of rules of a node.
public struct ExecApprovalsNodeGetParams: Codable, Sendable {
    public let nodeId: String

    public init(
        nodeId: String
    ) {
        self.nodeId = nodeId
    }
}

/// Result of `exec.approvals.node.get`.
public typealias ExecApprovalsNodeGetResult = AnyCodable

public struct ExecApprovalsNodeSetParamsFile: Codable, Sendable {
    public let version: Double

    public init(
        version: Double
    ) {
        self.version = version
    }
}

/// Parameters of `exec.approvals.node.set`. Replaces it: its file, or the rules of a host that has its own kind.
public struct ExecApprovalsNodeSetParams: Codable, Sendable {
    public let nodeId: String
    public let file: ExecApprovalsNodeSetParamsFile?
    public let native: [String: AnyCodable]?
    public let baseHash: String?

    public init(
        nodeId: String,
        file: ExecApprovalsNodeSetParamsFile? = nil,
        native: [String: AnyCodable]? = nil,
        baseHash: String? = nil
    ) {
        self.nodeId = nodeId
        self.file = file
        self.native = native
        self.baseHash = baseHash
    }
}

/// Result of `exec.approvals.node.set`.
public typealias ExecApprovalsNodeSetResult = AnyCodable

/// Parameters of `exec.approvals.set`. Replaces it; baseHash names the version that is replaced.
public struct ExecApprovalsSetParams: Codable, Sendable {
    public let file: ExecApprovalsFile
    public let baseHash: String?

    public init(
        file: ExecApprovalsFile,
        baseHash: String? = nil
    ) {
        self.file = file
        self.baseHash = baseHash
    }
}

/// Result of `exec.approvals.set`.
public typealias ExecApprovalsSetResult = ExecApprovalsSnapshot

/// Parameters of `health`. The health summary; with probe a new one, which everyone is told.
public struct HealthParams: Codable, Sendable {
    public let probe: Bool?

    public init(
        probe: Bool? = nil
    ) {
        self.probe = probe
    }
}

/// Result of `health`.
public typealias HealthResult = HealthSummary

/// Parameters of `last-heartbeat`. The latest heartbeat of an agent, or null when there was none.
public struct LastHeartbeatParams: Codable, Sendable {
    public init() {}
}

/// Result of `last-heartbeat`.
public typealias LastHeartbeatResult = AnyCodable

/// Parameters of `logs.tail`. The end of the log, or what came since a cursor.
public struct LogsTailParams: Codable, Sendable {
    public let cursor: Int?
    public let limit: Int?
    public let maxBytes: Int?

    public init(
        cursor: Int? = nil,
        limit: Int? = nil,
        maxBytes: Int? = nil
    ) {
        self.cursor = cursor
        self.limit = limit
        self.maxBytes = maxBytes
    }
}

/// Result of `logs.tail`.
public struct LogsTailResult: Codable, Sendable {
    public let file: String
    public let cursor: Int
    public let size: Int
    public let lines: [String]
    public let truncated: Bool
    public let reset: Bool

    public init(
        file: String,
        cursor: Int,
        size: Int,
        lines: [String],
        truncated: Bool,
        reset: Bool
    ) {
        self.file = file
        self.cursor = cursor
        self.size = size
        self.lines = lines
        self.truncated = truncated
        self.reset = reset
    }
}

public enum MessageActionParamsAction: String, Codable, CaseIterable, Hashable, Sendable {
    case react = "react"
    case edit = "edit"
    case delete = "delete"
    case read = "read"
}

/// Parameters of `message.action`. Changes a message that is there: reacts to it, edits it, deletes it or marks it as read.
public struct MessageActionParams: Codable, Sendable {
    public let to: String
    public let channel: String?
    public let accountId: String?
    public let threadId: String?
    public let action: MessageActionParamsAction
    public let messageId: String
    /// For react; empty takes our reaction away.
    public let emoji: String?
    public let message: String?
    public let idempotencyKey: String

    public init(
        to: String,
        channel: String? = nil,
        accountId: String? = nil,
        threadId: String? = nil,
        action: MessageActionParamsAction,
        messageId: String,
        emoji: String? = nil,
        message: String? = nil,
        idempotencyKey: String
    ) {
        self.to = to
        self.channel = channel
        self.accountId = accountId
        self.threadId = threadId
        self.action = action
        self.messageId = messageId
        self.emoji = emoji
        self.message = message
        self.idempotencyKey = idempotencyKey
    }
}

/// Result of `message.action`.
public struct MessageActionResult: Codable, Sendable {
    public let ok: Bool
    public let channel: String
    public let chatId: String
    public let messageId: String

    public init(
        ok: Bool,
        channel: String,
        chatId: String,
        messageId: String
    ) {
        self.ok = ok
        self.channel = channel
        self.chatId = chatId
        self.messageId = messageId
    }
}

public enum ModelsListParamsView: String, Codable, CaseIterable, Hashable, Sendable {
    case `default` = "default"
    case configured = "configured"
    case providerConfig = "provider-config"
    case all = "all"
}

/// Parameters of `models.list`. The models that are configured or were found on this machine.
public struct ModelsListParams: Codable, Sendable {
    public let agentId: String?
    public let includeProviderCapabilities: Bool?
    public let preparedOnly: Bool?
    public let refresh: Bool?
    public let view: ModelsListParamsView?

    public init(
        agentId: String? = nil,
        includeProviderCapabilities: Bool? = nil,
        preparedOnly: Bool? = nil,
        refresh: Bool? = nil,
        view: ModelsListParamsView? = nil
    ) {
        self.agentId = agentId
        self.includeProviderCapabilities = includeProviderCapabilities
        self.preparedOnly = preparedOnly
        self.refresh = refresh
        self.view = view
    }
}

/// Result of `models.list`.
public struct ModelsListResult: Codable, Sendable {
    public let models: [ModelRow]

    public init(
        models: [ModelRow]
    ) {
        self.models = models
    }
}

/// Parameters of `node.describe`. One node.
public struct NodeDescribeParams: Codable, Sendable {
    public let nodeId: String

    public init(
        nodeId: String
    ) {
        self.nodeId = nodeId
    }
}

public enum NodeDescribeResultApprovalState: RawRepresentable, Codable, Hashable, Sendable {
    case approved
    case pendingApproval
    case pendingReapproval
    case unapproved
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "approved": self = .approved
        case "pending-approval": self = .pendingApproval
        case "pending-reapproval": self = .pendingReapproval
        case "unapproved": self = .unapproved
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .approved: return "approved"
        case .pendingApproval: return "pending-approval"
        case .pendingReapproval: return "pending-reapproval"
        case .unapproved: return "unapproved"
        case .unrecognized(let value): return value
        }
    }
}

/// Result of `node.describe`.
public struct NodeDescribeResult: Codable, Sendable {
    public let ts: Int
    public let nodeId: String
    public let displayName: String?
    public let platform: String?
    public let version: String?
    public let deviceFamily: String?
    public let modelIdentifier: String?
    public let remoteIp: String?
    public let clientId: String?
    public let clientMode: String?
    public let caps: [String]
    public let commands: [String]
    public let permissions: [String: Bool]?
    public let pathEnv: String?
    public let paired: Bool
    public let connected: Bool
    public let connectedAtMs: Int?
    public let sessionHost: Bool?
    public let nodePluginTools: [[String: AnyCodable]]?
    public let approvalState: NodeDescribeResultApprovalState?
    public let pendingRequestId: String?
    public let pendingDeclaredCaps: [String]?
    public let pendingDeclaredCommands: [String]?
    public let pendingDeclaredPermissions: [String: Bool]?
    public let lastConnectedAtMs: Int?
    public let lastDisconnectedAtMs: Int?
    public let lastSeenAtMs: Int?
    public let lastSeenReason: String?
    public let approvedAtMs: Int?

    public init(
        ts: Int,
        nodeId: String,
        displayName: String? = nil,
        platform: String? = nil,
        version: String? = nil,
        deviceFamily: String? = nil,
        modelIdentifier: String? = nil,
        remoteIp: String? = nil,
        clientId: String? = nil,
        clientMode: String? = nil,
        caps: [String],
        commands: [String],
        permissions: [String: Bool]? = nil,
        pathEnv: String? = nil,
        paired: Bool,
        connected: Bool,
        connectedAtMs: Int? = nil,
        sessionHost: Bool? = nil,
        nodePluginTools: [[String: AnyCodable]]? = nil,
        approvalState: NodeDescribeResultApprovalState? = nil,
        pendingRequestId: String? = nil,
        pendingDeclaredCaps: [String]? = nil,
        pendingDeclaredCommands: [String]? = nil,
        pendingDeclaredPermissions: [String: Bool]? = nil,
        lastConnectedAtMs: Int? = nil,
        lastDisconnectedAtMs: Int? = nil,
        lastSeenAtMs: Int? = nil,
        lastSeenReason: String? = nil,
        approvedAtMs: Int? = nil
    ) {
        self.ts = ts
        self.nodeId = nodeId
        self.displayName = displayName
        self.platform = platform
        self.version = version
        self.deviceFamily = deviceFamily
        self.modelIdentifier = modelIdentifier
        self.remoteIp = remoteIp
        self.clientId = clientId
        self.clientMode = clientMode
        self.caps = caps
        self.commands = commands
        self.permissions = permissions
        self.pathEnv = pathEnv
        self.paired = paired
        self.connected = connected
        self.connectedAtMs = connectedAtMs
        self.sessionHost = sessionHost
        self.nodePluginTools = nodePluginTools
        self.approvalState = approvalState
        self.pendingRequestId = pendingRequestId
        self.pendingDeclaredCaps = pendingDeclaredCaps
        self.pendingDeclaredCommands = pendingDeclaredCommands
        self.pendingDeclaredPermissions = pendingDeclaredPermissions
        self.lastConnectedAtMs = lastConnectedAtMs
        self.lastDisconnectedAtMs = lastDisconnectedAtMs
        self.lastSeenAtMs = lastSeenAtMs
        self.lastSeenReason = lastSeenReason
        self.approvedAtMs = approvedAtMs
    }
}

/// Parameters of `node.event`. Something happened on a node: words were spoken, a question was asked, a command ended.
public struct NodeEventParams: Codable, Sendable {
    public let event: String
    public let payload: AnyCodable?
    public let payloadJSON: Nullable<String>?

    public init(
        event: String,
        payload: AnyCodable? = nil,
        payloadJSON: Nullable<String>? = nil
    ) {
        self.event = event
        self.payload = payload
        self.payloadJSON = payloadJSON
    }
}

/// Result of `node.event`.
public struct NodeEventResult: Codable, Sendable {
    public let ok: Bool
    public let event: String?
    public let handled: Bool?
    public let reason: String?

    public init(
        ok: Bool,
        event: String? = nil,
        handled: Bool? = nil,
        reason: String? = nil
    ) {
        self.ok = ok
        self.event = event
        self.handled = handled
        self.reason = reason
    }
}

/// Parameters of `node.invite.create`. Makes a code with which one device may ask to become a node: open the page /node with #invite=<code>. Its pairing still waits for approval.
public struct NodeInviteCreateParams: Codable, Sendable {
    public init() {}
}

/// Result of `node.invite.create`.
public struct NodeInviteCreateResult: Codable, Sendable {
    public let code: String
    public let expiresAtMs: Int

    public init(
        code: String,
        expiresAtMs: Int
    ) {
        self.code = code
        self.expiresAtMs = expiresAtMs
    }
}

/// Parameters of `node.invoke`. Asks a node to do something, and waits for its answer.
public struct NodeInvokeParams: Codable, Sendable {
    public let nodeId: String
    public let command: String
    public let params: AnyCodable?
    public let timeoutMs: Int?
    public let idempotencyKey: String
    /// How long to wait for a node that is away, or whose app is in the background. Default: not at all.
    public let queueMs: Int?
    public let sessionKey: String?
    public let turnSourceChannel: String?
    public let turnSourceTo: String?
    public let turnSourceAccountId: String?
    public let turnSourceThreadId: AnyCodable?

    public init(
        nodeId: String,
        command: String,
        params: AnyCodable? = nil,
        timeoutMs: Int? = nil,
        idempotencyKey: String,
        queueMs: Int? = nil,
        sessionKey: String? = nil,
        turnSourceChannel: String? = nil,
        turnSourceTo: String? = nil,
        turnSourceAccountId: String? = nil,
        turnSourceThreadId: AnyCodable? = nil
    ) {
        self.nodeId = nodeId
        self.command = command
        self.params = params
        self.timeoutMs = timeoutMs
        self.idempotencyKey = idempotencyKey
        self.queueMs = queueMs
        self.sessionKey = sessionKey
        self.turnSourceChannel = turnSourceChannel
        self.turnSourceTo = turnSourceTo
        self.turnSourceAccountId = turnSourceAccountId
        self.turnSourceThreadId = turnSourceThreadId
    }
}

/// Result of `node.invoke`.
public struct NodeInvokeResult: Codable, Sendable {
    public let ok: Bool
    public let nodeId: String
    public let command: String
    public let payload: AnyCodable?
    public let payloadJSON: String?

    public init(
        ok: Bool,
        nodeId: String,
        command: String,
        payload: AnyCodable? = nil,
        payloadJSON: String? = nil
    ) {
        self.ok = ok
        self.nodeId = nodeId
        self.command = command
        self.payload = payload
        self.payloadJSON = payloadJSON
    }
}

/// Parameters of `node.invoke.progress`. A piece of output of a command that still runs.
public struct NodeInvokeProgressParams: Codable, Sendable {
    public let invokeId: String
    public let nodeId: String
    public let seq: Int
    public let chunk: String

    public init(
        invokeId: String,
        nodeId: String,
        seq: Int,
        chunk: String
    ) {
        self.invokeId = invokeId
        self.nodeId = nodeId
        self.seq = seq
        self.chunk = chunk
    }
}

/// Result of `node.invoke.progress`.
public struct NodeInvokeProgressResult: Codable, Sendable {
    public let ok: Bool
    public let ignored: Bool?

    public init(
        ok: Bool,
        ignored: Bool? = nil
    ) {
        self.ok = ok
        self.ignored = ignored
    }
}

public struct NodeInvokeResultParamsError: Codable, Sendable {
    public let code: String?
    public let message: String?

    public init(
        code: String? = nil,
        message: String? = nil
    ) {
        self.code = code
        self.message = message
    }
}

/// Parameters of `node.invoke.result`. A node's answer to what it was asked.
public struct NodeInvokeResultParams: Codable, Sendable {
    public let id: String
    public let nodeId: String
    public let ok: Bool
    public let payload: AnyCodable?
    /// JSON text
    public let payloadJSON: AnyCodable?
    public let error: Nullable<NodeInvokeResultParamsError>?

    public init(
        id: String,
        nodeId: String,
        ok: Bool,
        payload: AnyCodable? = nil,
        payloadJSON: AnyCodable? = nil,
        error: Nullable<NodeInvokeResultParamsError>? = nil
    ) {
        self.id = id
        self.nodeId = nodeId
        self.ok = ok
        self.payload = payload
        self.payloadJSON = payloadJSON
        self.error = error
    }
}

/// Result of `node.invoke.result`.
public struct NodeInvokeResultResult: Codable, Sendable {
    public let ok: Bool
    public let ignored: Bool?

    public init(
        ok: Bool,
        ignored: Bool? = nil
    ) {
        self.ok = ok
        self.ignored = ignored
    }
}

/// Parameters of `node.list`. Nodes that are paired or connected, connected ones first.
public struct NodeListParams: Codable, Sendable {
    public init() {}
}

/// Result of `node.list`.
public struct NodeListResult: Codable, Sendable {
    public let ts: Int
    public let nodes: [NodeRow]

    public init(
        ts: Int,
        nodes: [NodeRow]
    ) {
        self.ts = ts
        self.nodes = nodes
    }
}

/// Parameters of `node.pair.approve`. Approves what a node offers. What it takes besides operator.pairing is in requiredApproveScopes.
public struct NodePairApproveParams: Codable, Sendable {
    public let requestId: String

    public init(
        requestId: String
    ) {
        self.requestId = requestId
    }
}

/// Result of `node.pair.approve`.
public struct NodePairApproveResult: Codable, Sendable {
    public let requestId: String
    public let node: PairedNode

    public init(
        requestId: String,
        node: PairedNode
    ) {
        self.requestId = requestId
        self.node = node
    }
}

/// Parameters of `node.pair.list`. Nodes whose commands wait for approval, and those that have it.
public struct NodePairListParams: Codable, Sendable {
    public init() {}
}

/// Result of `node.pair.list`.
public struct NodePairListResult: Codable, Sendable {
    public let pending: [NodePairRequest]
    public let paired: [PairedNode]

    public init(
        pending: [NodePairRequest],
        paired: [PairedNode]
    ) {
        self.pending = pending
        self.paired = paired
    }
}

/// Parameters of `node.pair.reject`. Refuses what a node offers; what was approved before stays.
public struct NodePairRejectParams: Codable, Sendable {
    public let requestId: String

    public init(
        requestId: String
    ) {
        self.requestId = requestId
    }
}

/// Result of `node.pair.reject`.
public struct NodePairRejectResult: Codable, Sendable {
    public let requestId: String
    public let nodeId: String

    public init(
        requestId: String,
        nodeId: String
    ) {
        self.requestId = requestId
        self.nodeId = nodeId
    }
}

/// Parameters of `node.pair.remove`. Takes back the approval of a node; its socket closes, and it has to be approved anew.
public struct NodePairRemoveParams: Codable, Sendable {
    public let nodeId: String

    public init(
        nodeId: String
    ) {
        self.nodeId = nodeId
    }
}

/// Result of `node.pair.remove`.
public typealias NodePairRemoveResult = NodePairResolved

/// Parameters of `node.pair.request`. Leaves an entry for approval that is not a device of ours. For programs of v3.
public struct NodePairRequestParams: Codable, Sendable {
    public let nodeId: String
    public let displayName: String?
    public let platform: String?
    public let version: String?
    public let coreVersion: String?
    public let uiVersion: String?
    public let deviceFamily: String?
    public let modelIdentifier: String?
    public let caps: [String]?
    public let commands: [String]?
    public let remoteIp: String?
    public let silent: Bool?

    public init(
        nodeId: String,
        displayName: String? = nil,
        platform: String? = nil,
        version: String? = nil,
        coreVersion: String? = nil,
        uiVersion: String? = nil,
        deviceFamily: String? = nil,
        modelIdentifier: String? = nil,
        caps: [String]? = nil,
        commands: [String]? = nil,
        remoteIp: String? = nil,
        silent: Bool? = nil
    ) {
        self.nodeId = nodeId
        self.displayName = displayName
        self.platform = platform
        self.version = version
        self.coreVersion = coreVersion
        self.uiVersion = uiVersion
        self.deviceFamily = deviceFamily
        self.modelIdentifier = modelIdentifier
        self.caps = caps
        self.commands = commands
        self.remoteIp = remoteIp
        self.silent = silent
    }
}

/// Result of `node.pair.request`.
public struct NodePairRequestResult: Codable, Sendable {
    public let status: String
    public let request: NodePairRequest
    public let created: Bool

    public init(
        status: String = "pending",
        request: NodePairRequest,
        created: Bool
    ) {
        self.status = status
        self.request = request
        self.created = created
    }
}

/// Parameters of `node.pair.verify`. Whether a token is the one such an entry was approved with. For programs of v3.
public struct NodePairVerifyParams: Codable, Sendable {
    public let nodeId: String
    public let token: String

    public init(
        nodeId: String,
        token: String
    ) {
        self.nodeId = nodeId
        self.token = token
    }
}

/// Result of `node.pair.verify`.
public struct NodePairVerifyResult: Codable, Sendable {
    public let ok: Bool
    public let node: PairedNode?

    public init(
        ok: Bool,
        node: PairedNode? = nil
    ) {
        self.ok = ok
        self.node = node
    }
}

/// Parameters of `node.pending.ack`. The calling node has done these.
public struct NodePendingAckParams: Codable, Sendable {
    public let ids: [String]

    public init(
        ids: [String]
    ) {
        self.ids = ids
    }
}

/// Result of `node.pending.ack`.
public struct NodePendingAckResult: Codable, Sendable {
    public let nodeId: String
    public let ackedIds: [String]
    public let remainingCount: Int

    public init(
        nodeId: String,
        ackedIds: [String],
        remainingCount: Int
    ) {
        self.nodeId = nodeId
        self.ackedIds = ackedIds
        self.remainingCount = remainingCount
    }
}

/// Parameters of `node.pending.drain`. Hands the calling node the hints that were left for it.
public struct NodePendingDrainParams: Codable, Sendable {
    public let maxItems: Int?

    public init(
        maxItems: Int? = nil
    ) {
        self.maxItems = maxItems
    }
}

/// Result of `node.pending.drain`.
public struct NodePendingDrainResult: Codable, Sendable {
    public let nodeId: String
    public let revision: Int
    public let items: [NodePendingItem]
    public let hasMore: Bool

    public init(
        nodeId: String,
        revision: Int,
        items: [NodePendingItem],
        hasMore: Bool
    ) {
        self.nodeId = nodeId
        self.revision = revision
        self.items = items
        self.hasMore = hasMore
    }
}

public enum NodePendingEnqueueParamsType: String, Codable, CaseIterable, Hashable, Sendable {
    case statusRequest = "status.request"
    case locationRequest = "location.request"
}

public enum NodePendingEnqueueParamsPriority: String, Codable, CaseIterable, Hashable, Sendable {
    case normal = "normal"
    case high = "high"
}

/// Parameters of `node.pending.enqueue`. Leaves a hint for a node to report its status or its place when it is back.
public struct NodePendingEnqueueParams: Codable, Sendable {
    public let nodeId: String
    public let type: NodePendingEnqueueParamsType
    public let priority: NodePendingEnqueueParamsPriority?
    public let expiresInMs: Int?
    public let wake: Bool?

    public init(
        nodeId: String,
        type: NodePendingEnqueueParamsType,
        priority: NodePendingEnqueueParamsPriority? = nil,
        expiresInMs: Int? = nil,
        wake: Bool? = nil
    ) {
        self.nodeId = nodeId
        self.type = type
        self.priority = priority
        self.expiresInMs = expiresInMs
        self.wake = wake
    }
}

/// Result of `node.pending.enqueue`.
public struct NodePendingEnqueueResult: Codable, Sendable {
    public let nodeId: String
    public let revision: Int
    public let queued: NodePendingItem
    public let wakeTriggered: Bool

    public init(
        nodeId: String,
        revision: Int,
        queued: NodePendingItem,
        wakeTriggered: Bool
    ) {
        self.nodeId = nodeId
        self.revision = revision
        self.queued = queued
        self.wakeTriggered = wakeTriggered
    }
}

/// Parameters of `node.pending.pull`. The commands that wait for the calling node's app to be in the foreground.
public struct NodePendingPullParams: Codable, Sendable {
    public init() {}
}

public struct NodePendingPullResultActionsItem: Codable, Sendable {
    public let id: String
    public let command: String
    public let paramsJSON: String?
    public let enqueuedAtMs: Int

    public init(
        id: String,
        command: String,
        paramsJSON: String? = nil,
        enqueuedAtMs: Int
    ) {
        self.id = id
        self.command = command
        self.paramsJSON = paramsJSON
        self.enqueuedAtMs = enqueuedAtMs
    }
}

/// Result of `node.pending.pull`.
public struct NodePendingPullResult: Codable, Sendable {
    public let nodeId: String
    public let actions: [NodePendingPullResultActionsItem]

    public init(
        nodeId: String,
        actions: [NodePendingPullResultActionsItem]
    ) {
        self.nodeId = nodeId
        self.actions = actions
    }
}

/// Parameters of `node.pluginSurface.refresh`. Gives the calling node a fresh address of the canvas, good for ten minutes after its last use.
public struct NodePluginSurfaceRefreshParams: Codable, Sendable {
    public let surface: String

    public init(
        surface: String = "canvas"
    ) {
        self.surface = surface
    }
}

/// Result of `node.pluginSurface.refresh`.
public struct NodePluginSurfaceRefreshResult: Codable, Sendable {
    public let surface: String
    public let pluginSurfaceUrls: [String: String]
    public let expiresAtMs: Int

    public init(
        surface: String,
        pluginSurfaceUrls: [String: String],
        expiresAtMs: Int
    ) {
        self.surface = surface
        self.pluginSurfaceUrls = pluginSurfaceUrls
        self.expiresAtMs = expiresAtMs
    }
}

/// Parameters of `node.rename`. Gives a node a name.
public struct NodeRenameParams: Codable, Sendable {
    public let nodeId: String
    public let displayName: String

    public init(
        nodeId: String,
        displayName: String
    ) {
        self.nodeId = nodeId
        self.displayName = displayName
    }
}

/// Result of `node.rename`.
public struct NodeRenameResult: Codable, Sendable {
    public let nodeId: String
    public let displayName: String

    public init(
        nodeId: String,
        displayName: String
    ) {
        self.nodeId = nodeId
        self.displayName = displayName
    }
}

/// Parameters of `poll`. Asks a question with answers to choose from in a chat; where the network has no polls, as a list.
public struct PollParams: Codable, Sendable {
    public let to: String
    public let channel: String?
    public let accountId: String?
    public let threadId: String?
    public let question: String
    public let options: [String]
    public let maxSelections: Int?
    public let durationHours: Int?
    public let durationSeconds: Int?
    public let silent: Bool?
    public let idempotencyKey: String

    public init(
        to: String,
        channel: String? = nil,
        accountId: String? = nil,
        threadId: String? = nil,
        question: String,
        options: [String],
        maxSelections: Int? = nil,
        durationHours: Int? = nil,
        durationSeconds: Int? = nil,
        silent: Bool? = nil,
        idempotencyKey: String
    ) {
        self.to = to
        self.channel = channel
        self.accountId = accountId
        self.threadId = threadId
        self.question = question
        self.options = options
        self.maxSelections = maxSelections
        self.durationHours = durationHours
        self.durationSeconds = durationSeconds
        self.silent = silent
        self.idempotencyKey = idempotencyKey
    }
}

/// Result of `poll`.
public typealias PollResult = SentMessage

public enum QueueListParamsDirection: String, Codable, CaseIterable, Hashable, Sendable {
    case `in` = "in"
    case out = "out"
}

public enum QueueListParamsState: String, Codable, CaseIterable, Hashable, Sendable {
    case new = "new"
    case running = "running"
    case done = "done"
    case kept = "kept"
    case dropped = "dropped"
    case dead = "dead"
    case queued = "queued"
    case sending = "sending"
    case sent = "sent"
    case failed = "failed"
}

/// Parameters of `queue.list`. What waits between networks and agents, and what went wrong: the latest first.
public struct QueueListParams: Codable, Sendable {
    public let direction: QueueListParamsDirection?
    public let state: QueueListParamsState?
    public let limit: Int?

    public init(
        direction: QueueListParamsDirection? = nil,
        state: QueueListParamsState? = nil,
        limit: Int? = nil
    ) {
        self.direction = direction
        self.state = state
        self.limit = limit
    }
}

public struct QueueListResultCounts: Codable, Sendable {
    public let `in`: [String: Int]
    public let out: [String: Int]

    public init(
        `in`: [String: Int],
        out: [String: Int]
    ) {
        self.`in` = `in`
        self.out = out
    }
}

/// Result of `queue.list`.
public struct QueueListResult: Codable, Sendable {
    public let counts: QueueListResultCounts
    public let rows: [QueueRow]

    public init(
        counts: QueueListResultCounts,
        rows: [QueueRow]
    ) {
        self.counts = counts
        self.rows = rows
    }
}

/// Parameters of `queue.prune`. Forgets what has ended and is older than some days.
public struct QueuePruneParams: Codable, Sendable {
    public let olderThanDays: Int

    public init(
        olderThanDays: Int
    ) {
        self.olderThanDays = olderThanDays
    }
}

/// Result of `queue.prune`.
public struct QueuePruneResult: Codable, Sendable {
    public let removed: Int

    public init(
        removed: Int
    ) {
        self.removed = removed
    }
}

/// Parameters of `queue.retry`. Tries something again that was given up.
public struct QueueRetryParams: Codable, Sendable {
    /// in-<number> or out-<number>
    public let id: String

    public init(
        id: String
    ) {
        self.id = id
    }
}

/// Result of `queue.retry`.
public struct QueueRetryResult: Codable, Sendable {
    public let ok: Bool
    public let id: String

    public init(
        ok: Bool,
        id: String
    ) {
        self.ok = ok
        self.id = id
    }
}

/// Parameters of `queue.show`. One queued thing whole, with what each gate said about it.
public struct QueueShowParams: Codable, Sendable {
    /// in-<number> or out-<number>
    public let id: String

    public init(
        id: String
    ) {
        self.id = id
    }
}

/// Result of `queue.show`.
public struct QueueShowResult: Codable, Sendable {
    public let row: QueueRow
    public let content: [String: AnyCodable]
    public let gates: [[String: AnyCodable]]
    public let sessionKey: String?

    public init(
        row: QueueRow,
        content: [String: AnyCodable],
        gates: [[String: AnyCodable]],
        sessionKey: String? = nil
    ) {
        self.row = row
        self.content = content
        self.gates = gates
        self.sessionKey = sessionKey
    }
}

/// Parameters of `send`. Sends a message to a chat. On webchat the chat is a session, named by its key.
public struct SendParams: Codable, Sendable {
    public let to: String
    public let channel: String?
    public let accountId: String?
    public let threadId: String?
    public let message: String?
    public let idempotencyKey: String
    public let mediaUrl: String?
    public let mediaUrls: [String]?
    /// A file, in base64; `filename` and `contentType` say what it is.
    public let buffer: String?
    public let filename: String?
    public let contentType: String?
    public let gifPlayback: Bool?
    public let asVoice: Bool?
    public let forceDocument: Bool?
    public let silent: Bool?
    public let replyToId: String?
    public let sessionKey: String?
    public let agentId: String?

    public init(
        to: String,
        channel: String? = nil,
        accountId: String? = nil,
        threadId: String? = nil,
        message: String? = nil,
        idempotencyKey: String,
        mediaUrl: String? = nil,
        mediaUrls: [String]? = nil,
        buffer: String? = nil,
        filename: String? = nil,
        contentType: String? = nil,
        gifPlayback: Bool? = nil,
        asVoice: Bool? = nil,
        forceDocument: Bool? = nil,
        silent: Bool? = nil,
        replyToId: String? = nil,
        sessionKey: String? = nil,
        agentId: String? = nil
    ) {
        self.to = to
        self.channel = channel
        self.accountId = accountId
        self.threadId = threadId
        self.message = message
        self.idempotencyKey = idempotencyKey
        self.mediaUrl = mediaUrl
        self.mediaUrls = mediaUrls
        self.buffer = buffer
        self.filename = filename
        self.contentType = contentType
        self.gifPlayback = gifPlayback
        self.asVoice = asVoice
        self.forceDocument = forceDocument
        self.silent = silent
        self.replyToId = replyToId
        self.sessionKey = sessionKey
        self.agentId = agentId
    }
}

/// Result of `send`.
public typealias SendResult = SentMessage

/// Parameters of `sessions.abort`. Ends the answer of a session, or one run.
public struct SessionsAbortParams: Codable, Sendable {
    public let key: String?
    public let runId: String?
    public let agentId: String?
    public let clearQueued: Bool?

    public init(
        key: String? = nil,
        runId: String? = nil,
        agentId: String? = nil,
        clearQueued: Bool? = nil
    ) {
        self.key = key
        self.runId = runId
        self.agentId = agentId
        self.clearQueued = clearQueued
    }
}

public enum SessionsAbortResultStatus: RawRepresentable, Codable, Hashable, Sendable {
    case aborted
    case noActiveRun
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "aborted": self = .aborted
        case "no-active-run": self = .noActiveRun
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .aborted: return "aborted"
        case .noActiveRun: return "no-active-run"
        case .unrecognized(let value): return value
        }
    }
}

/// Result of `sessions.abort`.
public struct SessionsAbortResult: Codable, Sendable {
    public let ok: Bool
    public let abortedRunId: String?
    public let status: SessionsAbortResultStatus

    public init(
        ok: Bool,
        abortedRunId: String? = nil,
        status: SessionsAbortResultStatus
    ) {
        self.ok = ok
        self.abortedRunId = abortedRunId
        self.status = status
    }
}

/// Parameters of `sessions.compact`. Hides all but the last messages of a session from history and model.
public struct SessionsCompactParams: Codable, Sendable {
    public let key: String
    public let agentId: String?
    public let maxLines: Int?

    public init(
        key: String,
        agentId: String? = nil,
        maxLines: Int? = nil
    ) {
        self.key = key
        self.agentId = agentId
        self.maxLines = maxLines
    }
}

/// Result of `sessions.compact`.
public struct SessionsCompactResult: Codable, Sendable {
    public let ok: Bool
    public let key: String
    public let compacted: Bool
    public let kept: Int?
    public let reason: String?

    public init(
        ok: Bool,
        key: String,
        compacted: Bool,
        kept: Int? = nil,
        reason: String? = nil
    ) {
        self.ok = ok
        self.key = key
        self.compacted = compacted
        self.kept = kept
        self.reason = reason
    }
}

public struct SessionsCreateParamsAttachmentsItem: Codable, Sendable {
    public let type: String?
    public let mimeType: String?
    public let fileName: String?
    public let content: AnyCodable?
    public let sizeBytes: Double?
    public let durationMs: Double?
    public let width: Double?
    public let height: Double?

    public init(
        type: String? = nil,
        mimeType: String? = nil,
        fileName: String? = nil,
        content: AnyCodable? = nil,
        sizeBytes: Double? = nil,
        durationMs: Double? = nil,
        width: Double? = nil,
        height: Double? = nil
    ) {
        self.type = type
        self.mimeType = mimeType
        self.fileName = fileName
        self.content = content
        self.sizeBytes = sizeBytes
        self.durationMs = durationMs
        self.width = width
        self.height = height
    }
}

/// Parameters of `sessions.create`. Makes a session, and asks its agent the first question when a message is given.
public struct SessionsCreateParams: Codable, Sendable {
    public let key: String?
    public let idempotencyKey: String?
    public let agentId: String?
    public let label: String?
    public let model: String?
    public let thinkingLevel: String?
    public let message: String?
    public let attachments: [SessionsCreateParamsAttachmentsItem]?

    public init(
        key: String? = nil,
        idempotencyKey: String? = nil,
        agentId: String? = nil,
        label: String? = nil,
        model: String? = nil,
        thinkingLevel: String? = nil,
        message: String? = nil,
        attachments: [SessionsCreateParamsAttachmentsItem]? = nil
    ) {
        self.key = key
        self.idempotencyKey = idempotencyKey
        self.agentId = agentId
        self.label = label
        self.model = model
        self.thinkingLevel = thinkingLevel
        self.message = message
        self.attachments = attachments
    }
}

/// Result of `sessions.create`.
public struct SessionsCreateResult: Codable, Sendable {
    public let ok: Bool
    public let key: String
    public let sessionId: String
    public let entry: SessionEntry
    public let runStarted: Bool
    public let runId: String?

    public init(
        ok: Bool,
        key: String,
        sessionId: String,
        entry: SessionEntry,
        runStarted: Bool,
        runId: String? = nil
    ) {
        self.ok = ok
        self.key = key
        self.sessionId = sessionId
        self.entry = entry
        self.runStarted = runStarted
        self.runId = runId
    }
}

/// Parameters of `sessions.delete`. Removes a session from the list, after ending its answer. The transcript stays on the disk.
public struct SessionsDeleteParams: Codable, Sendable {
    public let key: String
    public let agentId: String?
    public let deleteTranscript: Bool?
    public let expectedSessionId: String?

    public init(
        key: String,
        agentId: String? = nil,
        deleteTranscript: Bool? = nil,
        expectedSessionId: String? = nil
    ) {
        self.key = key
        self.agentId = agentId
        self.deleteTranscript = deleteTranscript
        self.expectedSessionId = expectedSessionId
    }
}

/// Result of `sessions.delete`.
public struct SessionsDeleteResult: Codable, Sendable {
    public let ok: Bool
    public let key: String
    public let deleted: Bool
    public let archived: [String]

    public init(
        ok: Bool,
        key: String,
        deleted: Bool,
        archived: [String]
    ) {
        self.ok = ok
        self.key = key
        self.deleted = deleted
        self.archived = archived
    }
}

/// Parameters of `sessions.describe`. One session as the list shows it, or null.
public struct SessionsDescribeParams: Codable, Sendable {
    public let key: String
    public let includeDerivedTitles: Bool?
    public let includeLastMessage: Bool?

    public init(
        key: String,
        includeDerivedTitles: Bool? = nil,
        includeLastMessage: Bool? = nil
    ) {
        self.key = key
        self.includeDerivedTitles = includeDerivedTitles
        self.includeLastMessage = includeLastMessage
    }
}

/// Result of `sessions.describe`.
public struct SessionsDescribeResult: Codable, Sendable {
    public let session: SessionRow?

    public init(
        session: SessionRow? = nil
    ) {
        self.session = session
    }
}

public enum SessionsListParamsSortBy: String, Codable, CaseIterable, Hashable, Sendable {
    case updatedAt = "updatedAt"
    case lastInteractionAt = "lastInteractionAt"
}

/// Parameters of `sessions.list`. Sessions, the latest first.
public struct SessionsListParams: Codable, Sendable {
    public let limit: Int?
    public let offset: Int?
    public let activeMinutes: Int?
    public let includeGlobal: Bool?
    public let includeUnknown: Bool?
    public let includeDerivedTitles: Bool?
    public let includeLastMessage: Bool?
    public let label: String?
    public let agentId: String?
    public let search: String?
    public let sortBy: SessionsListParamsSortBy?
    public let configuredAgentsOnly: Bool?
    public let archived: AnyCodable?
    public let includePeople: Bool?
    public let requireLastInteraction: Bool?

    public init(
        limit: Int? = nil,
        offset: Int? = nil,
        activeMinutes: Int? = nil,
        includeGlobal: Bool? = nil,
        includeUnknown: Bool? = nil,
        includeDerivedTitles: Bool? = nil,
        includeLastMessage: Bool? = nil,
        label: String? = nil,
        agentId: String? = nil,
        search: String? = nil,
        sortBy: SessionsListParamsSortBy? = nil,
        configuredAgentsOnly: Bool? = nil,
        archived: AnyCodable? = nil,
        includePeople: Bool? = nil,
        requireLastInteraction: Bool? = nil
    ) {
        self.limit = limit
        self.offset = offset
        self.activeMinutes = activeMinutes
        self.includeGlobal = includeGlobal
        self.includeUnknown = includeUnknown
        self.includeDerivedTitles = includeDerivedTitles
        self.includeLastMessage = includeLastMessage
        self.label = label
        self.agentId = agentId
        self.search = search
        self.sortBy = sortBy
        self.configuredAgentsOnly = configuredAgentsOnly
        self.archived = archived
        self.includePeople = includePeople
        self.requireLastInteraction = requireLastInteraction
    }
}

public struct SessionsListResultDefaults: Codable, Sendable {
    public let modelProvider: String?
    public let model: String?
    public let contextTokens: Int?

    public init(
        modelProvider: String? = nil,
        model: String? = nil,
        contextTokens: Int? = nil
    ) {
        self.modelProvider = modelProvider
        self.model = model
        self.contextTokens = contextTokens
    }
}

/// Result of `sessions.list`.
public struct SessionsListResult: Codable, Sendable {
    public let ts: Int
    public let path: String
    public let count: Int
    public let totalCount: Int?
    public let limitApplied: Int?
    public let nextOffset: Int?
    public let hasMore: Bool?
    public let defaults: SessionsListResultDefaults
    public let sessions: [SessionRow]

    public init(
        ts: Int,
        path: String,
        count: Int,
        totalCount: Int? = nil,
        limitApplied: Int? = nil,
        nextOffset: Int? = nil,
        hasMore: Bool? = nil,
        defaults: SessionsListResultDefaults,
        sessions: [SessionRow]
    ) {
        self.ts = ts
        self.path = path
        self.count = count
        self.totalCount = totalCount
        self.limitApplied = limitApplied
        self.nextOffset = nextOffset
        self.hasMore = hasMore
        self.defaults = defaults
        self.sessions = sessions
    }
}

/// Parameters of `sessions.messages.subscribe`. Follows one session: this socket receives session.message.
public struct SessionsMessagesSubscribeParams: Codable, Sendable {
    public let key: String
    public let agentId: String?
    public let includeApprovals: Bool?

    public init(
        key: String,
        agentId: String? = nil,
        includeApprovals: Bool? = nil
    ) {
        self.key = key
        self.agentId = agentId
        self.includeApprovals = includeApprovals
    }
}

/// Result of `sessions.messages.subscribe`.
public struct SessionsMessagesSubscribeResult: Codable, Sendable {
    public let subscribed: Bool
    public let key: String

    public init(
        subscribed: Bool,
        key: String
    ) {
        self.subscribed = subscribed
        self.key = key
    }
}

/// Parameters of `sessions.messages.unsubscribe`. No longer follows one session.
public struct SessionsMessagesUnsubscribeParams: Codable, Sendable {
    public let key: String
    public let agentId: String?

    public init(
        key: String,
        agentId: String? = nil
    ) {
        self.key = key
        self.agentId = agentId
    }
}

/// Result of `sessions.messages.unsubscribe`.
public struct SessionsMessagesUnsubscribeResult: Codable, Sendable {
    public let subscribed: Bool
    public let key: String

    public init(
        subscribed: Bool,
        key: String
    ) {
        self.subscribed = subscribed
        self.key = key
    }
}

public enum SessionsPatchParamsResponseUsage: String, Codable, CaseIterable, Hashable, Sendable {
    case off = "off"
    case tokens = "tokens"
    case full = "full"
    case on = "on"
}

public enum SessionsPatchParamsSendPolicy: String, Codable, CaseIterable, Hashable, Sendable {
    case allow = "allow"
    case deny = "deny"
}

public enum SessionsPatchParamsGroupActivation: String, Codable, CaseIterable, Hashable, Sendable {
    case mention = "mention"
    case always = "always"
}

/// Parameters of `sessions.patch`. Changes settings of a session; null clears one. Makes the session when it is new.
public struct SessionsPatchParams: Codable, Sendable {
    public let key: String
    public let agentId: String?
    public let label: Nullable<String>?
    public let thinkingLevel: Nullable<String>?
    public let verboseLevel: Nullable<String>?
    public let reasoningLevel: Nullable<String>?
    public let responseUsage: Nullable<SessionsPatchParamsResponseUsage>?
    public let elevatedLevel: Nullable<String>?
    public let model: Nullable<String>?
    public let sendPolicy: Nullable<SessionsPatchParamsSendPolicy>?
    public let groupActivation: Nullable<SessionsPatchParamsGroupActivation>?
    public let archived: Bool?
    public let pinned: Bool?

    public init(
        key: String,
        agentId: String? = nil,
        label: Nullable<String>? = nil,
        thinkingLevel: Nullable<String>? = nil,
        verboseLevel: Nullable<String>? = nil,
        reasoningLevel: Nullable<String>? = nil,
        responseUsage: Nullable<SessionsPatchParamsResponseUsage>? = nil,
        elevatedLevel: Nullable<String>? = nil,
        model: Nullable<String>? = nil,
        sendPolicy: Nullable<SessionsPatchParamsSendPolicy>? = nil,
        groupActivation: Nullable<SessionsPatchParamsGroupActivation>? = nil,
        archived: Bool? = nil,
        pinned: Bool? = nil
    ) {
        self.key = key
        self.agentId = agentId
        self.label = label
        self.thinkingLevel = thinkingLevel
        self.verboseLevel = verboseLevel
        self.reasoningLevel = reasoningLevel
        self.responseUsage = responseUsage
        self.elevatedLevel = elevatedLevel
        self.model = model
        self.sendPolicy = sendPolicy
        self.groupActivation = groupActivation
        self.archived = archived
        self.pinned = pinned
    }
}

/// Result of `sessions.patch`.
public struct SessionsPatchResult: Codable, Sendable {
    public let ok: Bool
    public let path: String
    public let key: String
    public let entry: SessionEntry

    public init(
        ok: Bool,
        path: String,
        key: String,
        entry: SessionEntry
    ) {
        self.ok = ok
        self.path = path
        self.key = key
        self.entry = entry
    }
}

/// Parameters of `sessions.preview`. The last lines of some sessions.
public struct SessionsPreviewParams: Codable, Sendable {
    public let keys: [String]
    public let limit: Int?
    public let maxChars: Int?

    public init(
        keys: [String],
        limit: Int? = nil,
        maxChars: Int? = nil
    ) {
        self.keys = keys
        self.limit = limit
        self.maxChars = maxChars
    }
}

public enum SessionsPreviewResultPreviewsItemStatus: RawRepresentable, Codable, Hashable, Sendable {
    case ok
    case empty
    case missing
    case error
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "ok": self = .ok
        case "empty": self = .empty
        case "missing": self = .missing
        case "error": self = .error
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .ok: return "ok"
        case .empty: return "empty"
        case .missing: return "missing"
        case .error: return "error"
        case .unrecognized(let value): return value
        }
    }
}

public enum SessionsPreviewResultPreviewsItemItemsItemRole: RawRepresentable, Codable, Hashable, Sendable {
    case user
    case assistant
    case tool
    case system
    case other
    /// A value this version does not know.
    case unrecognized(String)

    public init(rawValue: String) {
        switch rawValue {
        case "user": self = .user
        case "assistant": self = .assistant
        case "tool": self = .tool
        case "system": self = .system
        case "other": self = .other
        default: self = .unrecognized(rawValue)
        }
    }

    public var rawValue: String {
        switch self {
        case .user: return "user"
        case .assistant: return "assistant"
        case .tool: return "tool"
        case .system: return "system"
        case .other: return "other"
        case .unrecognized(let value): return value
        }
    }
}

public struct SessionsPreviewResultPreviewsItemItemsItem: Codable, Sendable {
    public let role: SessionsPreviewResultPreviewsItemItemsItemRole
    public let text: String

    public init(
        role: SessionsPreviewResultPreviewsItemItemsItemRole,
        text: String
    ) {
        self.role = role
        self.text = text
    }
}

public struct SessionsPreviewResultPreviewsItem: Codable, Sendable {
    public let key: String
    public let status: SessionsPreviewResultPreviewsItemStatus
    public let items: [SessionsPreviewResultPreviewsItemItemsItem]

    public init(
        key: String,
        status: SessionsPreviewResultPreviewsItemStatus,
        items: [SessionsPreviewResultPreviewsItemItemsItem]
    ) {
        self.key = key
        self.status = status
        self.items = items
    }
}

/// Result of `sessions.preview`.
public struct SessionsPreviewResult: Codable, Sendable {
    public let ts: Int
    public let previews: [SessionsPreviewResultPreviewsItem]

    public init(
        ts: Int,
        previews: [SessionsPreviewResultPreviewsItem]
    ) {
        self.ts = ts
        self.previews = previews
    }
}

public enum SessionsResetParamsReason: String, Codable, CaseIterable, Hashable, Sendable {
    case new = "new"
    case reset = "reset"
}

/// Parameters of `sessions.reset`. Starts a session afresh; its settings and the old transcript are kept.
public struct SessionsResetParams: Codable, Sendable {
    public let key: String
    public let agentId: String?
    public let reason: SessionsResetParamsReason?

    public init(
        key: String,
        agentId: String? = nil,
        reason: SessionsResetParamsReason? = nil
    ) {
        self.key = key
        self.agentId = agentId
        self.reason = reason
    }
}

/// Result of `sessions.reset`.
public struct SessionsResetResult: Codable, Sendable {
    public let ok: Bool
    public let key: String
    public let entry: SessionEntry

    public init(
        ok: Bool,
        key: String,
        entry: SessionEntry
    ) {
        self.ok = ok
        self.key = key
        self.entry = entry
    }
}

/// Parameters of `sessions.resolve`. The session that a key, an id or a label means.
public struct SessionsResolveParams: Codable, Sendable {
    public let key: String?
    public let sessionId: String?
    public let label: String?
    public let agentId: String?
    public let includeGlobal: Bool?
    public let includeUnknown: Bool?
    public let allowMissing: Bool?

    public init(
        key: String? = nil,
        sessionId: String? = nil,
        label: String? = nil,
        agentId: String? = nil,
        includeGlobal: Bool? = nil,
        includeUnknown: Bool? = nil,
        allowMissing: Bool? = nil
    ) {
        self.key = key
        self.sessionId = sessionId
        self.label = label
        self.agentId = agentId
        self.includeGlobal = includeGlobal
        self.includeUnknown = includeUnknown
        self.allowMissing = allowMissing
    }
}

/// Result of `sessions.resolve`.
public struct SessionsResolveResult: Codable, Sendable {
    public let ok: Bool
    public let key: String?
    public let agentId: String?

    public init(
        ok: Bool,
        key: String? = nil,
        agentId: String? = nil
    ) {
        self.ok = ok
        self.key = key
        self.agentId = agentId
    }
}

public struct SessionsSendParamsAttachmentsItem: Codable, Sendable {
    public let type: String?
    public let mimeType: String?
    public let fileName: String?
    public let content: AnyCodable?
    public let sizeBytes: Double?
    public let durationMs: Double?
    public let width: Double?
    public let height: Double?

    public init(
        type: String? = nil,
        mimeType: String? = nil,
        fileName: String? = nil,
        content: AnyCodable? = nil,
        sizeBytes: Double? = nil,
        durationMs: Double? = nil,
        width: Double? = nil,
        height: Double? = nil
    ) {
        self.type = type
        self.mimeType = mimeType
        self.fileName = fileName
        self.content = content
        self.sizeBytes = sizeBytes
        self.durationMs = durationMs
        self.width = width
        self.height = height
    }
}

/// Parameters of `sessions.send`. Like chat.send, on a session that exists.
public struct SessionsSendParams: Codable, Sendable {
    public let key: String
    public let agentId: String?
    public let message: String
    public let thinking: String?
    public let attachments: [SessionsSendParamsAttachmentsItem]?
    public let timeoutMs: Int?
    public let idempotencyKey: String?

    public init(
        key: String,
        agentId: String? = nil,
        message: String,
        thinking: String? = nil,
        attachments: [SessionsSendParamsAttachmentsItem]? = nil,
        timeoutMs: Int? = nil,
        idempotencyKey: String? = nil
    ) {
        self.key = key
        self.agentId = agentId
        self.message = message
        self.thinking = thinking
        self.attachments = attachments
        self.timeoutMs = timeoutMs
        self.idempotencyKey = idempotencyKey
    }
}

/// Result of `sessions.send`.
public struct SessionsSendResult: Codable, Sendable {
    public let runId: String?
    public let status: String?
    public let summary: String?
    public let stopReason: String?
    public let endedAt: Int?
    public let ok: Bool?
    public let aborted: Bool?
    public let runIds: [String]?

    public init(
        runId: String? = nil,
        status: String? = nil,
        summary: String? = nil,
        stopReason: String? = nil,
        endedAt: Int? = nil,
        ok: Bool? = nil,
        aborted: Bool? = nil,
        runIds: [String]? = nil
    ) {
        self.runId = runId
        self.status = status
        self.summary = summary
        self.stopReason = stopReason
        self.endedAt = endedAt
        self.ok = ok
        self.aborted = aborted
        self.runIds = runIds
    }
}

/// Parameters of `sessions.subscribe`. Follows the list of sessions: this socket receives sessions.changed.
public struct SessionsSubscribeParams: Codable, Sendable {
    public init() {}
}

/// Result of `sessions.subscribe`.
public struct SessionsSubscribeResult: Codable, Sendable {
    public let subscribed: Bool

    public init(
        subscribed: Bool
    ) {
        self.subscribed = subscribed
    }
}

/// Parameters of `skills.bins`. Programs that skills brought along, which a host may allow by itself.
public struct SkillsBinsParams: Codable, Sendable {
    public init() {}
}

/// Result of `skills.bins`.
public struct SkillsBinsResult: Codable, Sendable {
    public let bins: [String]

    public init(
        bins: [String]
    ) {
        self.bins = bins
    }
}

/// Parameters of `status`. What the gateway is doing: sessions, agents, channels.
public typealias StatusParams = [String: AnyCodable]

/// Result of `status`.
public typealias StatusResult = Status

/// Parameters of `system-event`. Reports presence, or leaves a note for the main session's next turn.
public struct SystemEventParams: Codable, Sendable {
    public let text: String
    public let deviceId: AnyCodable?
    public let instanceId: AnyCodable?
    public let host: AnyCodable?
    public let ip: AnyCodable?
    public let mode: AnyCodable?
    public let version: AnyCodable?
    public let platform: AnyCodable?
    public let deviceFamily: AnyCodable?
    public let modelIdentifier: AnyCodable?
    public let lastInputSeconds: AnyCodable?
    public let reason: AnyCodable?
    public let roles: AnyCodable?
    public let scopes: AnyCodable?
    public let tags: AnyCodable?

    public init(
        text: String,
        deviceId: AnyCodable? = nil,
        instanceId: AnyCodable? = nil,
        host: AnyCodable? = nil,
        ip: AnyCodable? = nil,
        mode: AnyCodable? = nil,
        version: AnyCodable? = nil,
        platform: AnyCodable? = nil,
        deviceFamily: AnyCodable? = nil,
        modelIdentifier: AnyCodable? = nil,
        lastInputSeconds: AnyCodable? = nil,
        reason: AnyCodable? = nil,
        roles: AnyCodable? = nil,
        scopes: AnyCodable? = nil,
        tags: AnyCodable? = nil
    ) {
        self.text = text
        self.deviceId = deviceId
        self.instanceId = instanceId
        self.host = host
        self.ip = ip
        self.mode = mode
        self.version = version
        self.platform = platform
        self.deviceFamily = deviceFamily
        self.modelIdentifier = modelIdentifier
        self.lastInputSeconds = lastInputSeconds
        self.reason = reason
        self.roles = roles
        self.scopes = scopes
        self.tags = tags
    }
}

/// Result of `system-event`.
public struct SystemEventResult: Codable, Sendable {
    public let ok: Bool

    public init(
        ok: Bool
    ) {
        self.ok = ok
    }
}

/// Parameters of `system-presence`. Who is here.
public typealias SystemPresenceParams = [String: AnyCodable]

/// Result of `system-presence`.
public typealias SystemPresenceResult = [PresenceEntry]

/// Parameters of `system.info`. Facts about the host.
public struct SystemInfoParams: Codable, Sendable {
    public init() {}
}

/// Result of `system.info`.
public struct SystemInfoResult: Codable, Sendable {
    public let machineName: String
    public let hostname: String
    public let platform: String
    public let release: String
    public let arch: String
    public let osLabel: String
    public let port: Int
    public let pid: Int
    public let uptimeMs: Int
    public let cpuCount: Int
    public let memoryTotalBytes: Int
    public let memoryFreeBytes: Int

    public init(
        machineName: String,
        hostname: String,
        platform: String,
        release: String,
        arch: String,
        osLabel: String,
        port: Int,
        pid: Int,
        uptimeMs: Int,
        cpuCount: Int,
        memoryTotalBytes: Int,
        memoryFreeBytes: Int
    ) {
        self.machineName = machineName
        self.hostname = hostname
        self.platform = platform
        self.release = release
        self.arch = arch
        self.osLabel = osLabel
        self.port = port
        self.pid = pid
        self.uptimeMs = uptimeMs
        self.cpuCount = cpuCount
        self.memoryTotalBytes = memoryTotalBytes
        self.memoryFreeBytes = memoryFreeBytes
    }
}

/// Parameters of `voicewake.get`. The words that wake voice assistants.
public struct VoicewakeGetParams: Codable, Sendable {
    public init() {}
}

/// Result of `voicewake.get`.
public typealias VoicewakeGetResult = VoiceWake

/// Parameters of `voicewake.routing.get`. Where spoken words go: to the session that is open on the device.
public struct VoicewakeRoutingGetParams: Codable, Sendable {
    public init() {}
}

/// Result of `voicewake.routing.get`.
public typealias VoicewakeRoutingGetResult = VoiceWakeRouting

/// Parameters of `voicewake.set`. Replaces them, and tells everyone. None at all: the ones it comes with.
public struct VoicewakeSetParams: Codable, Sendable {
    public let triggers: [String]

    public init(
        triggers: [String]
    ) {
        self.triggers = triggers
    }
}

/// Result of `voicewake.set`.
public typealias VoicewakeSetResult = VoiceWake

/// Parameters of `web.login.start`. Begins to link the account of the one network that is linked by a code; the code comes as a picture.
public struct WebLoginStartParams: Codable, Sendable {
    public let force: Bool?
    public let timeoutMs: Int?
    public let verbose: Bool?
    public let accountId: String?

    public init(
        force: Bool? = nil,
        timeoutMs: Int? = nil,
        verbose: Bool? = nil,
        accountId: String? = nil
    ) {
        self.force = force
        self.timeoutMs = timeoutMs
        self.verbose = verbose
        self.accountId = accountId
    }
}

/// Result of `web.login.start`.
public struct WebLoginStartResult: Codable, Sendable {
    public let qrDataUrl: String?
    public let message: String

    public init(
        qrDataUrl: String? = nil,
        message: String
    ) {
        self.qrDataUrl = qrDataUrl
        self.message = message
    }
}

/// Parameters of `web.login.wait`. Waits until that link is done; a code that replaces `currentQrDataUrl` comes as a picture.
public struct WebLoginWaitParams: Codable, Sendable {
    public let timeoutMs: Int?
    public let accountId: String?
    public let currentQrDataUrl: String?

    public init(
        timeoutMs: Int? = nil,
        accountId: String? = nil,
        currentQrDataUrl: String? = nil
    ) {
        self.timeoutMs = timeoutMs
        self.accountId = accountId
        self.currentQrDataUrl = currentQrDataUrl
    }
}

/// Result of `web.login.wait`.
public struct WebLoginWaitResult: Codable, Sendable {
    public let connected: Bool
    public let message: String
    public let qrDataUrl: String?

    public init(
        connected: Bool,
        message: String,
        qrDataUrl: String? = nil
    ) {
        self.connected = connected
        self.message = message
        self.qrDataUrl = qrDataUrl
    }
}

/// Payload of the event `agent`. Something happened in a run: lifecycle, text, a tool, tokens.
public typealias AgentPayload = AgentEvent

/// Payload of the event `chat`. What a chat window shows of a run: status, text so far, final, aborted, error.
public typealias ChatPayload = ChatEvent

/// Payload of the event `connect.challenge`. The first frame on every socket: the nonce that a device proof must cover.
public struct ConnectChallengePayload: Codable, Sendable {
    public let nonce: String
    public let ts: Int

    public init(
        nonce: String,
        ts: Int
    ) {
        self.nonce = nonce
        self.ts = ts
    }
}

/// Payload of the event `device.pair.requested`. A device waits for approval.
public typealias DevicePairRequestedPayload = PendingDevice

/// Payload of the event `device.pair.resolved`. A device was approved or rejected.
public typealias DevicePairResolvedPayload = DevicePairResolved

/// Payload of the event `exec.approval.requested`. Somebody wants to run something, and the owner decides. v4: not for the connection that asks.
public typealias ExecApprovalRequestedPayload = ExecApproval

/// Payload of the event `exec.approval.resolved`. The owner decided.
public typealias ExecApprovalResolvedPayload = ExecApprovalResolved

/// Payload of the event `health`. A new health summary.
public typealias HealthPayload = HealthSummary

/// Payload of the event `node.invoke.cancel`. Nobody waits for the answer any more. For nodes of v4.
public typealias NodeInvokeCancelPayload = NodeInvokeCancel

/// Payload of the event `node.invoke.input`. More input for what a node is doing. For nodes of v4.
public typealias NodeInvokeInputPayload = NodeInvokeInput

/// Payload of the event `node.invoke.request`. A node is asked to do something; it answers with node.invoke.result.
public typealias NodeInvokeRequestPayload = NodeInvokeRequest

/// Payload of the event `node.pair.requested`. What a node offers waits for approval.
public typealias NodePairRequestedPayload = NodePairRequest

/// Payload of the event `node.pair.resolved`. What a node offers was approved or rejected, or its approval was taken back. The node hears it too.
public typealias NodePairResolvedPayload = NodePairResolved

/// Payload of the event `presence`. The whole list of who is here, after it changed.
public typealias PresencePayload = PresenceEvent

/// Payload of the event `session.message`. A message was stored in a session. For those who called sessions.messages.subscribe.
public typealias SessionMessagePayload = SessionMessage

/// Payload of the event `sessions.changed`. A session was made, changed, used or removed. For those who called sessions.subscribe.
public typealias SessionsChangedPayload = SessionsChanged

/// Payload of the event `shutdown`. The gateway is about to close every socket with 1012.
public struct ShutdownPayload: Codable, Sendable {
    public let reason: String
    public let restartExpectedMs: Int?

    public init(
        reason: String,
        restartExpectedMs: Int? = nil
    ) {
        self.reason = reason
        self.restartExpectedMs = restartExpectedMs
    }
}

/// Payload of the event `tick`. A sign of life, every 30 seconds.
public struct TickPayload: Codable, Sendable {
    public let ts: Int

    public init(
        ts: Int
    ) {
        self.ts = ts
    }
}

/// Payload of the event `voicewake.changed`. Other words wake voice assistants now. Each node hears them when it connects, too.
public typealias VoicewakeChangedPayload = VoiceWake

/// Payload of the event `voicewake.routing.changed`. Where spoken words go; each node of v4 hears it when it connects.
public typealias VoicewakeRoutingChangedPayload = VoiceWakeRouting

/// A value or an explicit `null`, which clears what was set; an absent value is an optional of this.
public enum Nullable<Wrapped: Codable & Sendable>: Codable, Sendable {
    case null
    case value(Wrapped)

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        self = container.decodeNil() ? .null : .value(try container.decode(Wrapped.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .value(let value): try container.encode(value)
        }
    }
}

/// Any JSON value.
public enum AnyCodable: Codable, Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case array([AnyCodable])
    case object([String: AnyCodable])

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([AnyCodable].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: AnyCodable].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}
