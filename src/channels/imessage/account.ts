/**
 * Messages on a Mac, through a running `imsg rpc`: hears what it tells of new rows, speaks through its calls. The process
 * is the account's own; when it ends, so does the run, and the supervisor begins again.
 */
import { Type } from "@sinclair/typebox";
import { Lenient, Nullable } from "#schemas/primitives.ts";
import { messageOf } from "../../lib/errors.ts";
import { validator } from "../../lib/validate.ts";
import { type Account, ChannelError, type ChannelHost, type Outbound, type Self, type Sent } from "../contract.ts";
import { type AbilityName, recallAbilities } from "./abilities.ts";
import { convert } from "./convert.ts";
import { CallFailed, code, forContract } from "./errors.ts";
import { readBelow } from "./files.ts";
import { parseHandle } from "./media.ts";
import { OwnMessages, Position } from "./position.ts";
import { fetchRemote } from "./remote.ts";
import { MessageParams, type Row } from "./row.ts";
import type { Call, Notification, Rpc } from "./rpc.ts";
import { editMessage, markRead, reactTo, removeMessage, type Sender, sendMessage, showTyping } from "./send.ts";
import { Tool, type ToolSettings } from "./tool.ts";

export interface AccountSettings extends ToolSettings {
  remoteHost?: string | undefined;
  includeAttachments: boolean;
  sendReadReceipts: boolean;
  service: "auto" | "imessage" | "sms";
  region?: string | undefined;
}

/** imsg has no sign of life of its own: it is asked for something small this often. */
export const PING_MS = 30_000;
const ABILITIES = "abilities";
/** Who we are, when it is not told. */
const UNNAMED = "messages";

type Env = Record<string, string | undefined>;

const message = validator(MessageParams);
const anyRow = validator(Lenient({ message: Lenient({ id: Type.Integer() }) }));
const chats = validator(
  Lenient({ chats: Type.Array(Lenient({ account_login: Type.Optional(Nullable(Type.String())) })) }),
);

/** The contract's account. Starts nothing before its first call. */
export class IMessageAccount implements Account {
  readonly #settings: AccountSettings;
  readonly #host: ChannelHost;
  readonly #env: Env;
  readonly #tool: Tool;
  readonly #position: Position;
  readonly #own: OwnMessages;
  #abilities: readonly AbilityName[] = [];
  #rpc: Rpc | undefined;
  /** Ends the process that runs, so that another is started. */
  #restart: (() => void) | undefined;
  /** Abilities of the bridge; there when imsg said, now or in an earlier run, that it has it. */
  typing?: NonNullable<Account["typing"]>;
  read?: NonNullable<Account["read"]>;
  react?: NonNullable<Account["react"]>;
  edit?: NonNullable<Account["edit"]>;
  remove?: NonNullable<Account["remove"]>;

  constructor(settings: AccountSettings, host: ChannelHost, env: Env) {
    this.#settings = settings;
    this.#host = host;
    this.#env = env;
    this.#tool = new Tool(settings, host, env);
    this.#position = new Position(host.memory);
    this.#own = new OwnMessages(host.memory);
    this.#claim(recallAbilities(host.memory.get(ABILITIES)));
  }

  async run(): Promise<void> {
    try {
      await forContract(() => this.#serve());
    } catch (error) {
      // Whatever was under way when the account stopped fails; that is how it stops.
      if (!this.#host.signal.aborted) throw error;
    }
  }

  send(outbound: Outbound, signal: AbortSignal): Promise<Sent> {
    return forContract(async () => {
      const id = await sendMessage(this.#sender(), outbound, signal);
      this.#own.add(id);
      return { messageIds: [id] };
    });
  }

  probe(signal: AbortSignal): Promise<Self> {
    return forContract(async () => {
      if (this.#rpc) return whoAmI(this.#rpc, signal);
      await this.#tool.checkVersion(signal);
      const { program, rpc } = this.#tool.start(this.#host.signal);
      try {
        return await Promise.race([whoAmI(rpc, signal), rpc.listen(async () => undefined)]);
      } finally {
        await program.close();
      }
    });
  }

  download(handle: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
    return forContract(async () => {
      const file = parseHandle(handle);
      const { remoteHost, dbPath } = this.#settings;
      if (remoteHost === undefined) return readBelow(this.#tool.attachments, this.#tool.inHome(file.path), maxBytes);
      const { clock } = this.#host;
      return fetchRemote({ host: remoteHost, dbPath, env: this.#env, clock }, file, maxBytes, signal);
    });
  }

  async #serve(): Promise<void> {
    const { clock, signal, memory } = this.#host;
    const asking = this.#tool.abilities(signal);
    await this.#tool.checkVersion(signal).finally(() => asking);
    const abilities = await asking;
    this.#claim(abilities);
    memory.set(ABILITIES, abilities.join(" "));
    const { program, rpc } = this.#tool.start(signal);
    this.#restart = () => void program.close();
    signal.addEventListener("abort", this.#restart);
    const connectedAtMs = clock.now();
    const ping = clock.every(PING_MS, () => void this.#ping(rpc));
    try {
      const listening = rpc.listen((notification) => this.#handle(notification, connectedAtMs));
      const self = await Promise.race([this.#subscribe(rpc), listening]);
      this.#rpc = rpc;
      this.#host.connected(self);
      await listening;
    } finally {
      this.#rpc = undefined;
      ping.cancel();
      signal.removeEventListener("abort", this.#restart);
      await program.close();
    }
  }

  async #subscribe(rpc: Rpc): Promise<Self> {
    const self = await whoAmI(rpc);
    const since = this.#position.value;
    const resume = since === undefined ? {} : { since_rowid: since };
    await rpc.call("watch.subscribe", { attachments: true, include_reactions: true, ...resume });
    return self;
  }

  async #ping(rpc: Rpc): Promise<void> {
    try {
      await rpc.call("chats.list", { limit: 1 });
      this.#host.heard();
    } catch (error) {
      // Silence is judged by who counts the signs of life.
      this.#host.log.debug("imsg did not answer", { problem: error });
    }
  }

  async #handle({ method, params }: Notification, connectedAtMs: number): Promise<void> {
    if (method === "watch.overflow")
      throw new ChannelError("transient", "messages came faster than they could be stored");
    if (method === "error") throw new ChannelError("transient", "imsg cannot watch Messages any more");
    if (method !== "message") return;
    this.#host.heard();
    if (message.check(params)) return this.#take(params.message, connectedAtMs);
    this.#host.log.warn("imsg told of a message that cannot be read");
    if (anyRow.check(params)) this.#position.pass({ id: params.message.id });
  }

  async #take(row: Row, connectedAtMs: number): Promise<void> {
    if (row.is_from_me === true && row.guid) this.#own.add(row.guid);
    const hasMedia = this.#settings.includeAttachments;
    const converted = convert(row, { isOwn: (guid) => this.#own.has(guid), connectedAtMs, hasMedia });
    if ("event" in converted) {
      this.#position.begin(row);
      try {
        await this.#host.receive(converted.event);
      } catch (error) {
        throw new ChannelError("transient", `a message could not be stored: ${messageOf(error)}`, { cause: error });
      }
    } else this.#host.log.debug("a row was passed over", { rowId: row.id, reason: converted.drop });
    this.#position.pass(row);
  }

  #sender(): Sender {
    const { service, region, remoteHost } = this.#settings;
    return {
      service,
      region,
      hasReplies: this.#abilities.includes("reply"),
      isRemote: remoteHost !== undefined,
      call: (method, params, options) => this.#call(method, params, options),
    };
  }

  async #call(method: string, params: Record<string, unknown>, options: Call): Promise<unknown> {
    if (!this.#rpc) throw new CallFailed({ kind: "unwritten", reason: "it does not run" });
    try {
      return await this.#rpc.call(method, params, options);
    } catch (error) {
      const isBlocked =
        error instanceof CallFailed && error.failure.kind === "refused" && error.failure.code === code.blocked;
      // It will take no message any more; only a new one does.
      if (isBlocked) this.#restart?.();
      throw error;
    }
  }

  #claim(abilities: readonly AbilityName[]): void {
    this.#abilities = abilities;
    const able = (name: AbilityName, work: (sender: Sender) => Promise<void>) =>
      forContract(async () => {
        if (this.#abilities.includes(name)) return work(this.#sender());
        throw new ChannelError("rejected", "imsg has lost its bridge into Messages: run `imsg launch` on the Mac");
      });
    if (abilities.includes("typing"))
      this.typing = (chat, signal) => able("typing", (sender) => showTyping(sender, chat, signal));
    if (abilities.includes("read") && this.#settings.sendReadReceipts)
      this.read = (targets, signal) => able("read", (sender) => markRead(sender, targets, signal));
    if (abilities.includes("react"))
      this.react = (target, emoji, signal) => able("react", (sender) => reactTo(sender, target, emoji, signal));
    if (abilities.includes("edit"))
      this.edit = (target, outbound, signal) => able("edit", (sender) => editMessage(sender, target, outbound, signal));
    if (abilities.includes("remove"))
      this.remove = (target, signal) => able("remove", (sender) => removeMessage(sender, target, signal));
  }
}

/** The login of the chat that was busy last; imsg tells no more of who we are. */
async function whoAmI(rpc: Rpc, signal?: AbortSignal): Promise<Self> {
  const result = await rpc.call("chats.list", { limit: 1 }, signal ? { signal } : {});
  const login = chats.check(result) ? result.chats[0]?.account_login : undefined;
  return { id: login?.replace(/^[EP]:/, "") || UNNAMED };
}
