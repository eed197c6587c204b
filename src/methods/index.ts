/** The RPC table: every method there is. `features.methods`, the generated documents and the CLI read this list. */

import { ConnectParams, ConnectParamsV3 } from "#schemas/connect.ts";
import type { ProtocolDescription } from "#schemas/emit/description.ts";
import { EventFrame, GatewayFrame, RequestFrame, RequestFrameV3, ResponseFrame } from "#schemas/frames.ts";
import { HelloOk, HelloOkV3 } from "#schemas/hello.ts";
import type { MethodSpec } from "#schemas/method.ts";
import type { Method } from "../gateway/dispatch.ts";
import { agentMethods } from "./agent.ts";
import { agentsMethods } from "./agents.ts";
import { canvasMethods } from "./canvas.ts";
import { channelsMethods } from "./channels.ts";
import { chatMethods } from "./chat.ts";
import { configMethods } from "./config.ts";
import type { DefinedMethod } from "./define.ts";
import { devicesMethods } from "./devices.ts";
import { eventSpecs } from "./events.ts";
import { loginMethods } from "./login.ts";
import { messagesMethods } from "./messages.ts";
import { execApprovalMethods } from "./nodes/approvals.ts";
import { nodeEventMethods } from "./nodes/events.ts";
import { execRulesMethods } from "./nodes/exec-rules.ts";
import { nodeInviteMethods } from "./nodes/invite.ts";
import { nodeInvokeMethods } from "./nodes/invoke.ts";
import { nodeListMethods } from "./nodes/list.ts";
import { nodePairingMethods } from "./nodes/pairing.ts";
import { nodePendingMethods } from "./nodes/pending.ts";
import { voiceMethods } from "./nodes/voice.ts";
import { pairingMethods } from "./pairing.ts";
import { queueMethods } from "./queue.ts";
import type { Services } from "./services.ts";
import { sessionChangeMethods } from "./sessions/change.ts";
import { sessionReadMethods } from "./sessions/read.ts";
import { sessionUseMethods } from "./sessions/use.ts";
import { systemMethods } from "./system.ts";

const methods: readonly DefinedMethod[] = [
  ...systemMethods,
  ...agentsMethods,
  ...agentMethods,
  ...chatMethods,
  ...sessionReadMethods,
  ...sessionChangeMethods,
  ...sessionUseMethods,
  ...channelsMethods,
  ...messagesMethods,
  ...loginMethods,
  ...pairingMethods,
  ...queueMethods,
  ...devicesMethods,
  ...nodeListMethods,
  ...nodeInviteMethods,
  ...nodeInvokeMethods,
  ...nodePairingMethods,
  ...nodePendingMethods,
  ...nodeEventMethods,
  ...execApprovalMethods,
  ...execRulesMethods,
  ...voiceMethods,
  ...canvasMethods,
  ...configMethods,
];

/** The declarations, in the order documents show them. `connect` is there to refuse a second one: its own shapes are frames. */
export const methodSpecs: readonly MethodSpec[] = methods.filter(({ name }) => name !== "connect");

/** The methods, ready to be called. */
export function createMethods(services: Services): Method[] {
  return methods.map((method) => method.bind(services));
}

/** The whole protocol, for the emitters. */
export function describeProtocol(version: string): ProtocolDescription {
  return {
    version,
    methods: methodSpecs,
    events: eventSpecs,
    frames: {
      RequestFrame,
      RequestFrameV3,
      ResponseFrame,
      EventFrame,
      GatewayFrame,
      ConnectParams,
      ConnectParamsV3,
      HelloOk,
      HelloOkV3,
    },
  };
}
