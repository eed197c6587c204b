/** A bare client of the protocol for tests: sends frames, keeps frames, waits for frames. Judges nothing. */

export type Frame = Record<string, unknown>;

export interface WireClient extends AsyncDisposable {
  /** Everything received after the challenge, in order. */
  frames: Frame[];
  hello: Frame;
  send(frame: unknown): void;
  /** Calls a method and resolves with the whole response frame; `nth` 2 waits for a second answer. */
  call(method: string, params?: object, nth?: number): Promise<Frame>;
  /** The first frame, past or future, that matches. */
  until(matches: (frame: Frame) => boolean): Promise<Frame>;
  closed: Promise<{ code: number; reason: string }>;
}

export interface ConnectOptions {
  url: string;
  token: string;
  protocol?: 3 | 4;
  scopes?: string[];
  caps?: string[];
  /** Changes the connect parameters before they are sent. */
  change?: (params: Frame) => Frame;
}

/** Connects as this host's backend and resolves after hello-ok; rejects with the error frame otherwise. */
export async function connect(options: ConnectOptions): Promise<WireClient> {
  const { url, token, protocol = 4, scopes = ["operator.admin"], caps = [], change = (params) => params } = options;
  const socket = new WebSocket(url);
  const frames: Frame[] = [];
  const waiting = new Set<() => void>();
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  const wake = () => {
    for (const check of [...waiting]) check();
  };
  socket.onmessage = ({ data }) => {
    frames.push(JSON.parse(String(data)));
    wake();
  };
  socket.onclose = ({ code, reason }) => {
    closed.resolve({ code, reason });
    wake();
  };
  const search = (find: () => Frame | undefined): Promise<Frame> => {
    const { promise, resolve, reject } = Promise.withResolvers<Frame>();
    const check = () => {
      const found = find();
      if (!found && socket.readyState !== WebSocket.CLOSED) return;
      waiting.delete(check);
      if (found) resolve(found);
      else reject(new Error("the socket closed before the frame came"));
    };
    waiting.add(check);
    check();
    return promise;
  };
  let lastId = 0;
  const send = (frame: unknown) => socket.send(JSON.stringify(frame));
  const call = (method: string, params: object = {}, nth = 1) => {
    const id = `t${++lastId}`;
    send({ type: "req", id, method, params });
    return search(() => frames.filter((frame) => frame["type"] === "res" && frame["id"] === id)[nth - 1]);
  };
  const until = (matches: (frame: Frame) => boolean) => search(() => frames.find(matches));
  await until((frame) => frame["event"] === "connect.challenge");
  const client = { id: "gateway-client", version: "1.0.0", platform: "linux", mode: "backend" };
  const params = {
    minProtocol: protocol,
    maxProtocol: protocol,
    client,
    role: "operator",
    scopes,
    caps,
    auth: { token },
  };
  const answer = await call("connect", change(params));
  if (answer["ok"] !== true) throw new Error(JSON.stringify(answer["error"]));
  return {
    frames,
    hello: answer["payload"] as Frame,
    send,
    call,
    until,
    closed: closed.promise,
    async [Symbol.asyncDispose]() {
      socket.close();
      await closed.promise;
    },
  };
}

/** Whether a frame is the `chat` event of a run in that state. */
export const isChat = (runId: string, state: string) => (frame: Frame) => {
  const payload = frame["payload"] as Frame | undefined;
  return frame["event"] === "chat" && payload?.["runId"] === runId && payload["state"] === state;
};
