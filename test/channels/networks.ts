/** Every network there is, ready to be opened against its stand-in. */
import type { Capabilities } from "../../src/channels/contract.ts";
import { createStateDir } from "../support/child.ts";
import type { BinaryHarness } from "./contract.ts";
import { openDiscord } from "./discord/harness.ts";
import { openIMessage } from "./imessage/harness.ts";
import { openSignal } from "./signal/harness.ts";
import { openSlack } from "./slack/harness.ts";
import { openTelegram } from "./telegram/harness.ts";
import { openWhatsApp } from "./whatsapp/harness.ts";

export const openNetwork: Readonly<Record<string, () => Promise<BinaryHarness>>> = {
  whatsapp: () => openWhatsApp(),
  telegram: () => openTelegram({ isRealTime: true }),
  discord: () => openDiscord(),
  slack: () => openSlack(),
  signal: () => openSignal(),
  imessage: () => openIMessage({ isRealTime: true, hasBridge: true }),
};

/** Everybody may write. */
export const everybody = { dmPolicy: "open", allowFrom: ["*"], groupPolicy: "open" };

/** A configuration with a model and these networks, open to everybody. */
export function configFor(modelUrl: string, networks: readonly BinaryHarness[], more: object = {}): object {
  return {
    models: {
      providers: {
        mock: {
          baseUrl: modelUrl,
          apiKey: "key",
          api: "openai-completions",
          models: [{ id: "m1", input: ["text", "image"] }],
        },
      },
    },
    agents: { defaults: { model: { primary: "mock/m1" } } },
    session: { dmScope: "per-channel-peer" },
    channels: Object.fromEntries(
      networks.map(({ id, settings, capabilities }) => [id, { ...everybody, ...namesOf(capabilities), ...settings }]),
    ),
    ...more,
  };
}

/** A new state folder with that configuration, and with what logins on these networks made. */
export function createStateFor(modelUrl: string, networks: readonly BinaryHarness[], more: object = {}): string {
  const stateDir = createStateDir(configFor(modelUrl, networks, more));
  for (const net of networks) net.seed?.(stateDir);
  return stateDir;
}

/** Where a network has no mentions, the agent is called by a name. */
function namesOf({ hasMentions = true }: Capabilities): object {
  return hasMentions ? {} : { mentionPatterns: ["\\bmolty\\b"] };
}

/** Resolves when it holds; throws with `what` when it does not in time. Another process is watched, so time is real. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string, ms = 20_000): Promise<void> {
  const endMs = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`did not come true in ${ms} ms: ${what}`);
    await Bun.sleep(10);
  }
}
