/** Decides which addresses of a message may become links: web and mail, nothing that runs. */

const ALLOWED = new Set(["http:", "https:", "mailto:"]);
/** Longer addresses are shown as text. */
const MAX_CHARS = 2048;

/** The normalized address, or undefined when it must stay text. Relative addresses stay text: they would be ours. */
export function safeHref(address: string): string | undefined {
  // Browsers drop control characters and spaces inside a scheme, so an address that has any is not looked at further.
  if (address.length > MAX_CHARS || /[\u0000-\u0020\u007f-\u009f\u2028\u2029]/.test(address)) return undefined;
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  // `https://bank.example@evil.example/` reads like the bank and leads to evil.
  if (url.username !== "" || url.password !== "") return undefined;
  return ALLOWED.has(url.protocol) ? url.href : undefined;
}
