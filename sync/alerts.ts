import type { Alert } from '../contract/alert.ts';
import type { Drift } from './drift.ts';

/** What people are to be told of a day's look: that the two do not agree. A day that is looked at twice tells twice. */
export function alertsOf({ changed, findings, unread }: Drift): Alert[] {
  const models = [...new Set([...changed, ...findings.map(({ model }) => model)])];
  const parts = [
    ...(models.length === 0 ? [] : [`To be changed or decided on: ${models.join(', ')}.`]),
    ...(unread.length === 0 ? [] : [`What could not be read: ${unread.length}.`]),
  ];
  if (parts.length === 0) return [];
  return [
    {
      kind: 'drift',
      subject: 'Tollgate: the registry and AWS do not agree',
      text: `${parts.join(' ')} \`tollgate model sync\` shows what.`,
    },
  ];
}
