/** Path data of the kit’s own icons, 20 by 20, drawn as lines. */
const ICONS = {
  menu: 'M3 5.5h14 M3 10h14 M3 14.5h14',
  close: 'M5 5l10 10 M15 5 5 15',
  plus: 'M10 4v12 M4 10h12',
  search: 'M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z M13 13l4 4',
  copy: 'M7 7h9.5v9.5H7z M4 13H3.5V3.5H13V4',
  check: 'M4 10.5 8 14.5 16 5.5',
  up: 'M10 16V4 M5 9l5-5 5 5',
  down: 'M10 4v12 M5 11l5 5 5-5',
  left: 'M12.5 4.5 7 10l5.5 5.5',
  warn: 'M10 3 18 16.5H2z M10 8v4 M10 14.2v.1',
  info: 'M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15z M10 9v5 M10 6.2v.1',
  out: 'M8 3.5H4v13h4 M8 10h9 M13.5 6.5 17 10l-3.5 3.5',
  edit: 'M4 16l.7-3.2L13.5 4l2.5 2.5-8.8 8.8z M11.8 5.7l2.5 2.5',
  more: 'M4.5 10h.1 M10 10h.1 M15.5 10h.1',
  trash: 'M4 5.5h12 M8 5.5V3.5h4v2 M5.5 5.5l.7 11h7.6l.7-11',
  refresh: 'M16.5 10a6.5 6.5 0 1 1-2-4.7 M16.5 3v3.5H13',
  download: 'M10 3v9.5 M6 9l4 4 4-4 M3.5 16.5h13',
  history: 'M10 5.5v4.5l3 2 M3.2 8A7 7 0 1 1 3 11 M3 4v4h4',
  key: 'M6.5 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z M9 11l7.5-7.5 M13 7l2.5 2.5',
  inbox: 'M3 10v6h14v-6 M3 10l2.5-6.5h9L17 10 M3 10h4.5l1 2.5h3l1-2.5H17',
} as const;

export type IconName = keyof typeof ICONS;

/** Decoration beside words; it says nothing to a screen reader. @param path of a view’s own, instead of `name` */
export function Icon({ name, path, size = 20 }: { name?: IconName; path?: string; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={path ?? (name === undefined ? '' : ICONS[name])} />
    </svg>
  );
}
