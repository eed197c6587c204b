/** Reads the network's own text form: `<…>` for what is more than text, and three escaped characters. Pure. */

/** What a reader knows of the account. */
export interface TextFacts {
  selfUserId: string;
  username: string;
}

/** The text as a person sees it. Mentions of others keep their form, because it is how they are mentioned back. */
export function readText(text: string, facts: TextFacts): string {
  const plain = text.replaceAll(/<([^<>]+)>/g, (whole, inner: string) => readToken(whole, inner, facts));
  return plain.replaceAll(/&(lt|gt|amp);/g, (_whole, name: "lt" | "gt" | "amp") => characters[name]);
}

/** Whether the text names the user; the network escapes what people merely type. */
export function mentions(text: string, userId: string): boolean {
  return text.includes(`<@${userId}>`) || text.includes(`<@${userId}|`);
}

const characters = { lt: "<", gt: ">", amp: "&" } as const;

function readToken(whole: string, inner: string, { selfUserId, username }: TextFacts): string {
  const at = inner.indexOf("|");
  const target = at < 0 ? inner : inner.slice(0, at);
  const label = at < 0 ? "" : inner.slice(at + 1);
  switch (target[0]) {
    case "@":
      return target === `@${selfUserId}` ? `@${username}` : whole;
    case "#":
      return label === "" ? whole : `#${label}`;
    case "!":
      return label !== "" ? label : `@${target.slice(1).split("^")[0]}`;
  }
  const address = target.replace(/^mailto:/, "");
  return label === "" || label === address || target.endsWith(`//${label}`) ? address : `${label} (${address})`;
}
