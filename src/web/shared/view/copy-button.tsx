/** Copies a text and says for a moment that it did. */
import { useEffect, useState } from "preact/hooks";
import { browserClock } from "../platform.ts";
import { Icon } from "./icon.tsx";

/** How long "Copied" stays. */
const SHOWN_MS = 1_600;

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [outcome, setOutcome] = useState<"idle" | "copied" | "failed">("idle");
  useEffect(() => {
    if (outcome === "idle") return;
    const timer = browserClock.after(SHOWN_MS, () => setOutcome("idle"));
    return () => timer.cancel();
  }, [outcome]);
  const words = { idle: label, copied: "Copied", failed: "Select and copy by hand" }[outcome];
  return (
    <button
      type="button"
      class="copy-button"
      onClick={() => void copy(text).then((isDone) => setOutcome(isDone ? "copied" : "failed"))}
    >
      <Icon name={outcome === "copied" ? "check" : "copy"} />
      <span aria-live="polite">{words}</span>
    </button>
  );
}

/** The clipboard interface exists in secure contexts only; elsewhere the old command still works. */
async function copy(text: string): Promise<boolean> {
  if (navigator.clipboard !== undefined) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "sr-only";
  document.body.append(field);
  field.select();
  const isDone = document.execCommand("copy");
  field.remove();
  return isDone;
}
