/** Recorded conversations of real peers of both generations, held again with this gateway. */
import { describe, expect, test } from "bun:test";
import { startModelStandin } from "../standins/model.ts";
import { FakeClock } from "../support/clock.ts";
import { startGateway } from "../support/gateway.ts";
import { deviations, type Explanation, explain, placesOf } from "./deviations.ts";
import { Player, type Stage } from "./player.ts";
import { prepare } from "./prepare.ts";
import { headersOf, scheduleOf } from "./scenes.ts";
import { Identities, type Mismatch } from "./shape.ts";
import { type Entry, isObject, type Json, type RecordedCase, recordedCase, recordedCases } from "./vectors.ts";

/** Places of deviations that explained something. */
const used = new Set<string>();
let played = 0;

/** A difference, and on which connection it was seen. */
interface Found {
  connection: string;
  mismatch: Mismatch;
}

describe("replay", () => {
  test.each(recordedCases.map((one) => [one.id, one] as const))("%s", async (_id, recorded) => {
    const { found, badResults } = await replay(recorded);
    const unexplained = found.flatMap(({ connection, mismatch }) => {
      const explanation = explain(connection, mismatch);
      if (explanation) used.add(nameOf(explanation));
      return explanation ? [] : [mismatch];
    });
    expect({ unexplained: unexplained.map(brief), badResults }).toEqual({ unexplained: [], badResults: [] });
    played++;
  });

  test("every deviation explains something that really differs", () => {
    if (played < recordedCases.length) return; // A filtered run proves nothing about the rest.
    const all = deviations.flatMap((deviation) => placesOf(deviation).map((place) => nameOf({ deviation, place })));
    expect(all.filter((name) => !used.has(name))).toEqual([]);
  });
});

async function replay(recorded: RecordedCase): Promise<{ found: Found[]; badResults: string[] }> {
  const clock = new FakeClock();
  await using model = await startModelStandin();
  await using gateway = await startGateway({ clock, config: configOf(model.url) });
  await prepare(recorded.id, gateway.url, clock);
  const stage: Stage = { url: gateway.url, ids: new Identities(), clock, model, samples: samplesOf(recorded.version) };
  const players = new Map(
    recorded.connections.map((connection) => {
      const headers = headersOf(recorded.id, connection.name);
      return [connection.name, new Player(stage, `${recorded.id}#${connection.name}`, connection, headers)];
    }),
  );
  for (const [name, until] of scheduleOf(recorded)) await players.get(name)?.play(until);
  const found: Found[] = [];
  for (const player of players.values()) {
    for (const mismatch of await player.differences()) found.push({ connection: player.id, mismatch });
  }
  return { found, badResults: gateway.badResults };
}

function nameOf({ deviation, place }: Explanation): string {
  return `${deviation.why}: ${deviation.cases} ${place}`;
}

function configOf(baseUrl: string): object {
  return {
    models: {
      providers: {
        mock: {
          baseUrl: `${baseUrl}/v1`,
          apiKey: "test-key",
          api: "openai-completions",
          models: [
            { id: "m1", name: "Mock One", reasoning: false, input: ["text"], contextWindow: 128_000, maxTokens: 4096 },
          ],
        },
      },
    },
    agents: { defaults: { model: { primary: "mock/m1" } } },
  };
}

/** Whole state events of a generation: cases after the first leave their content out. */
function samplesOf(version: 3 | 4): Map<string, Json> {
  const isHealth = (entry: Entry) => entry.dir === "s2c" && entry.frame["event"] === "health";
  const entry = recordedCase(`v${version}-handshake/connect-ok-token`).connections[0]?.log.find(isHealth);
  const payload = entry?.dir === "s2c" && isObject(entry.frame["payload"]) ? entry.frame["payload"] : null;
  return new Map(payload ? [["event(health)", payload]] : []);
}

function brief({ kind, at, recorded, live }: Mismatch): string {
  const show = (value: unknown) => (value === undefined ? "" : JSON.stringify(value).slice(0, 100));
  return `${kind} ${at}: ${show(recorded)} | ${show(live)}`;
}
