/** What this device was asked to do, for the person who is there. */
import { useState } from "preact/hooks";
import { Icon } from "../../shared/view/icon.tsx";
import type { Deed } from "../activity.ts";

/** Shown until somebody wants to see more. */
const SHORT = 3;

export function ActivityList({ deeds }: { deeds: readonly Deed[] }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? deeds : deeds.slice(0, SHORT);
  return (
    <section class="panel" aria-labelledby="activity-title">
      <h2 id="activity-title">What was asked</h2>
      {deeds.length === 0 ? (
        <p class="quiet">Nothing yet. Every photo, recording and look at the location is listed here.</p>
      ) : (
        <div role="log" aria-labelledby="activity-title">
          <ol class="deeds">
            {shown.map((deed) => (
              <li key={deed.id} class={`deed is-${deed.state}`}>
                <DeedMark state={deed.state} />
                <div class="deed-words">
                  <p>{deed.text}</p>
                  {deed.problem !== undefined && <p class="deed-problem">{deed.problem}</p>}
                </div>
                <time dateTime={new Date(deed.atMs).toISOString()}>{clockTime(deed.atMs)}</time>
              </li>
            ))}
          </ol>
        </div>
      )}
      {deeds.length > SHORT && (
        <button type="button" class="link-button" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? "Show fewer" : `Show all ${deeds.length}`}
        </button>
      )}
    </section>
  );
}

function DeedMark({ state }: { state: Deed["state"] }) {
  if (state === "running") return <span class="spinner" role="img" aria-label="Under way" />;
  return (
    <>
      <Icon name={state === "done" ? "check" : "close"} />
      <span class="sr-only">{state === "done" ? "Done:" : "Refused or failed:"}</span>
    </>
  );
}

function clockTime(atMs: number): string {
  return new Date(atMs).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}
