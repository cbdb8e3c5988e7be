/** Small pictures, drawn here: one stroke, 16 by 16. */

const PATHS = {
  flask: "M6 2h4M7 2v4.500L3 13a1 1 0 0 0 .9 1.500h8.200A1 1 0 0 0 13 13L9 6.500V2M5 10h6",
  box: "M2.500 5 8 2l5.500 3v6L8 14l-5.500-3zM2.500 5 8 8l5.500-3M8 8v6",
  data: "M3 4c0-1 2.200-2 5-2s5 1 5 2-2.200 2-5 2-5-1-5-2zm0 0v8c0 1 2.200 2 5 2s5-1 5-2V4M3 8c0 1 2.200 2 5 2s5-1 5-2",
  gear: "M8 5.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5zM8 1.500v2M8 12.500v2M1.500 8h2M12.500 8h2M3.400 3.400l1.400 1.400M11.200 11.200l1.400 1.400M3.400 12.600l1.400-1.400M11.200 4.800l1.400-1.400",
  search: "M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9zM10.500 10.500 14 14",
  copy: "M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3",
  check: "M3 8.500 6.500 12 13 4.500",
  cross: "M4 4l8 8M12 4l-8 8",
  plus: "M8 3v10M3 8h10",
  pen: "M3 13l.7-3L10.500 3.200l2.300 2.300L6 12.300z",
  trash: "M3 4.500h10M6 4.500V3h4v1.500M4.500 4.500l.5 9h6l.5-9M6.700 7v4M9.300 7v4",
  undo: "M6 3 3 6l3 3M3 6h6.500a3.500 3.500 0 0 1 0 7H6",
  down: "M4 6l4 4 4-4",
  right: "M6 4l4 4-4 4",
  left: "M10 4 6 8l4 4",
  up: "M4 10l4-4 4 4",
  pin: "M6 2h4l-.5 4.500L12 9H4l2.500-2.500zM8 9v5",
  eye: "M1.500 8S4 3.500 8 3.500 14.500 8 14.500 8 12 12.500 8 12.500 1.500 8 1.500 8zM8 6.200a1.800 1.800 0 1 0 0 3.600 1.800 1.800 0 0 0 0-3.600z",
  "eye-off":
    "M3 3l10 10M6 4a6 6 0 0 1 2-.5c4 0 6.500 4.500 6.500 4.500s-.7 1.300-2 2.500M4 5C2.400 6.300 1.500 8 1.500 8S4 12.500 8 12.500c1 0 1.900-.3 2.700-.7",
  columns: "M2.500 3h11v10h-11zM6.200 3v10M9.800 3v10",
  table: "M2.500 3h11v10h-11zM2.500 6.300h11M2.500 9.700h11M6.500 6.300V13",
  both: "M2.500 3h11v10h-11zM8 3v10M9.500 10l1.500-3 1.500 2",
  chart: "M2.500 2.500v11h11M4.500 10.500l3-4 2.500 2 3.500-5",
  download: "M8 2.500v8M4.500 7.500 8 11l3.500-3.500M3 13.500h10",
  upload: "M8 11V3M4.500 6 8 2.500 11.500 6M3 13.500h10",
  tag: "M2.500 2.500h5l6 6-5 5-6-6zM5.200 5.200h.1",
  dots: "M3.500 8h.1M8 8h.1M12.500 8h.1",
  play: "M5 3.500 12 8l-7 4.500z",
  clock: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 5v3.500l2.500 1.500",
  user: "M8 2.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5zM3 13.500c.5-2.500 2.500-4 5-4s4.500 1.500 5 4",
  file: "M4 2h5l3 3v9H4zM9 2v3h3",
  folder: "M2 4h4.500L8 5.500h6v7H2z",
  branch:
    "M5 2.500a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3zM5 5.500v5M5 10.500a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3zM11 4.500a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3zM11 7.500c0 2-3 2-6 3",
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1.500V3M8 13v1.500M1.500 8H3M13 8h1.500M3.500 3.500l1 1M11.500 11.500l1 1M3.500 12.500l1-1M11.500 4.500l1-1",
  moon: "M13 9.500A5.500 5.500 0 0 1 6.500 3 5.500 5.500 0 1 0 13 9.500z",
  warn: "M8 2.500 14.500 13.500h-13zM8 6.500v3.500M8 11.800h.1",
  expand: "M9.500 2.500h4v4M6.500 13.500h-4v-4M13.500 2.500 9 7M2.500 13.500 7 9",
  nest: "M3 3v9h4M3 6h4M9 6h4M9 12h4",
  star: "M8 2.200l1.800 3.700 4 .6-2.900 2.800.7 4L8 11.400l-3.600 1.900.7-4L2.200 6.500l4-.6z",
  link: "M6.500 9.500l3-3M7 5l1.500-1.500a2.500 2.500 0 0 1 4 4L11 9M9 11l-1.500 1.500a2.500 2.500 0 0 1-4-4L5 7",
  keyboard: "M2 4h12v8H2zM4.500 6.500h.1M7 6.500h.1M9.500 6.500h.1M11.500 6.500h.1M5 9.500h6",
} as const;

export type IconName = keyof typeof PATHS;

export const iconPath = (name: IconName): string => PATHS[name];

/** A picture beside words, or, with a title, one that stands for them. */
export function Icon({
  name,
  title,
  size = 14,
}: {
  name: IconName;
  title?: string;
  size?: number;
}) {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === "dots" ? 2.4 : 1.4}
      strokeLinecap="round"
      strokeLinejoin="round"
      style={{ flex: "none" }}
      {...(title ? { role: "img", "aria-label": title } : { "aria-hidden": true })}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
