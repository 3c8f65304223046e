import type { Difference } from './difference.ts';
import type { Plain } from './items.ts';

/** Characters up to which both sides of a change are told whole. */
const WHOLE_MAX_CHARS = 80;

/** Characters of what is the same that stay beside what is not, so that a reader finds the place. */
const AROUND_CHARS = 12;

/**
 * A difference for a reader: `actions invoke, stream → invoke`. What is long is told without what both sides have in common;
 * what differs is never cut.
 */
export function differenceText({ path, before, after }: Difference): string {
  if (before === undefined) return `+ ${path} ${valueText(after)}`;
  if (after === undefined) return `- ${path} ${valueText(before)}`;
  const [old, now] = [valueText(before), valueText(after)];
  if (Math.max(old.length, now.length) <= WHOLE_MAX_CHARS) return `${path} ${old} → ${now}`;
  if (Array.isArray(before) && Array.isArray(after)) {
    const changed = [...without(after, before, '+'), ...without(before, after, '-')];
    if (changed.length > 0) return `${path} ${changed.join(', ')}`;
  }
  return `${path} ${apart(old, now).join(' → ')}`;
}

/** A value of a document in words: no quotes and no braces where they say nothing. */
export function valueText(value: Plain | undefined): string {
  if (value === undefined || value === null || value === '') return 'none';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(inner).join(', ');
  const members = Object.entries(value);
  return members.length === 0 ? 'none' : members.map(([name, one]) => `${name} ${inner(one)}`).join(', ');
}

function inner(value: Plain): string {
  const text = valueText(value);
  return value !== null && typeof value === 'object' ? `{${text}}` : text;
}

function without(list: readonly Plain[], other: readonly Plain[], sign: string): string[] {
  const known = new Set(other.map(inner));
  return list.map(inner).flatMap((text) => (known.has(text) ? [] : [`${sign}${text}`]));
}

/** Two texts without what they begin and end with alike. */
function apart(one: string, other: string): [string, string] {
  const most = Math.min(one.length, other.length);
  let head = 0;
  while (head < most && one[head] === other[head]) head++;
  let tail = 0;
  while (tail < most - head && one.at(-1 - tail) === other.at(-1 - tail)) tail++;
  const from = Math.max(0, head - AROUND_CHARS);
  const after = Math.max(0, tail - AROUND_CHARS);
  const shown = (text: string): string => {
    const middle = text.slice(from, text.length - after);
    return `${from > 0 ? '…' : ''}${middle.toWellFormed()}${after > 0 ? '…' : ''}`;
  };
  return [shown(one), shown(other)];
}
