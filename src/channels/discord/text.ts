/** Reads the network's own text form, in which names are ids in angle brackets. Pure. */

/** What a reader knows of the account. */
export interface TextFacts {
  selfId: string;
  username: string;
  /** The bot's own role in the server, which names the bot too. */
  ownRoleId?: string;
}

/** The text as a person sees it. Mentions of others keep their form, because it is how they are mentioned back. */
export function readText(text: string, { selfId, username, ownRoleId }: TextFacts): string {
  return text.replaceAll(/<(@!?|@&|a?:\w{2,32}:)(\d{15,21})>/g, (whole, mark: string, id: string) => {
    if (mark.endsWith(":")) return mark.slice(mark.indexOf(":"));
    return id === (mark === "@&" ? ownRoleId : selfId) ? `@${username}` : whole;
  });
}
