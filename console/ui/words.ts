/** Numbers and dates as they are shown. The page speaks English; the time zone is the reader’s. */

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
const LARGE = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const SMALL = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const SAME_YEAR = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const OTHER_YEAR = new Intl.DateTimeFormat('en-GB', {
  ...{ day: 'numeric', month: 'short', year: 'numeric' },
  ...{ hour: '2-digit', minute: '2-digit' },
});

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** @returns undefined for what is no date */
export function instant(at: string | number): Date | undefined {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** `29 Nov, 21:25`; with the year where it is another. */
export function moment(date: Date, now = new Date()): string {
  return (date.getFullYear() === now.getFullYear() ? SAME_YEAR : OTHER_YEAR).format(date);
}

/** `3 minutes ago`, `in 2 days`, `now`. */
export function since(date: Date, now = new Date()): string {
  const seconds = (date.getTime() - now.getTime()) / 1000;
  for (const [unit, length] of STEPS)
    if (Math.abs(seconds) >= length) return RELATIVE.format(Math.round(seconds / length), unit);
  return 'now';
}

/** From now on: `in 2 s`, `in 1 hour`. */
export function within(seconds: number): string {
  return seconds < 60 ? `in ${seconds} s` : since(new Date(seconds * 1000), new Date(0));
}

/** US dollars: `$1,234.50`, `$0.00012`: of what is small three digits that say something. */
export function amount(usd: string | number): string {
  const value = Number(usd);
  if (!Number.isFinite(value)) return String(usd);
  const size = Math.abs(value);
  // Cents are written as cents.
  const small = SMALL.format(size).length > '0.00'.length;
  const text = (size < 1 && small ? SMALL : LARGE).format(size);
  return `${value < 0 ? '−' : ''}$${text}`;
}

/** `12,345` */
export function count(value: number | string): string {
  const number = Number(value);
  return Number.isFinite(number) ? WHOLE.format(number) : String(value);
}
