/** Reads settings as older files have them: servers and their channels in `guilds`. Pure. */

type Json = Record<string, unknown>;

/**
 * Puts `guilds` of a channel or an account into the record of chats all networks share, under the ids of servers and
 * channels; what is said in `groups` itself wins. Names of servers and channels are kept as they are and match nothing,
 * because anybody may take a name (threats T24): what they were to open stays closed.
 */
export function modernize({ guilds, ...section }: Json): Json {
  const written = recordOf(guilds);
  if (written === undefined) return guilds === undefined ? section : { ...section, guilds };
  // In older files a server or channel without `users` is open to everybody in it; newer ones may have a list for all.
  const everybody = section["groupAllowFrom"] === undefined ? { allowFrom: ["*"] } : {};
  const groups: Json = {};
  for (const [id, guild] of Object.entries(written))
    Object.assign(groups, chatsOf(id, { ...recordOf(guild) }, everybody));
  return { ...section, groups: { ...groups, ...recordOf(section["groups"]) } };
}

/** A server that lists channels is listened to in those only. `*` among them is every channel of the server. */
function chatsOf(guildId: string, guild: Json, everybody: Json): Json {
  const own = { ...everybody, ...settingsOf(guild) };
  const channels = recordOf(guild["channels"]);
  if (channels === undefined) return { [guildId]: { enabled: true, ...own } };
  const every = recordOf(channels["*"]);
  const chats: Json = {
    [guildId]: every === undefined ? { ...own, enabled: false } : { enabled: true, ...own, ...settingsOf(every) },
  };
  for (const [id, written] of Object.entries(channels)) {
    if (id === "*") continue;
    const channel = recordOf(written) ?? (written === true ? {} : { enabled: false });
    chats[id] = { enabled: true, ...own, ...settingsOf(channel) };
  }
  return chats;
}

function settingsOf({ requireMention, users, allow, enabled = allow, systemPrompt }: Json): Json {
  const allowFrom = Array.isArray(users) && users.length > 0 ? users : undefined;
  const all: Json = { requireMention, allowFrom, enabled, systemPrompt };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function recordOf(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}
