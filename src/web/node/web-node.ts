/**
 * The node behind the page: one line to the gateway, what this browser lends, the commands it does, and what a person
 * sees of it. Whoever shows it subscribes and reads `state`, which is replaced and never changed in place.
 */

import { deadline } from "../../lib/clock.ts";
import type { Shelf } from "../shared/credentials.ts";
import type { ConnectionState } from "../shared/gateway.ts";
import { type Fields, fieldsOf, GatewayFailure, type Hello, textOf } from "../shared/wire.ts";
import { Activity, type Deed } from "./activity.ts";
import { Canvas } from "./canvas/canvas.ts";
import { cameraCommands } from "./capture/camera.ts";
import { type ScreenShare, screenCommands } from "./capture/screen.ts";
import { asFailure } from "./failure.ts";
import { Invocations } from "./invocations.ts";
import { type Lend, type LendName, Lends, type Permits } from "./lends.ts";
import { type Approval, Line, type LineOptions } from "./line.ts";
import { locationCommands } from "./location.ts";
import { type Notice, Notices } from "./notices.ts";
import { noTalk, Talk, type TalkState } from "./talk.ts";

export interface NodeState {
  connection: ConnectionState;
  /** A connection existed before, so that losing it leaves the page on the screen. */
  wasConnected: boolean;
  /** Another tab of this browser is the node; this one rests. */
  isElsewhere: boolean;
  approval: Approval;
  lends: readonly Lend[];
  deeds: readonly Deed[];
  notices: readonly Notice[];
  canvas: { isShown: boolean; label: string };
  talk: TalkState;
}

export interface NodeOptions extends Omit<LineOptions, "claims"> {
  permits: Permits;
  share: ScreenShare;
  /** Where the person's choices are kept. */
  shelf: Shelf;
  origin: string;
}

/** What an answer has besides its payload: the frame around it, and the quotes in it. */
const ENVELOPE_CHARS = 4_096;
/** Changes of what this node can do come in bursts; they are told together. */
const SETTLE_MS = 500;
/** How long opening the canvas by hand may take. */
const OPEN_MS = 10_000;

export class WebNode {
  readonly line: Line;
  readonly lends: Lends;
  readonly canvas: Canvas;
  readonly share: ScreenShare;
  readonly deviceId: string;
  readonly #options: NodeOptions;
  readonly #activity: Activity;
  readonly #notices: Notices;
  readonly #talk: Talk;
  readonly #invocations: Invocations;
  readonly #listeners = new Set<() => void>();
  #state: NodeState;
  #maxPayloadBytes = Number.POSITIVE_INFINITY;
  /** What was claimed in the connection at hand. */
  #claimed = "";
  #isSettling = false;
  #isElsewhere = false;

  constructor(options: NodeOptions) {
    const { clock, permits, share, shelf, origin, identity } = options;
    this.#options = options;
    this.deviceId = identity.deviceId;
    this.share = share;
    const onChange = () => this.#publish();
    const maxChars = () => this.#maxPayloadBytes - ENVELOPE_CHARS;
    this.lends = new Lends({
      permits,
      shelf,
      onChange: () => {
        this.#publish();
        this.#followClaims();
      },
    });
    this.#activity = new Activity({ now: () => clock.now(), onChange });
    this.#notices = new Notices({ lends: this.lends, onChange });
    this.canvas = new Canvas({
      lends: this.lends,
      clock,
      origin,
      maxChars,
      onChange,
      freshUrl: () => this.#freshCanvasUrl(),
      sendTap: (payload) => this.#sendTap(payload),
    });
    const capture = { lends: this.lends, clock, maxChars };
    this.#invocations = new Invocations({
      clock,
      commands: new Map([
        ...this.canvas.commands,
        ...cameraCommands(capture),
        ...screenCommands(share, capture),
        ...locationCommands(this.lends),
        ...this.#notices.commands,
      ]),
      witness: this.#activity,
      answer: (result) => this.#answer(result),
    });
    this.line = new Line(
      { ...options, claims: () => this.#claim() },
      {
        onState: onChange,
        onConnected: (hello) => this.#onConnected(hello),
        onDisconnected: () => this.#invocations.endAll(),
        onInvoke: (request) => {
          if (request["nodeId"] === this.deviceId) this.#invocations.take(request);
        },
        onCancel: (id) => this.#invocations.cancel(id),
        onChat: (payload) => this.#talk.hear(payload),
      },
    );
    this.#talk = new Talk({
      nodeId: this.deviceId,
      tell: (event, payload) => this.line.tell(event, payload),
      onChange,
    });
    this.#state = {
      connection: this.line.state,
      wasConnected: false,
      isElsewhere: false,
      approval: this.line.approval,
      lends: [],
      deeds: [],
      notices: [],
      canvas: { isShown: false, label: "" },
      talk: noTalk,
    };
  }

  get state(): NodeState {
    return this.#state;
  }

  /** Calls `listener` after every change until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Looks at the browser and connects. */
  async start(): Promise<void> {
    await this.lends.refresh();
    this.line.start();
  }

  stop(): void {
    this.line.stop();
  }

  /** The page is looked at again, the network is back, or the page came out of the browser's cache. */
  comeBack(): void {
    if (!this.#isElsewhere) this.line.comeBack();
  }

  /** Another tab of this browser is the node now, or this one is again. */
  rest(isElsewhere: boolean): void {
    this.#isElsewhere = isElsewhere;
    if (isElsewhere) {
      this.share.stop();
      this.line.stop();
    } else this.line.start();
    this.#publish();
  }

  useToken(token: string): void {
    this.line.useToken(token);
  }

  retryNow(): void {
    this.line.retryNow();
  }

  turn(name: LendName, isOn: boolean): void {
    if (name === "screen" && !isOn) this.share.stop();
    if (name === "canvas" && !isOn) this.canvas.show(false);
    this.lends.turn(name, isOn);
  }

  /** Opens the canvas for the person here. */
  async openCanvas(): Promise<void> {
    try {
      await this.canvas.open(deadline(this.#options.clock, OPEN_MS));
    } catch (error) {
      this.canvas.show(false);
      this.#notices.add("The canvas could not be opened", asFailure(error).message);
    }
  }

  dismissNotice(id: number): void {
    this.#notices.dismiss(id);
  }

  /** Says something to the agent. */
  say(text: string): void {
    void this.#talk.say(text);
  }

  #onConnected(hello: Hello): void {
    this.#maxPayloadBytes = hello.maxPayloadBytes;
    this.canvas.connected(hello.canvasUrl);
    this.#talk.connected();
  }

  #claim(): Fields {
    const claims = this.lends.claims();
    this.#claimed = JSON.stringify(claims);
    return claims;
  }

  /** What the node can do is said when it connects: after a change it connects anew, when nothing is under way. */
  #followClaims(): void {
    const hasChanged = () => this.#claimed !== "" && JSON.stringify(this.lends.claims()) !== this.#claimed;
    if (this.#isSettling || !hasChanged()) return;
    this.#isSettling = true;
    this.#options.clock.after(SETTLE_MS, () => {
      this.#isSettling = false;
      if (!hasChanged()) return;
      if (this.#invocations.isIdle) this.line.reintroduce();
      else this.#followClaims();
    });
  }

  #answer(result: Fields): void {
    const { payloadJSON } = result;
    const isTooLong =
      typeof payloadJSON === "string" && payloadJSON.length > this.#maxPayloadBytes - ENVELOPE_CHARS / 2;
    const { id, nodeId } = result;
    const error = { code: "UNAVAILABLE", message: "UNAVAILABLE: the answer is larger than the gateway takes" };
    const sent = isTooLong ? { id, nodeId, ok: false, error } : result;
    this.line.request("node.invoke.result", sent).catch((reason: unknown) => {
      // The connection went away; whoever asked has heard of that.
      if (!(reason instanceof GatewayFailure)) throw reason;
      console.info("an answer did not reach the gateway", reason.message);
    });
  }

  async #freshCanvasUrl(): Promise<string> {
    const answer = fieldsOf(await this.line.request("node.pluginSurface.refresh", { surface: "canvas" }));
    const url = textOf(fieldsOf(answer["pluginSurfaceUrls"])["canvas"]);
    if (url === undefined) throw new GatewayFailure("UNAVAILABLE", "the gateway gave no address of the canvas");
    return url;
  }

  async #sendTap(payload: unknown): Promise<string | undefined> {
    try {
      return await this.line.tell("canvas.a2ui.action", fieldsOf(payload));
    } catch (error) {
      if (error instanceof GatewayFailure) return error.message;
      throw error;
    }
  }

  #publish(): void {
    // Parts tell of their changes while the whole is still being made.
    if (this.#state === undefined) return;
    this.#state = {
      connection: this.line.state,
      wasConnected: this.line.wasConnected,
      isElsewhere: this.#isElsewhere,
      approval: this.line.approval,
      lends: this.lends.list,
      deeds: this.#activity.deeds,
      notices: this.#notices.list,
      canvas: { isShown: this.canvas.isShown, label: this.canvas.label },
      talk: this.#talk.state,
    };
    for (const listener of this.#listeners) listener();
  }
}
