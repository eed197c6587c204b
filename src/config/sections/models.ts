/** The `models` section: the endpoints that serve models, and what each model can do. */
import { Type } from "@sinclair/typebox";
import { NonEmptyString, OneOf, Strict } from "#schemas/primitives.ts";
import { Flag, SecretText, Section, Text, Whole } from "./markers.ts";

const Model = Strict(
  {
    id: Text("Name the endpoint knows the model by."),
    name: Type.Optional(Text("Name for people. Default: the id.")),
    reasoning: Type.Optional(Flag("The model thinks before it answers. Default: false.")),
    input: Type.Optional(
      Type.Array(OneOf(["text", "image"]), { description: "What it can be given. Default: text only." }),
    ),
    contextWindow: Type.Optional(Whole("Tokens of input and output together.", 1)),
    maxTokens: Type.Optional(Whole("Most tokens of one answer.", 1)),
    maxTokensField: Type.Optional(
      OneOf(["max_tokens", "max_completion_tokens"], {
        description: "Name of the request field that limits an answer. Default: `max_tokens`.",
      }),
    ),
  },
  { description: "One model." },
);

const Provider = Section("One endpoint that serves models.", {
  baseUrl: Text("Address of the endpoint, up to and including its version.", { format: "http-url" }),
  apiKey: SecretText("Key sent with every request."),
  api: OneOf(["openai-completions", "anthropic-messages"], {
    description: "What the endpoint speaks. Default: `openai-completions`.",
  }),
  headers: Type.Record(NonEmptyString, SecretText("Value of the header."), {
    description: "Headers added to every request.",
  }),
  models: Type.Array(Model, { description: "The models it serves." }),
});

export const ModelsSection = Section("The endpoints that serve models.", {
  mode: OneOf(["merge", "replace"], {
    description: "Whether `providers` adds to the known providers or replaces them. Default: `merge`.",
  }),
  providers: Type.Record(NonEmptyString, Provider, {
    description: "Endpoints by provider id, the part before the slash in `<provider>/<model>`.",
  }),
});
