/**
 * kill -9 at random points of traffic: nothing is lost, nothing is there twice without a mark, every row ends
 * (design D9, threats T40). `MOLTBOT_TEST_KILLS=500` makes it as long as a release wants it.
 */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { startModelStandin } from "../standins/model.ts";
import { startChild } from "../support/child.ts";
import { createStateFor, openNetwork } from "./networks.ts";

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

/** The networks that are tried; `MOLTBOT_TEST_KILL_NETWORKS=discord,…` names others. */
const names = (process.env["MOLTBOT_TEST_KILL_NETWORKS"] ?? "telegram,slack,whatsapp").split(",");

test.each(names)(
  `threat(T40): ${KILLS} kills at random points of traffic on %s: 0 lost, 0 unmarked duplicates, every row ends`,
  async (name) => {
    await using model = await startModelStandin();
    await using network = await openNetwork[name]!();
    const stateDir = createStateFor(model.url, [network]);
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
    const say = async () => {
      const text = `message ${said.length}`;
      const isInGroup = said.length % 2 === 1;
      said.push(text);
      await network.person.says(isInGroup ? network.group : network.direct, text, { mentions: isInGroup });
    };
    {
      // Once in peace: a network without a queue of its own can only be caught up with in chats that are known.
      await using _gateway = await startChild({ stateDir });
      await network.untilConnected();
      await say();
      await say();
      await rest();
    }
    for (let kill = 0; kill < KILLS; kill++) {
      await using gateway = await startChild({ stateDir });
      if (kill > 0 && kill % KILLS_BETWEEN_RESTS === 0) await rest();
      for (let at = 0; at < BATCH; at++) await say();
      // Real time on purpose: where in its work the process dies is what varies.
      await Bun.sleep(random() * MAX_LIFE_MS);
      await gateway.kill();
    }
    await using gateway = await startChild({ stateDir });
    await rest();
    for (const secret of network.secrets) expect(gateway.output()).not.toContain(secret);

    const replies = network.received().flatMap(({ kind, text = "" }) => (kind === "text" ? [text] : []));
    using db = openDatabase();
    const marked = db.query<{ piece: string }, []>("SELECT piece FROM outbox WHERE is_maybe_duplicate = 1").all();
    // Given up after several crashes in its own turn: then its sender was told.
    const givenUp = db
      .query<{ text: string }, []>(
        `SELECT json_extract(event, '$.text') AS text FROM inbox WHERE state = 'dead'
           AND EXISTS (SELECT 1 FROM outbox WHERE inbox_id = inbox.id AND state = 'sent')`,
      )
      .all()
      .map(({ text }) => text);
    const lost = said.filter(
      (text) => !givenUp.some((given) => given.endsWith(text)) && !replies.some((reply) => reply.endsWith(text)),
    );
    const twice = said.filter((text) => {
      const times = replies.filter((reply) => reply.endsWith(text)).length;
      return times > 1 && !marked.some(({ piece }) => String(JSON.parse(piece).plainText).endsWith(text));
    });
    process.stdout.write(
      `${name}: ${KILLS} kills, ${said.length} messages: ${lost.length} lost, ${twice.length} unmarked duplicates, ${marked.length} marked, ${givenUp.length} given up and told\n`,
    );
    expect({ lost, twice }).toEqual({ lost: [], twice: [] });
    rmSync(stateDir, { recursive: true, force: true });
  },
  180_000 + KILLS * 2000,
);
