/** Plays the client's side of a recording against a gateway, and gathers what comes back next to what was recorded. */
import { createPublicKey, verify } from "node:crypto";
import { type TestKey, testKey, testKeyOf } from "../devices/keys.ts";
import { dial, type PeerSocket, type Refusal, PeerSocket as Upgraded } from "../gateway/socket.ts";
import type { ModelStandin } from "../standins/model.ts";
import type { FakeClock } from "../support/clock.ts";
import { explain } from "./deviations.ts";
import type { Stop } from "./scenes.ts";
import { align, isStateEvent, outOfOrder, type Placed, Placing, withoutRepeats } from "./sequence.ts";
import { compare, type Identities, type Mismatch } from "./shape.ts";
import { type Entry, isObject, type Json, type JsonObject, type RecordedConnection } from "./vectors.ts";

/** What all connections of a case share. */
export interface Stage {
  url: string;
  ids: Identities;
  clock: FakeClock;
  model: ModelStandin;
  /** Recorded state events of this generation, for those whose content a case leaves out. */
  samples: ReadonlyMap<string, Json>;
}

/** How long a frame that never comes is waited for; only a failing test waits at all. */
const PATIENCE_MS = 2_000;

/** What the recordings say to the model, in the words of our stand-in; all answers wait for the gate. */
const scripts: Readonly<Record<string, string>> = { "use-tool please": "use-tool", "fail-now": "fail-now" };

/** One connection while it is played. */
export class Player {
  /** The case and the name of the connection. */
  readonly id: string;
  readonly #stage: Stage;
  readonly #log: readonly Entry[];
  readonly #headers: Record<string, string> | undefined;
  readonly #recorded: Placed[] = [];
  readonly #live: Placed[] = [];
  readonly #recordedPlacing = new Placing();
  readonly #livePlacing = new Placing();
  readonly #found: Mismatch[] = [];
  #at = 0;
  #socket: PeerSocket | undefined;
  #refusal: Refusal | undefined;
  #challenge: { recorded: JsonObject; live: JsonObject } | undefined;
  #isAdmitted = false;
  #wake: () => void = () => undefined;

  constructor(stage: Stage, id: string, connection: RecordedConnection, headers?: Record<string, string>) {
    this.id = id;
    this.#stage = stage;
    this.#log = connection.log;
    this.#headers = headers;
  }

  /** Plays up to there, or to the end. */
  async play(until?: Stop): Promise<void> {
    await this.#open();
    while (this.#at < this.#log.length) {
      const entry = this.#log[this.#at++];
      if (entry === undefined) break;
      await this.#step(entry);
      if (until === undefined || !isStop(entry, until)) continue;
      return entry.dir === "s2c" ? this.#settle() : undefined;
    }
  }

  /** Everything that differs from the recording. Call it when the case was played. */
  async differences(): Promise<Mismatch[]> {
    const recorded = withoutRepeats(this.#recorded.filter((placed) => !isStateEvent(placed)));
    const live = withoutRepeats(this.#live.filter((placed) => !isStateEvent(placed)));
    const { pairs, found } = align(recorded.kept, live.kept);
    const ordered = pairs.filter((pair) => !this.#isWaived({ kind: "order", at: pair.live.label }));
    const inPlace = outOfOrder(ordered, live.kept);
    const contents = pairs.flatMap((pair) => this.#compare(pair.recorded, pair.live));
    const pieces = live.repeats.flatMap(({ of, placed }) => {
      const pair = pairs.find((one) => one.live === of);
      return pair ? this.#compare(pair.recorded, placed) : [];
    });
    const moved =
      pairs.length === ordered.length ? [] : outOfOrder(pairs, live.kept).filter((one) => this.#isWaived(one));
    return [
      ...this.#found,
      ...found,
      ...inPlace,
      ...moved,
      ...contents,
      ...pieces,
      ...this.#stateDifferences(),
      ...this.#numbering(),
    ];
  }

  async #open(): Promise<void> {
    if (this.#socket || this.#refusal) return;
    const answer = await dial(this.#stage.url, { headers: this.#headers });
    if (!(answer instanceof Upgraded)) {
      this.#refusal = answer;
      this.#onRefusal(answer);
      return;
    }
    this.#socket = answer;
    void this.#gather(answer);
  }

  /** Reads as long as there is something to read. */
  async #gather(socket: PeerSocket): Promise<void> {
    for (;;) {
      const text = await socket.next().catch(() => undefined);
      if (text === undefined) return this.#wake();
      const frame: JsonObject = JSON.parse(text);
      if (frame["event"] === "connect.challenge") this.#onChallenge(frame);
      else this.#live.push(this.#livePlacing.place(frame));
      this.#wake();
    }
  }

  #onRefusal({ status, body }: Refusal): void {
    const recorded = this.#log.find((entry) => entry.dir === "http");
    if (recorded?.dir !== "http") {
      this.#found.push({ kind: "http", at: "upgrade", live: { status, body } });
      this.#at = this.#log.length;
      return;
    }
    if (recorded.status !== status)
      this.#found.push({ kind: "http", at: "upgrade.status", recorded: recorded.status, live: status });
    if (recorded.body !== body)
      this.#found.push({ kind: "http", at: "upgrade.body", recorded: recorded.body, live: body });
  }

  #onChallenge(live: JsonObject): void {
    const entry = this.#log.find((one) => one.dir === "s2c" && one.frame["event"] === "connect.challenge");
    if (entry?.dir !== "s2c") return;
    this.#found.push(...compare(entry.frame, live, "event(connect.challenge)", this.#stage.ids));
    if (isObject(entry.frame["payload"]) && isObject(live["payload"])) {
      this.#challenge = { recorded: entry.frame["payload"], live: live["payload"] };
    }
  }

  async #step(entry: Entry): Promise<void> {
    switch (entry.dir) {
      case "s2c":
        if (entry.frame["event"] !== "connect.challenge") this.#expect(entry.frame);
        return;
      case "c2s":
        await this.#settle();
        await this.#untilRepeatable(entry);
        return this.#say(entry);
      case "close":
        await this.#settle(true);
        return this.#end(entry);
      case "http":
        if (this.#socket) this.#found.push({ kind: "http", at: "upgrade", recorded: entry, live: "101" });
        return;
      default:
        return;
    }
  }

  #expect(frame: JsonObject): void {
    if (frame["type"] === "res" && isObject(frame["payload"]) && frame["payload"]["type"] === "hello-ok")
      this.#isAdmitted = true;
    this.#recorded.push(this.#recordedPlacing.place(frame));
  }

  /** Waits for what was recorded up to here, apart from what is known not to come. */
  async #settle(isEnd = false): Promise<void> {
    if (this.#isChallengeDue()) await this.#until(() => this.#challenge !== undefined);
    const { kept } = withoutRepeats(this.#recorded.filter((placed) => !isStateEvent(placed)));
    const due = kept.filter(({ label }) => !this.#isWaived({ kind: "missing", at: label }));
    // An abort that is told in its own time must not hold up what is said next.
    const isLate = ({ label }: Placed) =>
      label === "event(chat aborted)" && this.#isWaived({ kind: "order", at: label });
    const wanted = isEnd ? due : due.filter((placed) => !isLate(placed));
    // The model answers no faster than the recorded one did: what came before its words comes before them here.
    const firstWord = wanted.findIndex(({ label }) => label === "event(agent assistant)");
    const lastWord = wanted.findIndex(({ label }) => label === "event(chat final)" || label.endsWith(" again)"));
    if (firstWord >= 0) {
      await this.#untilAll(wanted.slice(0, firstWord));
      this.#stage.model.gate.release(4);
    }
    if (lastWord >= 0) {
      await this.#untilAll(wanted.slice(0, lastWord).filter(({ label }) => label.startsWith("res(")));
      this.#stage.model.gate.open();
    }
    await this.#untilAll(wanted);
    this.#learn(wanted);
  }

  /** Waits until each of these has come as often as it is named. */
  #untilAll(wanted: readonly Placed[]): Promise<void> {
    return this.#until(() => {
      const left = this.#live.map(({ key }) => key);
      return wanted.every(({ key }) => {
        const at = left.indexOf(key);
        if (at >= 0) left.splice(at, 1);
        return at >= 0;
      });
    });
  }

  /** Finds out which ids correspond, before they are used in what is said next. */
  #learn(recorded: readonly Placed[]): void {
    for (const { recorded: one, live } of align(recorded, this.#live).pairs) this.#compare(one, live);
  }

  /** A request that was recorded as the repeat of one that had ended comes after its run has ended here. */
  async #untilRepeatable(entry: Entry & { dir: "c2s" }): Promise<void> {
    if (!("frame" in entry) || !isObject(entry.frame) || !isObject(entry.frame["params"])) return;
    const { id, params } = entry.frame;
    const answer = this.#log.find((one) => one.dir === "s2c" && one.frame["id"] === id);
    const payload = answer?.dir === "s2c" && isObject(answer.frame["payload"]) ? answer.frame["payload"] : {};
    if (!["ok", "error", "timeout"].includes(String(payload["status"])) || params["idempotencyKey"] === undefined)
      return;
    const ends = new Set(["event(chat final)", "event(chat error)", "event(chat aborted)"]);
    const isEnd = ({ label, frame }: Placed) =>
      ends.has(label) && isObject(frame["payload"]) && frame["payload"]["runId"] === params["idempotencyKey"];
    await this.#until(() => this.#live.some(isEnd));
  }

  #isChallengeDue(): boolean {
    return this.#log
      .slice(0, this.#at)
      .some((entry) => entry.dir === "s2c" && entry.frame["event"] === "connect.challenge");
  }

  /** Waits for frames until they suffice, the connection ends, or patience does: then the comparison will tell. */
  async #until(isEnough: () => boolean): Promise<void> {
    const late = AbortSignal.timeout(PATIENCE_MS);
    while (!isEnough() && this.#socket?.isOpen && !late.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        late.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  async #say(entry: Entry & { dir: "c2s" }): Promise<void> {
    if (!this.#socket?.isOpen) return;
    if ("text" in entry) return this.#socket.send(entry.text);
    if ("textBytes" in entry) return this.#socket.send(blownUp(entry));
    const recorded = "decoded" in entry ? entry.decoded : entry.frame;
    if (isObject(recorded) && typeof recorded["method"] === "string") {
      this.#recordedPlacing.asked(recorded["id"], recorded["method"]);
      this.#livePlacing.asked(recorded["id"], recorded["method"]);
    }
    const text = JSON.stringify(this.#renew(recorded));
    this.#socket.send("decoded" in entry ? Buffer.from(text) : text);
    if (isObject(recorded)) await this.#passWait(recorded);
  }

  /** A wait that was recorded as ending with its time ends when the clock is turned. */
  async #passWait({ id, params, method }: JsonObject): Promise<void> {
    const isAnswer = (entry: Entry) => {
      if (entry.dir !== "s2c" || entry.frame["id"] !== id) return false;
      const payload = isObject(entry.frame["payload"]) ? entry.frame["payload"] : {};
      if (method === "agent.wait") return payload["status"] === "timeout";
      if (method === "exec.approval.request") return payload["decision"] === null && this.id.startsWith("v3");
      return (
        method === "node.invoke" &&
        String(entry.frame["error"] && JSON.stringify(entry.frame["error"])).includes("TIMEOUT")
      );
    };
    if (!this.#log.some(isAnswer) || !isObject(params)) return;
    await this.#stage.clock.waitsFor(Number(params["timeoutMs"]));
    this.#stage.clock.advance(Number(params["timeoutMs"]));
  }

  async #end({ code, reason }: Entry & { dir: "close" }): Promise<void> {
    const socket = this.#socket;
    if (!socket) return;
    const isByClient = (code === 1000 && this.#isAdmitted) || code === 1005;
    if (isByClient) {
      // Presence is told at most once a second.
      this.#stage.clock.advance(1_000);
      await this.#untilState();
      if (socket.isOpen) return void (await socket.close(1000));
    } else {
      const isKnownToStay = this.#isWaived({ kind: "close", at: "close" });
      await this.#until(() => isKnownToStay || !socket.isOpen);
      if (socket.isOpen) {
        this.#found.push({ kind: "close", at: "close", recorded: { code, reason }, live: "open" });
        return void (await socket.close(1000));
      }
    }
    const closing = await socket.closed;
    const wanted = Buffer.from(this.#stage.ids.translateCut(reason)).subarray(0, 120).toString();
    if (closing.code !== code)
      this.#found.push({ kind: "close", at: "close.code", recorded: code, live: closing.code });
    if (closing.reason !== wanted)
      this.#found.push({ kind: "close", at: "close.reason", recorded: wanted, live: closing.reason });
  }

  async #untilState(): Promise<void> {
    const wanted = new Set(this.#recorded.filter(isStateEvent).map(({ label }) => label));
    const due = [...wanted].filter((label) => !this.#isWaived({ kind: "missing", at: label }));
    await this.#until(() => due.every((label) => this.#live.some((placed) => placed.label === label)));
  }

  /** State events come when they come: each kind recorded comes at least once, each that comes is like one recorded. */
  #stateDifferences(): Mismatch[] {
    const recorded = this.#recorded.filter(isStateEvent);
    const live = this.#live.filter(isStateEvent);
    const labels = new Set([...recorded, ...live].map(({ label }) => label));
    return [...labels].flatMap((label): Mismatch[] => {
      const known = recorded.filter((placed) => placed.label === label);
      const came = live.filter((placed) => placed.label === label);
      if (known.length === 0) return [{ kind: "extra", at: label, live: came[0]?.frame }];
      if (came.length === 0) return [{ kind: "missing", at: label, recorded: known[0]?.frame }];
      return came.flatMap((placed) => this.#compare(known[0] ?? placed, placed));
    });
  }

  /** Events are numbered from one without gaps, and so is what happens in a run as far as v4 sees it. */
  #numbering(): Mismatch[] {
    const events = this.#live.filter(({ frame }) => frame["type"] === "event" && frame["seq"] !== undefined);
    const wrong = events.findIndex(({ frame }, index) => frame["seq"] !== index + 1);
    const found: Mismatch[] = wrong < 0 ? [] : [{ kind: "order", at: "seq", live: events[wrong]?.frame }];
    const latest = new Map<unknown, number>();
    for (const { frame, label } of this.#live) {
      const { payload } = frame;
      if (frame["event"] !== "agent" || !isObject(payload)) continue;
      const seq = Number(payload["seq"]);
      if (seq <= (latest.get(payload["runId"]) ?? 0))
        found.push({ kind: "order", at: `${label}.payload.seq`, live: seq });
      latest.set(payload["runId"], seq);
    }
    return found;
  }

  #compare(recorded: Placed, live: Placed): Mismatch[] {
    const sample = this.#stage.samples.get(recorded.label);
    const { payload } = recorded.frame;
    const isOmitted = isObject(payload) && "__omitted" in payload;
    const frame: Json = isOmitted && sample !== undefined ? { ...recorded.frame, payload: sample } : recorded.frame;
    return compare(frame, live.frame, live.label, this.#stage.ids);
  }

  #isWaived(mismatch: Mismatch): boolean {
    return explain(this.id, mismatch) !== undefined;
  }

  /** The recorded frame with the ids of this connection, and with a proof made anew. */
  #renew(frame: Json): Json {
    const text = this.#stage.ids.translate(JSON.stringify(frame));
    const renewed: Json = JSON.parse(text);
    if (!isObject(renewed) || !isObject(renewed["params"])) return renewed;
    const { params } = renewed;
    if (renewed["method"] === "connect") return { ...renewed, params: this.#renewConnect(params, frame) };
    const { message } = params;
    const isQuestion = typeof message === "string" && !message.startsWith("/") && renewed["method"] !== "chat.inject";
    if (!isQuestion || !["chat.send", "agent", "sessions.send"].includes(String(renewed["method"]))) return renewed;
    return { ...renewed, params: { ...params, message: scripts[message] ?? "slow-reply" } };
  }

  #renewConnect(params: JsonObject, recorded: Json): JsonObject {
    const { device } = params;
    if (!isObject(device) || !this.#challenge) return params;
    const old = isObject(recorded) && isObject(recorded["params"]) ? recorded["params"]["device"] : undefined;
    if (!isObject(old)) return params;
    const key = testKeyOf(String(old["id"]).toLowerCase());
    const signer = key ?? (String(old["id"]).startsWith("0000") ? testKey("k1") : testKey("k-node"));
    const signedAt =
      Number(old["signedAt"]) - Number(this.#challenge.recorded["ts"]) + Number(this.#challenge.live["ts"]);
    const known =
      key || String(old["id"]).startsWith("0000")
        ? device
        : { ...device, id: signer.deviceId, publicKey: signer.publicKey };
    const proof = { ...known, signedAt };
    return { ...params, device: { ...proof, signature: this.#sign(signer, old, { ...params, device: proof }) } };
  }

  /** Signs as the recording did: what its note says, unless the recorded signature does not fit that. */
  #sign(key: TestKey, old: JsonObject, params: JsonObject): string {
    const note = this.#log.find((entry) => entry.dir === "note");
    const noted = note?.dir === "note" ? note.text.replace("device signature payload: ", "") : undefined;
    const signature = String(old["signature"]);
    if (Buffer.from(signature, "base64url").length !== 64) return signature;
    const fields = (noted ?? plainPayload(params, this.id)).split("|");
    const isOther = noted !== undefined && !isSignedBy(key, withProof(fields, old), signature);
    if (isOther) fields[5] = "operator.read";
    const { device, auth } = params;
    if (isObject(auth)) fields[7] = String(auth["token"] ?? auth["deviceToken"] ?? "");
    const renewed = key.sign(withProof(fields, isObject(device) ? device : {}));
    return /[+/=]/.test(signature) ? Buffer.from(renewed, "base64url").toString("base64") : renewed;
  }
}

/** Whether this is the line up to which a connection is played. */
function isStop(entry: Entry, until: Stop): boolean {
  if (typeof until === "string")
    return entry.dir === "s2c" && entry.frame["type"] === "res" && entry.frame["id"] === until;
  if ("sent" in until)
    return entry.dir === "c2s" && "frame" in entry && isObject(entry.frame) && entry.frame["id"] === until.sent;
  return (
    entry.dir === "s2c" &&
    entry.frame["event"] === "chat" &&
    isObject(entry.frame["payload"]) &&
    entry.frame["payload"]["state"] === until.chat
  );
}

/** A signed text with the time and the nonce of a proof. */
function withProof(fields: readonly string[], { signedAt, nonce }: JsonObject): string {
  const [version] = fields;
  return fields
    .map((field, at) => (at === 6 ? String(signedAt) : at === 8 && version !== "v1" ? String(nonce) : field))
    .join("|");
}

/** What a client of that generation signs, where the recording has no note of it. */
function plainPayload(params: JsonObject, id: string): string {
  const { client, device, role, scopes } = params;
  if (!isObject(client) || !isObject(device)) return "";
  const names = Array.isArray(scopes) ? scopes.join(",") : "";
  const head = ["v2", device["id"], client["id"], client["mode"], role ?? "operator", names, "", "", ""];
  if (id.startsWith("v3")) return head.join("|");
  return [
    "v3",
    ...head.slice(1),
    String(client["platform"] ?? "").toLowerCase(),
    String(client["deviceFamily"] ?? "").toLowerCase(),
  ].join("|");
}

function isSignedBy(key: TestKey, payload: string, signature: string): boolean {
  const jwk = { kty: "OKP", crv: "Ed25519", x: key.publicKey };
  return verify(
    null,
    Buffer.from(payload),
    createPublicKey({ key: jwk, format: "jwk" }),
    Buffer.from(signature, "base64url"),
  );
}

/** A recorded text of which only the beginning and the size were kept: it is filled up as it was. */
function blownUp({ textBytes, textPreview }: { textBytes: number; textPreview: string }): string {
  const head = textPreview.replace(/x+$/, "");
  const tail = '"}}';
  return head + "x".repeat(textBytes - head.length - tail.length) + tail;
}
