/** The forms in which ids are compared. Ids are what the network assigned; names never come here. */

/** Kinds of things that are not people: an entry of this kind in a list of people matches nobody. */
const CHAT_PREFIX = /^(?:group|channel|chat|room|thread|topic|guild|team):/;
/** A phone number as people write it. */
const PHONE = /^\+[\d\s().-]+$/;

/**
 * The compared form of an id that came from the network: trimmed, ASCII letters in lower case. Nothing is stripped from
 * it, because a stranger may be able to choose an id that reads like a prefixed one; and no other letters are folded,
 * because some (the Kelvin sign) fold to ASCII ones.
 */
export function idKey(id: string): string {
  return id.trim().replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** The compared form of what a person wrote into a list of people; undefined when it can match nobody. */
export function personEntry(entry: string, prefixes: readonly string[]): string | undefined {
  const id = idKey(withoutPrefixes(idKey(entry), [...prefixes, "user"]));
  if (id === "" || CHAT_PREFIX.test(id)) return undefined;
  return PHONE.test(id) ? `+${id.replaceAll(/\D/g, "")}` : id;
}

/** The compared form of what a person wrote as the id of a chat; undefined when it is none. */
export function chatEntry(entry: string, prefixes: readonly string[]): string | undefined {
  const id = withoutPrefixes(idKey(entry), [...prefixes, "group", "channel"]);
  return id === "" || id.startsWith("user:") ? undefined : id;
}

/** Two rounds: the network, then the kind of thing. */
function withoutPrefixes(id: string, prefixes: readonly string[]): string {
  let rest = id;
  for (let round = 0; round < 2; round++) {
    const found = prefixes.find((prefix) => rest.startsWith(`${prefix}:`));
    if (found !== undefined) rest = rest.slice(found.length + 1).trim();
  }
  return rest;
}
