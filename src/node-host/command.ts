/** What a command of a node is, whoever implements it. */

/** Does one command. Resolves with its payload; throws what `failure.ts` makes of what the gateway is to be told. */
export type Command = (params: unknown, signal: AbortSignal) => Promise<unknown>;
