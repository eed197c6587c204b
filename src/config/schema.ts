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

const LoggingSection = Section("What is written to the log.", {
  level: OneOf(logLevels, { description: "Least important records kept. Default: `info`." }),
  maxFileBytes: Whole("Size at which the log file is rotated. Default: 10485760.", 65_536),
});

const CanvasHostSection = Section("The server for files that agents put on a canvas.", {
  enabled: Flag("Serve the canvas. Default: true."),
  port: Port("Port of its own; `0` lets the system choose. Default: 18793."),
  root: Text("Folder that is served. Default: `canvas` in the state folder."),
  liveReload: Flag("Reload open canvases when a file changes. Default: true."),
});

export const ConfigSchema = Section("The config of one gateway.", {
  gateway: GatewaySection,
  agents: AgentsSection,
  models: ModelsSection,
  session: SessionSection,
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
