/** The few icons of the pages, drawn in the text's color. Decorative: what they mean is said in words beside them. */

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
  canvas: "M4 5h16v11H4zM9 20h6m-3-4v4",
  camera: "M4 8h3l1.5-2.5h7L17 8h3v11H4zm8 9a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7",
  microphone: "M12 14a3 3 0 0 0 3-3V7a3 3 0 0 0-6 0v4a3 3 0 0 0 3 3m-6-3a6 6 0 0 0 12 0m-6 6v3",
  screen: "M4 5h16v11H4zM8.5 20h7m-6-9.5L12 8l2.5 2.5M12 8v5",
  location: "M12 21s-6.5-5.6-6.5-11a6.5 6.5 0 0 1 13 0c0 5.4-6.5 11-6.5 11m0-8.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5",
  notify: "M6 17V11a6 6 0 0 1 12 0v6zm-1.5 0h15M10 20h4",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8m0-13v2m0 14v2M3 12h2m14 0h2M5.6 5.6 7 7m10 10 1.4 1.4m0-12.8L17 7M7 17l-1.4 1.4",
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
