/** What an agent says beside words: marks in its answer that ask for a quote, a voice note or a file. Pure. */

/** An answer without its marks. */
export interface ParsedAnswer {
  text: string;
  /** Files to send along, as the agent named them; whoever resolves them decides what is there. */
  media: string[];
  /** The message to quote: the one that is answered, or one of that id. */
  replyTo?: "current" | { id: string };
  /** Audio goes out as a voice note. */
  isVoice: boolean;
}

/** What an agent answers when it has nothing to say. */
const SILENCE = /^\s*NO_REPLY\s*$/;
/** A mark, or a span of code, in which there are none. */
const TAG =
  /(?<code>(`+)(?!`).*?(?<!`)\2(?!`))|\[\[\s*(?:(?<voice>audio_as_voice)|reply_to_current|reply_to:\s*(?<id>[^\]\s]{1,200}))\s*\]\]\s?/g;
const MEDIA_LINE = /^\s*MEDIA:\s*(\S.*?)\s*$/;
const FENCE = /^[\s>]*(`{3,}(?=[^`]*$)|~{3,})(.*)$/;
/** Files of one answer. */
const MAX_MEDIA = 10;

/** Called with the whole answer. Marks inside code stay what they are. */
export function parseAnswer(answer: string): ParsedAnswer {
  if (SILENCE.test(answer)) return { text: "", media: [], isVoice: false };
  const media: string[] = [];
  let replyTo: ParsedAnswer["replyTo"];
  let isVoice = false;
  let open = "";
  const lines = answer.split("\n").flatMap((line) => {
    const [, fence = "", info = ""] = FENCE.exec(line) ?? [];
    const isCode = open !== "" || fence !== "";
    // A block ends with a fence like the one it began with, or a longer one, and nothing behind it.
    if (open === "") open = fence;
    else if (fence.startsWith(open) && info.trim() === "") open = "";
    if (isCode) return [line];
    const [, ref] = MEDIA_LINE.exec(line) ?? [];
    if (ref !== undefined) {
      if (media.length < MAX_MEDIA) media.push(ref.replaceAll(/^[`"'<]+|[`"'>]+$/g, ""));
      return [];
    }
    const bare = line.replaceAll(TAG, (...found) => {
      const { code, voice, id }: Record<string, string | undefined> = found.at(-1);
      if (code !== undefined) return code;
      if (voice !== undefined) isVoice = true;
      else replyTo = id === undefined ? "current" : { id };
      return "";
    });
    return bare === "" && line !== "" ? [] : [bare];
  });
  return { text: lines.join("\n").trim(), media, isVoice, ...(replyTo === undefined ? {} : { replyTo }) };
}

/** The text of an answer that is not whole yet, as far as it can be shown: a mark that is being written is not. */
export function withoutMarks(partial: string): string {
  const { text } = parseAnswer(partial);
  return text.replace(/(?:^|\n)\s*MEDIA:?[^\n]*$|\[{1,2}[^\]\n]*\]?$|(?:^|\n)\s*NO_[A-Z]*$/, "");
}
