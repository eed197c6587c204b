/**
 * Measures dist/moltbot against bench/floor.ts in one run and fails when a budget is missed.
 *
 *   bun run bench            all measures
 *   bun run bench start      those whose name contains the word
 */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { signedPayload } from "../src/devices/identity.ts";

const root = join(import.meta.dir, "..");
const moltbot = join(root, "dist", "moltbot");
const TOKEN = "bench-secret-of-32-characters-000";
const work = mkdtempSync(join(tmpdir(), "moltbot-bench-"));
const floor = join(work, "floor");

interface Running {
  pid: number;
  url: string;
  end(): Promise<void>;
}

/** A measure of one program; smaller is better. */
interface Measure {
  name: string;
  unit: string;
  /** Largest allowed ratio to the floor, or largest allowed difference. */
  budget: { ratio: number } | { extra: number };
  runs: number;
  take(binary: string): Promise<number>;
}

Bun.spawnSync([
  process.execPath,
  "build",
  "--compile",
  "--minify",
  "--bytecode",
  "--format=esm",
  join(import.meta.dir, "floor.ts"),
  "--outfile",
  floor,
]);

async function start(binary: string, stateDir = mkdtempSync(join(work, "state-"))): Promise<Running> {
  const env = { PATH: "/usr/bin:/bin", HOME: stateDir, MOLTBOT_STATE_DIR: stateDir, MOLTBOT_GATEWAY_TOKEN: TOKEN };
  const child = Bun.spawn([binary, ...(binary === moltbot ? ["gateway", "--port", "0"] : [])], {
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
  });
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const line = text.split("\n").find((one) => one.includes('"the gateway listens"'));
    if (!line?.endsWith("}")) continue;
    const end = async () => {
      child.kill();
      await child.exited;
    };
    return { pid: child.pid, url: JSON.parse(line).url, end };
  }
  throw new Error(`${binary} did not start: ${text}`);
}

/** Seconds of processor time a process has used. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function memoryMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
}

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const rawKey = publicKey.export({ format: "der", type: "spki" }).subarray(12);
const deviceId = createHash("sha256").update(rawKey).digest("hex");

interface Client {
  socket: WebSocket;
  call(method: string, params?: object): Promise<void>;
  events: { count: number; onEvent?: () => void };
}

/** Connects and resolves after hello-ok. */
function connect(url: string, isSigned = false): Promise<Client> {
  const socket = new WebSocket(url);
  const { promise, resolve, reject } = Promise.withResolvers<Client>();
  const waiting = new Map<string, () => void>();
  const events: Client["events"] = { count: 0 };
  let lastId = 0;
  const call = (method: string, params: object = {}): Promise<void> => {
    const id = String(++lastId);
    socket.send(JSON.stringify({ type: "req", id, method, params }));
    return new Promise((done) => waiting.set(id, done));
  };
  socket.onmessage = ({ data }) => {
    const text = String(data);
    if (text.startsWith('{"type":"res"')) {
      const id = /"id":"([^"]+)"/.exec(text)?.[1] ?? "";
      if (text.includes('"ok":false')) reject(new Error(text));
      waiting.get(id)?.();
      waiting.delete(id);
    } else if (text.includes("connect.challenge")) {
      const { nonce, ts } = JSON.parse(text).payload;
      const client = { id: "gateway-client", version: "1", platform: "linux", mode: "backend" } as const;
      const params = {
        minProtocol: 4,
        maxProtocol: 4,
        client,
        role: "operator",
        scopes: ["operator.admin"],
        auth: { token: TOKEN },
      };
      const fields = { client, role: "operator", scopes: params.scopes, token: TOKEN };
      const payload = signedPayload("v3", deviceId, ts, fields, nonce);
      const signature = sign(null, Buffer.from(payload), privateKey).toString("base64url");
      const proof = { id: deviceId, publicKey: rawKey.toString("base64url"), signature, signedAt: ts, nonce };
      const isFloor = !text.includes("ts") || url === floorUrl;
      const device = isSigned ? { device: isFloor ? { ...proof, payload } : proof } : {};
      call("connect", { ...params, ...device }).then(() => resolve({ socket, call, events }), reject);
    } else {
      events.count++;
      events.onEvent?.();
    }
  };
  socket.onerror = () => reject(new Error("the socket failed"));
  return promise;
}

let floorUrl = "";
/** A state folder that has seen a start: the first one makes the database. */
const warmState = mkdtempSync(join(work, "warm-"));
await (await start(moltbot, warmState)).end();

/** Runs something against a started program and gives what it used per unit, in microseconds of its processor. */
async function cpuPer(
  binary: string,
  prepare: (url: string) => Promise<{ units: number; work: () => Promise<void>; close: () => void }>,
): Promise<number> {
  const running = await start(binary);
  if (binary === floor) floorUrl = running.url;
  const { units, work: run, close } = await prepare(running.url);
  await run(); // Warm: compiled code, filled caches.
  const before = cpuSeconds(running.pid);
  await run();
  const used = cpuSeconds(running.pid) - before;
  close();
  await running.end();
  return (used * 1e6) / units;
}

const calls = (method: string, count: number) => (binary: string) =>
  cpuPer(binary, async (url) => {
    const client = await connect(url);
    const work = async () => {
      let left = count;
      const worker = async () => {
        while (left-- > 0) await client.call(method);
      };
      await Promise.all(Array.from({ length: 64 }, worker));
    };
    return { units: count, work, close: () => client.socket.close() };
  });

const fanOut = (receivers: number, count: number) => (binary: string) =>
  cpuPer(binary, async (url) => {
    const clients = await Promise.all(Array.from({ length: receivers }, () => connect(url)));
    const [speaker] = clients;
    if (!speaker) throw new Error("no client");
    const work = async () => {
      const goal = (clients.at(-1)?.events.count ?? 0) + count;
      for (let sent = 0; sent < count; sent++) await speaker.call("health", { probe: true });
      await Promise.all(
        clients.map(
          ({ events }) =>
            new Promise<void>((done) => {
              const check = () => events.count >= goal && done();
              events.onEvent = check;
              check();
            }),
        ),
      );
    };
    return {
      units: receivers * count,
      work,
      close: () => {
        for (const { socket } of clients) socket.close();
      },
    };
  });

const measures: readonly Measure[] = [
  {
    name: "spawn to hello-ok",
    unit: "ms",
    budget: { ratio: 2 },
    runs: 9,
    async take(binary) {
      const began = performance.now();
      const running = await start(binary, warmState);
      const client = await connect(running.url);
      const tookMs = performance.now() - began;
      client.socket.close();
      await running.end();
      return tookMs;
    },
  },
  {
    name: "idle memory",
    unit: "MB",
    budget: { extra: 25 },
    runs: 3,
    async take(binary) {
      const running = await start(binary);
      const client = await connect(running.url);
      client.socket.close();
      await Bun.sleep(1500);
      const used = memoryMb(running.pid);
      await running.end();
      return used;
    },
  },
  { name: "health, 64 in flight", unit: "µs", budget: { ratio: 2 }, runs: 3, take: calls("health", 100_000) },
  {
    name: "system-presence, 64 in flight",
    unit: "µs",
    budget: { ratio: 2 },
    runs: 3,
    take: calls("system-presence", 100_000),
  },
  { name: "status, 64 in flight", unit: "µs", budget: { ratio: 3 }, runs: 3, take: calls("status", 50_000) },
  {
    name: "sessions.list, 64 in flight",
    unit: "µs",
    budget: { ratio: 3 },
    runs: 3,
    take: calls("sessions.list", 50_000),
  },
  { name: "fan-out to 100", unit: "µs", budget: { ratio: 1.3 }, runs: 3, take: fanOut(100, 1000) },
  { name: "fan-out to 1000", unit: "µs", budget: { ratio: 1.3 }, runs: 3, take: fanOut(1000, 200) },
  {
    name: "signed handshake",
    unit: "µs",
    budget: { ratio: 1.6 },
    runs: 3,
    take: (binary) =>
      cpuPer(binary, async (url) => ({
        units: 2000,
        work: async () => {
          for (let at = 0; at < 2000; at += 20) {
            const clients = await Promise.all(Array.from({ length: 20 }, () => connect(url, true)));
            for (const { socket } of clients) socket.close();
          }
        },
        close: () => undefined,
      })),
  },
];

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const wanted = process.argv[2] ?? "";
let missed = 0;
console.log(
  `${cpus()[0]?.model.trim()}, ${cpus().length} cores; medians; binary ${Math.round(statSync(moltbot).size / 2 ** 20)} MB, floor ${Math.round(statSync(floor).size / 2 ** 20)} MB`,
);
for (const { name, unit, budget, runs, take } of measures.filter((measure) => measure.name.includes(wanted))) {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let run = 0; run < runs; run++) {
    theirs.push(await take(floor));
    ours.push(await take(moltbot));
  }
  const [own, least] = [median(ours), median(theirs)];
  const allowed = "ratio" in budget ? least * budget.ratio : least + budget.extra;
  const text =
    "ratio" in budget
      ? `${(own / least).toFixed(2)}x, budget ${budget.ratio}x`
      : `+${(own - least).toFixed(1)}, budget +${budget.extra}`;
  const isMet = own <= allowed;
  if (!isMet) missed++;
  console.log(
    `${isMet ? "ok    " : "MISSED"} ${name.padEnd(30)} ${own.toFixed(1)} ${unit}, floor ${least.toFixed(1)} ${unit}: ${text} (${runs} runs)`,
  );
}
rmSync(work, { recursive: true, force: true });
process.exit(missed ? 1 : 0);
