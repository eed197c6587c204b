/**
 * kill -9 at random points of traffic: nothing is lost, nothing is there twice without a mark, every row ends
 * (design D9, threats T40). `MOLTBOT_TEST_KILLS=500` makes it as long as a release wants it.
 */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { startModelStandin } from "../standins/model.ts";
import { ids, startSlackStandin } from "../standins/slack.ts";
import { chats, startTelegramStandin } from "../standins/telegram.ts";
import { createStateDir, startChild } from "../support/child.ts";

const KILLS = Number(process.env["MOLTBOT_TEST_KILLS"] ?? 20);
/** Messages between two kills. */
const BATCH = 5;
/** Longest time the process lives after the first message of a batch. */
const MAX_LIFE_MS = 120;
/** After so many kills everything is let come to its end: what waits in a chat stays below the limit of the inbox. */
const KILLS_BETWEEN_RESTS = 25;

/** A small generator with a seed, so that a failure can be had again. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A network, as this test uses it. */
interface Net extends AsyncDisposable {
  /** Its part of the configuration. */
  channels: object;
  /** A person, chosen by the number, writes. */
  says(index: number, text: string): void;
  replies(): string[];
  secrets: readonly string[];
}

const open = { dmPolicy: "open", allowFrom: ["*"] };
const networks: Readonly<Record<string, () => Promise<Net>>> = {
  telegram: async () => {
    const net = await startTelegramStandin({ isRealTime: true });
    const people = [net.user(chats.ada), net.user(chats.bob)];
    const { apiRoot, token: botToken } = net;
    return {
      channels: { telegram: { ...open, apiRoot, botToken, pollTimeoutSeconds: 1 } },
      says: (index, text) => people[index % people.length]?.says(text),
      replies: () => net.callsOf("sendMessage").map(({ payload }) => String(payload["text"])),
      secrets: [botToken],
      [Symbol.asyncDispose]: () => net[Symbol.asyncDispose](),
    };
  },
  slack: async () => {
    const net = await startSlackStandin();
    const { apiRoot, botToken, appToken } = net;
    return {
      channels: { slack: { ...open, groupPolicy: "open", apiRoot, botToken, appToken } },
      says: (index, text) => {
        if (index % 2 === 0) net.says(ids.adaDirect, text);
        else net.says(ids.general, text, { mentions: true });
      },
      replies: () => net.callsOf("chat.postMessage").map(({ payload }) => String(payload["text"])),
      secrets: [botToken, appToken, net.ticket],
      [Symbol.asyncDispose]: () => net[Symbol.asyncDispose](),
    };
  },
};

test.each(Object.keys(networks))(
  `threat(T40): ${KILLS} kills at random points of traffic on %s: 0 lost, 0 unmarked duplicates, every row ends`,
  async (name) => {
    await using model = await startModelStandin();
    await using network = await (networks[name] as () => Promise<Net>)();
    const stateDir = createStateDir({
      models: {
        providers: { mock: { baseUrl: model.url, apiKey: "key", api: "openai-completions", models: [{ id: "m1" }] } },
      },
      session: { dmScope: "per-channel-peer" },
      channels: network.channels,
    });
    const random = createRandom(42);
    const said: string[] = [];
    const openDatabase = () => new Database(join(stateDir, "gateway.db"), { readonly: true });
    /** Waits until every event is stored and every row has ended. */
    const rest = async () => {
      using db = openDatabase();
      const counts = () =>
        db
          .query<{ stored: number; open: number }, []>(
            `SELECT (SELECT count(*) FROM inbox) AS stored, (SELECT count(*) FROM inbox WHERE state IN ('new','running')) +
               (SELECT count(*) FROM outbox WHERE state IN ('queued','sending')) AS open`,
          )
          .get();
      for (let waited = 0; waited < 1200 && !Bun.deepEquals(counts(), { stored: said.length, open: 0 }); waited++)
        await Bun.sleep(50);
      expect(counts()).toEqual({ stored: said.length, open: 0 });
    };
    for (let kill = 0; kill < KILLS; kill++) {
      await using gateway = await startChild({ stateDir });
      if (kill > 0 && kill % KILLS_BETWEEN_RESTS === 0) await rest();
      for (let at = 0; at < BATCH; at++) {
        const text = `message ${said.length}`;
        network.says(said.length, text);
        said.push(text);
      }
      // Real time on purpose: where in its work the process dies is what varies.
      await Bun.sleep(random() * MAX_LIFE_MS);
      await gateway.kill();
    }
    await using gateway = await startChild({ stateDir });
    await rest();
    for (const secret of network.secrets) expect(gateway.output()).not.toContain(secret);

    const replies = network.replies();
    using db = openDatabase();
    const marked = db.query<{ piece: string }, []>("SELECT piece FROM outbox WHERE is_maybe_duplicate = 1").all();
    // Given up after three crashes in its own turn: then its sender was told.
    const givenUp = db
      .query<{ text: string }, []>(
        `SELECT json_extract(event, '$.text') AS text FROM inbox WHERE state = 'dead'
           AND EXISTS (SELECT 1 FROM outbox WHERE inbox_id = inbox.id AND state = 'sent')`,
      )
      .all()
      .map(({ text }) => text);
    const lost = said.filter((text) => !givenUp.includes(text) && !replies.some((reply) => reply.endsWith(text)));
    const twice = said.filter((text) => {
      const times = replies.filter((reply) => reply.endsWith(text)).length;
      return times > 1 && !marked.some(({ piece }) => String(JSON.parse(piece).plainText).endsWith(text));
    });
    console.log(
      `${name}: ${KILLS} kills, ${said.length} messages: ${lost.length} lost, ${twice.length} unmarked duplicates, ${marked.length} marked, ${givenUp.length} given up and told`,
    );
    expect({ lost, twice }).toEqual({ lost: [], twice: [] });
    rmSync(stateDir, { recursive: true, force: true });
  },
  180_000 + KILLS * 2000,
);
