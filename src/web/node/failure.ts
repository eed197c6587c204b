/** Why a command was not done, in the codes that nodes use (`protocol/nodes.md` section 6). */

/** What a node answers instead of a result. The message begins with the code: callers of v3 see the message only. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  readonly code: string;
  constructor(code: string, text: string) {
    super(`${code}: ${text}`);
    this.code = code;
  }
}

/** Ends a command with a failure. */
export function refuse(code: string, text: string): never {
  throw new CommandFailure(code, text);
}

/** What went wrong as a failure; what nobody foresaw is `UNAVAILABLE` in its own words. */
export function asFailure(error: unknown): CommandFailure {
  if (error instanceof CommandFailure) return error;
  return new CommandFailure("UNAVAILABLE", error instanceof Error ? error.message : "unknown failure");
}

/** The name of a failure of the browser, for example `NotAllowedError`. */
export function browserErrorOf(error: unknown): string {
  return error instanceof DOMException || error instanceof Error ? error.name : "";
}
