/** What the renderer leaves out of its fields: names for who cannot see, and patience with who has not begun. */

const FIELDS = "a2ui-basic-textfield, a2ui-datetimeinput, a2ui-slider, a2ui-checkbox, a2ui-choicepicker";
const LABELS = "a2ui-basic-textfield > label, .a2ui-date-time-label, .a2ui-slider-label";

/** Sliders of at most this way move in hundredths. */
const FINE_RANGE = 2;

/** Keeps the fields below an element named and marked, also those that come later. */
export function tendFields(holder: HTMLElement): void {
  const name = () => {
    for (const label of holder.querySelectorAll(LABELS))
      for (const field of label.closest(FIELDS)?.querySelectorAll("input, textarea") ?? [])
        if (field.getAttribute("aria-label") !== label.textContent)
          field.setAttribute("aria-label", label.textContent ?? "");
  };
  const tend = () => {
    name();
    for (const slider of holder.querySelectorAll<HTMLInputElement>("input.a2ui-slider")) refine(slider);
  };
  new MutationObserver(tend).observe(holder, { childList: true, subtree: true, characterData: true });
  tend();
  // Errors are shown once a field was left or changed.
  const mark = ({ target }: Event) => {
    if (target instanceof Element) target.closest(FIELDS)?.setAttribute("data-touched", "");
  };
  holder.addEventListener("focusout", mark);
  holder.addEventListener("change", mark);
}

/** Whole steps are too coarse for a short way, such as from 0 to 1. */
function refine(slider: HTMLInputElement): void {
  const isShort = Number(slider.max) - Number(slider.min) <= FINE_RANGE;
  if (!isShort || slider.step !== "") return;
  slider.step = "0.01";
  // What the coarse steps made of the value.
  const shown = slider.closest("a2ui-slider")?.querySelector(".a2ui-slider-value")?.textContent;
  if (shown) slider.value = shown;
}
