/**
 * Silence for what the cryptographic library prints: it writes whole sessions, with their private keys, to the console
 * in ordinary use, such as the first reply to a new contact.
 */

/** Every way of printing it could take. */
const methods = ["debug", "dir", "error", "info", "log", "table", "trace", "warn"] as const;

type Print = (...values: unknown[]) => void;
/** What stands for a method while anybody needs silence; it counts them, because accounts may share a thread. */
type Silent = Print & { readonly original: Print; needs: number };

/** Nothing is printed through the console until this is disposed, and until all others of this thread are too. */
export function silence(console: Console): Disposable {
  for (const method of methods) {
    const current = console[method] as Print | Silent;
    if ("needs" in current) current.needs++;
    else console[method] = Object.assign((): void => undefined, { original: current, needs: 1 });
  }
  let isOver = false;
  return {
    [Symbol.dispose]() {
      if (isOver) return;
      isOver = true;
      for (const method of methods) {
        const current = console[method] as Print | Silent;
        if ("needs" in current && --current.needs === 0) console[method] = current.original;
      }
    },
  };
}
