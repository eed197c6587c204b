/** The few icons of the page, drawn in the text's color. Decorative: what they mean is said in words beside them. */

const paths = {
  menu: "M4 7h16M4 12h16M4 17h16",
  plus: "M12 5v14M5 12h14",
  send: "M12 19V5M5.5 11.5 12 5l6.5 6.5",
  stop: "M8 8h8v8H8z",
  copy: "M9 9h10v11H9zM6 15H5V4h10v2",
  check: "m5 12.5 4.5 4.5L19 7.5",
  down: "M12 5v14m-6-6 6 6 6-6",
  close: "M6 6l12 12M18 6 6 18",
  tool: "m5 8 4 4-4 4m7 1h7",
  chevron: "m9 6 6 6-6 6",
  alert: "M12 8v5m0 3.2v.1M12 3.5 2.8 19.5h18.4z",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}

/** The mark of the product. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="9" />
      <path d="M8 21.5c0-6.6 3.5-11 8-11s8 4.4 8 11" />
      <path class="logo-inner" d="M12.4 21.5c0-3.6 1.5-6 3.6-6s3.6 2.4 3.6 6" />
    </svg>
  );
}
