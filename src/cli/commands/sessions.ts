/** `moltbot sessions`. */
import type { SessionRow } from "#schemas/sessions.ts";
import { wholeNumber } from "../cli.ts";
import { defineBranch, defineLeaf } from "../command.ts";
import { usageError } from "../exit-codes.ts";
import { parseObjectOption } from "../json5-option.ts";
import { cleanLine, formatAge } from "../terminal.ts";

const key = { type: "positional", required: true, description: "key of the session, for example main" } as const;
const yes = { type: "boolean", description: "do not ask" } as const;

const list = defineLeaf({
  name: "list",
  summary: "List sessions, the latest first",
  args: {
    limit: { type: "string", valueHint: "N", description: "how many" },
    agent: { type: "string", valueHint: "ID", description: "of this agent only" },
    search: { type: "string", valueHint: "TEXT", description: "with this in key, label or name" },
  },
  async run(args, cli) {
    const limit = wholeNumber("limit", args.limit, 1);
    const found = await cli.call<{ sessions: SessionRow[]; totalCount?: number }>("sessions.list", {
      includeDerivedTitles: true,
      ...(limit === undefined ? {} : { limit }),
      ...(args.agent === undefined ? {} : { agentId: args.agent }),
      ...(args.search === undefined ? {} : { search: args.search }),
    });
    const nowMs = cli.io.clock.now();
    const rows = found.sessions.map(({ key: name, label, derivedTitle, displayName, updatedAt, model, status }) => [
      name,
      status === "running" ? "now" : updatedAt === null ? "-" : formatAge(nowMs - updatedAt),
      model ?? "-",
      label ?? displayName ?? derivedTitle ?? "",
    ]);
    const columns = [
      { title: "SESSION", isFlexible: true },
      { title: "USED" },
      { title: "MODEL", isFlexible: true },
      { title: "TITLE", isFlexible: true },
    ];
    cli.print(found, () => (rows.length ? cli.table(columns, rows) : "no sessions yet: moltbot agent --message hello"));
  },
});

const preview = defineLeaf({
  name: "preview",
  summary: "Show the last messages of a session",
  args: { key, limit: { type: "string", valueHint: "N", description: "how many messages" } },
  async run(args, cli) {
    const limit = wholeNumber("limit", args.limit, 1);
    const result = await cli.call<{ previews: { status: string; items: { role: string; text: string }[] }[] }>(
      "sessions.preview",
      {
        keys: [args.key],
        ...(limit === undefined ? {} : { limit }),
      },
    );
    const [found] = result.previews;
    cli.print(result, () => {
      if (!found || found.status === "missing") return `no session is called ${cleanLine(args.key)}`;
      return (
        found.items
          .map(({ role, text }) => `${cli.paint("cyan", cleanLine(role).padEnd(9))} ${cleanLine(text)}`)
          .join("\n") || "empty"
      );
    });
    return found?.status === "missing" ? 1 : 0;
  },
});

const patch = defineLeaf({
  name: "patch",
  summary: "Change settings of a session; an empty value clears one",
  args: {
    key,
    label: { type: "string", valueHint: "TEXT", description: "its name" },
    model: { type: "string", valueHint: "PROVIDER/MODEL", description: "model that answers" },
    thinking: { type: "string", valueHint: "LEVEL", description: "off, minimal, low, medium or high" },
    "send-policy": { type: "string", valueHint: "POLICY", description: "allow or deny" },
    params: { type: "string", valueHint: "JSON5", description: "any other settings, as sessions.patch takes them" },
  },
  async run(args, cli) {
    const { label, model, thinking, "send-policy": sendPolicy, params } = args;
    const named = { label, model, thinkingLevel: thinking, sendPolicy };
    const given = Object.entries(named).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value || null]],
    );
    const others = params === undefined ? {} : parseObjectOption("params", params);
    const settings: Record<string, unknown> = { ...others, ...Object.fromEntries(given) };
    if (Object.keys(settings).length === 0) usageError("say what to change, for example --label TEXT");
    const result = await cli.call<{ key: string }>("sessions.patch", { ...settings, key: args.key });
    cli.print(result, () => `${cleanLine(result.key)}: changed ${Object.keys(settings).join(", ")}`);
  },
});

const reset = defineLeaf({
  name: "reset",
  summary: "Start a session afresh; the old transcript is kept",
  args: { key, yes },
  async run(args, cli) {
    await cli.confirm(`Start ${cleanLine(args.key)} afresh?`, args.yes === true);
    const result = await cli.call<{ key: string }>("sessions.reset", { key: args.key });
    cli.print(result, () => `${cleanLine(result.key)}: starts afresh`);
  },
});

const remove = defineLeaf({
  name: "delete",
  summary: "Remove a session from the list",
  args: { key, yes },
  async run(args, cli) {
    await cli.confirm(`Remove ${cleanLine(args.key)}?`, args.yes === true);
    const result = await cli.call<{ key: string; deleted: boolean }>("sessions.delete", { key: args.key });
    cli.print(result, () => `${cleanLine(result.key)}: ${result.deleted ? "removed" : "there is no such session"}`);
    return result.deleted ? 0 : 1;
  },
});

const compact = defineLeaf({
  name: "compact",
  summary: "Hide all but the last messages of a session from its agent",
  args: { key, keep: { type: "string", valueHint: "N", description: "messages to keep" } },
  async run(args, cli) {
    const maxLines = wholeNumber("keep", args.keep, 1);
    const result = await cli.call<{ key: string; compacted: boolean; kept?: number; reason?: string }>(
      "sessions.compact",
      {
        key: args.key,
        ...(maxLines === undefined ? {} : { maxLines }),
      },
    );
    const { compacted, kept, reason } = result;
    cli.print(
      result,
      () =>
        `${cleanLine(result.key)}: ${compacted ? `kept ${kept ?? 0} messages` : `left as it is${reason ? ` (${reason})` : ""}`}`,
    );
  },
});

export const sessions = defineBranch({
  name: "sessions",
  summary: "List and change sessions",
  default: "list",
  children: {
    list: async () => list,
    preview: async () => preview,
    patch: async () => patch,
    reset: async () => reset,
    delete: async () => remove,
    compact: async () => compact,
  },
});
