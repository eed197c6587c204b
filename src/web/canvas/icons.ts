/**
 * The icons of the A2UI catalog as drawings on a grid of 24: strokes, and filled shapes where the drawing starts with
 * `!`. The published renderer names a font for them that would have to come from elsewhere.
 */

const circle = (x: number, y: number, r: number) =>
  `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;

const ring = circle(12, 12, 10);
const sheet = "M4 6h16v15H4zM4 10.5h16M8 3v4M16 3v4";
const handset = "M5 3h4l2 5-2.5 1.8a12 12 0 0 0 5.7 5.7L16 13l5 2v4a2 2 0 0 1-2.2 2A17 17 0 0 1 3 5.2 2 2 0 0 1 5 3z";
const heart = "M12 20.5S3 15 3 8.8A4.8 4.8 0 0 1 12 6.5a4.8 4.8 0 0 1 9 2.3C21 15 12 20.5 12 20.5z";
const bell = "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2h-15zM10 21.5h4";
const star = "M12 2.8l2.8 6 6.5.8-4.8 4.5 1.3 6.5L12 17.4l-5.8 3.2 1.3-6.5L2.7 9.6l6.5-.8z";
const eye = `M1.5 12S5.5 5 12 5s10.5 7 10.5 7-4 7-10.5 7S1.5 12 1.5 12z${circle(12, 12, 3)}`;
const speaker = "!M3 9v6h4l5 4.5v-15L7 9z";
const slash = "M3 3l18 18";
const dots = (...at: [number, number][]) => `!${at.map(([x, y]) => circle(x, y, 1.8)).join("")}`;

const drawings: Readonly<Record<string, readonly string[]>> = {
  accountCircle: [`${ring}${circle(12, 9.5, 3.2)}`, "M5.5 19.5c1.2-3 3.6-4.5 6.5-4.5s5.3 1.5 6.5 4.5"],
  add: ["M12 5v14M5 12h14"],
  arrowBack: ["M20 12H4M10 6l-6 6 6 6"],
  arrowForward: ["M4 12h16M14 6l6 6-6 6"],
  attachFile: [
    "M20 11.5l-8.2 8.2a5 5 0 0 1-7.1-7.1l8.5-8.5a3.4 3.4 0 0 1 4.8 4.8l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4l7.8-7.8",
  ],
  calendarToday: [sheet],
  call: [handset],
  camera: ["M3 8h4l2-3h6l2 3h4v12H3z", circle(12, 13.5, 3.5)],
  check: ["M4 12.5l5.5 5.5L20 7"],
  close: ["M6 6l12 12M18 6L6 18"],
  delete: ["M4 7h16M9 7V4h6v3M6 7l1 14h10l1-14M10 11v6M14 11v6"],
  download: ["M12 4v11M7 11l5 5 5-5M4 20h16"],
  edit: ["M4 20l1-5L16 4l4 4L9 19zM13.5 6.5l4 4"],
  event: [sheet, "!M13 14h4v4h-4z"],
  error: [ring, "M12 7v6M12 16.5v.5"],
  fastForward: ["!M3 6l8 6-8 6zM12 6l8 6-8 6z"],
  favorite: [`!${heart}`],
  favoriteOff: [heart],
  folder: ["M3 6h6l2 2.5h10V19H3z"],
  help: [ring, "M9.2 9.3a2.9 2.9 0 1 1 4.3 2.6c-1 .6-1.5 1.1-1.5 2.3M12 17v.5"],
  home: ["M3 11.5L12 4l9 7.5M5.5 9.5V20h13V9.5M10 20v-5.5h4V20"],
  info: [ring, "M12 11v6M12 7v.5"],
  locationOn: ["M12 21.5s7-6.4 7-11.9a7 7 0 1 0-14 0c0 5.5 7 11.9 7 11.9z", circle(12, 9.8, 2.5)],
  lock: ["M5 11h14v10H5zM8 11V7.5a4 4 0 0 1 8 0V11"],
  lockOpen: ["M5 11h14v10H5zM8 11V7.5a4 4 0 0 1 7.7-1.5"],
  mail: ["M3 5h18v14H3zM3 7l9 7 9-7"],
  menu: ["M4 6h16M4 12h16M4 18h16"],
  moreVert: [dots([12, 5], [12, 12], [12, 19])],
  moreHoriz: [dots([5, 12], [12, 12], [19, 12])],
  notificationsOff: [bell, slash],
  notifications: [bell],
  pause: ["!M6 5h4v14H6zM14 5h4v14h-4z"],
  payment: ["M2.5 5h19v14h-19zM2.5 10h19M6 15h4"],
  person: [circle(12, 8, 4), "M4 20.5c1-4 4.2-6 8-6s7 2 8 6"],
  phone: [handset],
  photo: ["M3 4h18v16H3zM3 17l5.5-6 4.5 5 2.5-2.5L21 19", circle(15.5, 8.5, 1.5)],
  play: ["!M7 4.5l12 7.5-12 7.5z"],
  print: ["M7 8V3h10v5M7 17H3V8h18v9h-4M7 14h10v7H7z"],
  refresh: ["M20 5v5h-5M4 19v-5h5M19 10a7.5 7.5 0 0 0-13.5-2.5M5 14a7.5 7.5 0 0 0 13.5 2.5"],
  rewind: ["!M21 6l-8 6 8 6zM12 6l-8 6 8 6z"],
  search: [circle(10.5, 10.5, 6.5), "M15.5 15.5L21 21"],
  send: ["M3 11.5L21 3l-7 18-3.5-7zM10.5 14L21 3"],
  settings: [
    `${circle(12, 12, 6.5)}${circle(12, 12, 2.6)}`,
    "M12 2.5v3M12 18.5v3M2.5 12h3M18.5 12h3M5.3 5.3l2.1 2.1M16.6 16.6l2.1 2.1M5.3 18.7l2.1-2.1M16.6 7.4l2.1-2.1",
  ],
  share: [`${circle(18, 5, 2.5)}${circle(6, 12, 2.5)}${circle(18, 19, 2.5)}`, "M8.2 10.8l7.6-4.5M8.2 13.2l7.6 4.5"],
  shoppingCart: ["M2.5 4H5l2.5 11.5h11L21 7.5H6", `${circle(9, 19.5, 1.5)}${circle(17, 19.5, 1.5)}`],
  skipNext: ["!M5 5l10 7-10 7zM17 5h3v14h-3z"],
  skipPrevious: ["!M19 5L9 12l10 7zM4 5h3v14H4z"],
  star: [`!${star}`],
  starHalf: [star, "!M12 2.8v14.6l-5.8 3.2 1.3-6.5L2.7 9.6l6.5-.8z"],
  starOff: [star],
  stop: ["!M5 5h14v14H5z"],
  upload: ["M12 16V5M7 9.5l5-5 5 5M4 20h16"],
  visibility: [eye],
  visibilityOff: [eye, slash],
  volumeDown: [speaker, "M15.5 9a4 4 0 0 1 0 6"],
  volumeMute: [speaker],
  volumeOff: [speaker, "M16 9.5l5 5M21 9.5l-5 5"],
  volumeUp: [speaker, "M15.5 9a4 4 0 0 1 0 6M18 6a8.5 8.5 0 0 1 0 12"],
  warning: ["M12 3.5L22 20.5H2zM12 10v5M12 17.5v.5"],
};

const SVG = "http://www.w3.org/2000/svg";

/** The names there are drawings for. */
export const drawnIcons: readonly string[] = Object.keys(drawings);

/** Draws an icon by its name, or a path of the agent's own; unknown names give a ring. */
export function drawIcon(name: unknown): SVGElement {
  const isOwn = typeof name === "object" && name !== null && "svgPath" in name && typeof name.svgPath === "string";
  const paths = isOwn ? [`!${name.svgPath}`] : (drawings[typeof name === "string" ? name : ""] ?? [circle(12, 12, 5)]);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "a2ui-icon");
  svg.setAttribute("aria-hidden", "true");
  for (const path of paths) {
    const isFilled = path.startsWith("!");
    const drawn = document.createElementNS(SVG, "path");
    drawn.setAttribute("d", isFilled ? path.slice(1) : path);
    drawn.setAttribute("class", isFilled ? "filled" : "stroked");
    svg.append(drawn);
  }
  return svg;
}
