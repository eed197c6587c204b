/** Decides which addresses become links: web, mail, and the form that names a person of the network by id. */

/** Longer addresses are shown as text. */
const MAX_HREF = 2048;
const SCHEMES: ReadonlySet<string> = new Set(["http:", "https:", "mailto:"]);
const PERSON = /^tg:\/\/user\?id=\d{1,20}$/;

/** The address when it may be a link, else undefined: it stays text. */
export function safeHref(address: string): string | undefined {
  if (address.length > MAX_HREF || /[\u0000-\u0020\u007f-\u00a0\u2028\u2029"<>\\^`{}]/.test(address)) return undefined;
  if (/\p{Cf}/u.test(address) || !address.isWellFormed()) return undefined;
  if (PERSON.test(address)) return address;
  if (!URL.canParse(address)) return undefined;
  const { protocol, username, password } = new URL(address);
  // A name before the host reads like a host.
  return SCHEMES.has(protocol) && username === "" && password === "" ? address : undefined;
}
