/** Turns the rows of `sessions.list` into what the session picker shows. Pure. */
import { fieldsOf, listOf, textOf } from "../shared/wire.ts";

export interface SessionItem {
  key: string;
  title: string;
  /** The latest message in short. */
  preview: string;
  /** The network it lives on, when that is not this page. */
  channel: string | undefined;
}

export function sessionItems(result: unknown): SessionItem[] {
  return listOf(fieldsOf(result)["sessions"]).flatMap((row) => {
    const session = fieldsOf(row);
    const key = textOf(session["key"]);
    if (key === undefined) return [];
    const channel = textOf(session["channel"]) ?? textOf(session["lastChannel"]);
    const item: SessionItem = {
      key,
      title: titleOf(session, key),
      preview: textOf(session["lastMessagePreview"])?.replace(/\s+/g, " ") ?? "",
      channel: channel === "webchat" ? undefined : channel,
    };
    return [item];
  });
}

/** The title of a session that is not in the list yet. */
export function titleOfKey(key: string): string {
  const rest = key.replace(/^agent:[^:]*:/, "");
  if (rest === "main") return "Main";
  // Generated keys are uuids behind a word; their first characters tell them apart.
  return rest.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, (uuid) => uuid.slice(0, 8)).replaceAll(":", " · ");
}

function titleOf(session: Readonly<Record<string, unknown>>, key: string): string {
  return (
    textOf(session["label"]) ??
    textOf(session["displayName"]) ??
    textOf(session["subject"]) ??
    (session["isMain"] === true ? "Main" : undefined) ??
    textOf(session["derivedTitle"]) ??
    titleOfKey(key)
  );
}
