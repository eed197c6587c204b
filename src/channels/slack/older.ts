/** Settings of older files in the keys all networks share. Pure. */
import { isJson, type Json } from "./json.ts";

/** Turns `channels.<id>` with `allow`, `users` and the rest into `groups.<id>`. What is in `groups` already wins. */
export function modernize(section: Json): Json {
  const { channels, ...rest } = section;
  if (!isJson(channels)) return section;
  const groups = Object.entries(channels).map(([id, channel]) => [id, isJson(channel) ? toGroup(channel) : channel]);
  return { ...rest, groups: { ...Object.fromEntries(groups), ...(isJson(rest["groups"]) ? rest["groups"] : {}) } };
}

const kept = ["requireMention", "systemPrompt"] as const;

function toGroup(channel: Json): Json {
  const isOff = channel["allow"] === false || channel["enabled"] === false;
  return {
    ...Object.fromEntries(kept.filter((key) => key in channel).map((key) => [key, channel[key]])),
    ...(channel["users"] === undefined ? {} : { allowFrom: channel["users"] }),
    ...(isOff ? { enabled: false } : {}),
  };
}
