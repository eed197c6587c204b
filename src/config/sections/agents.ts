/** The `agents` section: who answers, as whom, and with which model. */
import { Type } from "@sinclair/typebox";
import { OneOf, Strict } from "#schemas/primitives.ts";
import { Flag, Section, Text, Texts, Whole } from "./markers.ts";

const Model = (description: string) =>
  Type.Union(
    [
      Type.String({ minLength: 1 }),
      Section("A model and what to fall back on.", {
        primary: Text("`<provider>/<model>`."),
        fallbacks: Texts("Models to try, in order, when the primary fails."),
      }),
    ],
    { description },
  );

const Defaults = Section("What holds for every agent that does not say otherwise.", {
  model: Model("`<provider>/<model>`, or the model with its fallbacks. Default: a local server, else the assistant."),
  workspace: Text("Folder the agents work in. Default: `workspace` in the state folder."),
  contextTokens: Whole("Size of the context that history is trimmed to. Default: what the model states.", 1),
  timeoutSeconds: Whole("Longest time one run may take. Default: 600.", 1, 86_400),
  thinkingDefault: OneOf(["off", "minimal", "low", "medium", "high", "xhigh", "adaptive", "max"], {
    description: "How hard a model thinks when the session does not say. Default: `off`.",
  }),
  maxConcurrent: Whole("Runs at the same time across all sessions. Default: 4.", 1, 1000),
  systemPrompt: Text("Text put before every conversation."),
  heartbeat: Section("Runs that nobody asked for, to look after open matters.", {
    every: Text("Time between two heartbeats, such as `30m`; `0m` turns them off.", { format: "duration" }),
  }),
});

const Agent = Strict(
  {
    id: Type.String({
      pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$",
      description: "Name in session keys: letters, digits, `-` and `_`.",
    }),
    default: Type.Optional(Flag("The agent for everything no rule claims. Default: the first of the list.")),
    name: Type.Optional(Text("Name for people.")),
    identity: Type.Optional(
      Section("How the agent presents itself.", {
        name: Text("Name it goes by in chats."),
        theme: Text("A few words on its character."),
        emoji: Text("Emoji shown beside its name."),
        avatar: Text("Picture: a path in the workspace, a URL or a data URL."),
      }),
    ),
    model: Type.Optional(Model("Overrides `agents.defaults.model`.")),
    systemPrompt: Type.Optional(Text("Overrides `agents.defaults.systemPrompt`.")),
    tools: Type.Optional(
      Section("What this agent may use, within the rules of `tools`.", {
        allow: Texts("Tools it may use; `*` is every one."),
        deny: Texts("Tools it may not use."),
      }),
    ),
    runtime: Type.Optional(
      Section("What answers for this agent.", {
        id: OneOf(["ai", "builtin/assistant"], {
          description: "`ai` asks a model, `builtin/assistant` needs none. Default: `ai` if a model is configured.",
        }),
      }),
    ),
  },
  { description: "One agent." },
);

export const AgentsSection = Section("Who answers, as whom, and with which model.", {
  defaults: Defaults,
  list: Type.Array(Agent, { description: "The agents of this gateway. Default: one agent called `main`." }),
});
