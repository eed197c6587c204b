/**
 * The config file as one schema. Validation, `config.schema`, redaction and docs/config.md are read from it.
 * Every key is optional: an empty file is a valid config, and each default is applied by the room that owns the key.
 */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { AnyObject, NonEmptyString, OneOf } from "#schemas/primitives.ts";
import { logLevels } from "../lib/log.ts";
import { AgentsSection } from "./sections/agents.ts";
import { GatewaySection } from "./sections/gateway.ts";
import { Flag, Port, Section, Text, Texts, Whole } from "./sections/markers.ts";
import { ModelsSection } from "./sections/models.ts";

const SessionSection = Section("How messages are grouped into sessions.", {
  mainKey: Text("Name of the main session. Default: `main`."),
  scope: OneOf(["per-sender", "global"], {
    description: "`global` puts every direct message of every agent into one session. Default: `per-sender`.",
  }),
  dmScope: OneOf(["main", "per-peer", "per-channel-peer", "per-account-channel-peer"], {
    description: "Which direct messages share a session. Default: `main`.",
  }),
  identityLinks: Type.Record(NonEmptyString, Texts("Channel ids of one person, as `<channel>:<id>`."), {
    description: "People by name, with the ids they have on each channel.",
  }),
});

const MessagesSection = Section("What holds for messages of every channel that does not say otherwise.", {
  responsePrefix: Text("Put in front of every answer."),
  ackReaction: Text("Emoji put on a message when work on it begins; empty for none. Default: 👀."),
  ackReactionScope: OneOf(["all", "direct", "group-all", "group-mentions", "off"], {
    description: "Which messages get it. Default: `group-mentions`.",
  }),
  removeAckAfterReply: Flag("Take the reaction away when the answer is there. Default: false."),
  groupChat: Section("Groups.", {
    historyLimit: Whole("Messages of a group kept as context. Default: 50.", 0, 500),
    mentionPatterns: Texts("Patterns that address the agent."),
  }),
  inbound: Section("Messages that belong together.", {
    debounceMs: Whole("How long to wait for the next message of the same person. Default: 0.", 0, 60_000),
    byChannel: Type.Record(NonEmptyString, Type.Integer({ minimum: 0, maximum: 60_000 }), {
      description: "The same by channel.",
    }),
  }),
});

const Peer = Section("One chat or person.", {
  kind: OneOf(["direct", "dm", "group", "channel"], { description: "What it is." }),
  id: Text("The network's id."),
});

const BindingsSection = Type.Array(
  Section("One rule.", {
    agentId: Text("The agent that answers."),
    match: Section("Where: the most exact rule wins.", {
      channel: Text("The channel."),
      accountId: Text("The account; every account when left out."),
      peer: Peer,
    }),
  }),
  { description: "Which agent answers whom. What no rule claims is for the default agent." },
);

const ToolRules = {
  allow: Texts("Tools agents may use; `*` is every one."),
  deny: Texts("Tools they may not use, whatever is allowed."),
};

const ToolsSection = Section("What agents may use. Denying wins over allowing.", {
  ...ToolRules,
  chat: Section("In conversations on networks. Default: only what touches no device.", ToolRules),
});

const ApprovalsSection = Section("Where the owner is asked before something runs.", {
  exec: Section("Executions on devices.", {
    targets: Type.Array(
      Section("A chat of the owner, one to one; whoever writes there decides.", {
        channel: Text("The channel."),
        accountId: Text("The account; any when left out."),
        to: Text("The person, as `moltbot send --to` takes it."),
      }),
      { description: "Chats that are asked beside the page and the command line. Default: none." },
    ),
  }),
});

const LoggingSection = Section("What is written to the log.", {
  level: OneOf(logLevels, { description: "Least important records kept. Default: `info`." }),
  maxFileBytes: Whole("Size at which the log file is rotated. Default: 10485760.", 65_536),
});

const CanvasHostSection = Section("The server for files that agents put on a canvas.", {
  enabled: Flag("Serve the canvas. Default: true."),
  port: Port("Port of its own; `0` lets the system choose. Default: four above the gateway's, which makes 18793."),
  root: Text("Folder that is served. Default: `canvas` in the state folder."),
  liveReload: Flag("Reload open canvases when a file changes. Default: true."),
});

export const ConfigSchema = Section("The config of one gateway.", {
  gateway: GatewaySection,
  agents: AgentsSection,
  models: ModelsSection,
  session: SessionSection,
  messages: MessagesSection,
  tools: ToolsSection,
  approvals: ApprovalsSection,
  bindings: BindingsSection,
  broadcast: Type.Record(NonEmptyString, Type.Union([Type.Array(NonEmptyString), OneOf(["parallel", "sequential"])]), {
    description:
      "Groups that several agents answer, by id of the chat. The key `strategy` says whether they wait for each other: `parallel` (default) or `sequential`.",
  }),
  logging: LoggingSection,
  canvasHost: CanvasHostSection,
  channels: Type.Record(NonEmptyString, AnyObject, {
    description: "Settings by channel. Each channel checks its own section; keys that look like secrets are hidden.",
    "x-secret-names": true,
  }),
});

/** The validated config. Values a person left out are absent. */
export type Config = Static<typeof ConfigSchema>;

/** True for a schema whose value must not be shown. */
export const isSecret = (schema: TSchema): boolean => schema["x-secret"] === true;
