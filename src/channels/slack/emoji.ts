/** Emoji by the names the network has for them. Common ones only; any other goes by its `:name:`. Pure. */

/** The first name of each is the one to send; the others are read. */
const names: Readonly<Record<string, readonly [string, ...string[]]>> = {
  "👍": ["+1", "thumbsup"],
  "👎": ["-1", "thumbsdown"],
  "❤": ["heart"],
  "🔥": ["fire"],
  "👀": ["eyes"],
  "🎉": ["tada"],
  "🤔": ["thinking_face"],
  "✅": ["white_check_mark"],
  "☑": ["ballot_box_with_check"],
  "✔": ["heavy_check_mark"],
  "❌": ["x"],
  "⚠": ["warning"],
  "❗": ["exclamation", "heavy_exclamation_mark"],
  "❓": ["question"],
  "⏳": ["hourglass_flowing_sand"],
  "⌛": ["hourglass"],
  "🙏": ["pray"],
  "👏": ["clap"],
  "👋": ["wave"],
  "🙌": ["raised_hands"],
  "👌": ["ok_hand"],
  "💪": ["muscle"],
  "🤝": ["handshake"],
  "✋": ["hand", "raised_hand"],
  "🫡": ["saluting_face"],
  "😀": ["grinning"],
  "😄": ["smile"],
  "😁": ["grin"],
  "😂": ["joy"],
  "🤣": ["rolling_on_the_floor_laughing"],
  "🙂": ["slightly_smiling_face"],
  "😉": ["wink"],
  "😊": ["blush"],
  "😍": ["heart_eyes"],
  "😎": ["sunglasses"],
  "😢": ["cry"],
  "😭": ["sob"],
  "😡": ["rage"],
  "😱": ["scream"],
  "😮": ["open_mouth"],
  "😕": ["confused"],
  "🙁": ["slightly_frowning_face"],
  "🤷": ["shrug"],
  "🤦": ["face_palm"],
  "🙈": ["see_no_evil"],
  "💯": ["100"],
  "🚀": ["rocket"],
  "⭐": ["star"],
  "🌟": ["star2"],
  "✨": ["sparkles"],
  "💡": ["bulb"],
  "🐛": ["bug"],
  "🦞": ["lobster"],
  "🤖": ["robot_face"],
  "☕": ["coffee"],
  "🍵": ["tea"],
  "🎂": ["birthday"],
  "💔": ["broken_heart"],
  "👑": ["crown"],
  "🏆": ["trophy"],
  "📌": ["pushpin"],
  "📝": ["memo", "pencil"],
  "🔒": ["lock"],
  "🔧": ["wrench"],
  "🚨": ["rotating_light"],
  "🟢": ["large_green_circle"],
  "🔴": ["red_circle"],
  "⏰": ["alarm_clock"],
  "🔁": ["repeat"],
  "🛑": ["octagonal_sign"],
};

const emojis = new Map(Object.entries(names).flatMap(([emoji, all]) => all.map((name) => [name, emoji] as const)));

/** The name to send for an emoji, or for something that is a `:name:` already; undefined when it has none here. */
export function emojiName(emoji: string): string | undefined {
  const written = /^:?([a-z0-9_+'-]{1,100}):?$/.exec(emoji)?.[1];
  // The mark that asks for a coloured picture is no part of the name, and skin tones are left out.
  return written ?? names[emoji.replaceAll(/\ufe0f|[\u{1f3fb}-\u{1f3ff}]/gu, "")]?.[0];
}

/** The emoji a name stands for; a name nobody here knows, such as a workspace's own, stays as `:name:`. */
export function emojiOf(name: string): string {
  const [bare = name] = name.split("::");
  return emojis.get(bare) ?? `:${bare}:`;
}
