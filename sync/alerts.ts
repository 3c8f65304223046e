import type { Alert } from '../contract/alert.ts';
import { MODEL_END_DAYS } from '../contract/limits/alerts.ts';
import type { ModelEntry } from '../registry/model.ts';
import type { Drift } from './drift.ts';

const DAY_MS = 86_400_000;

/**
 * What people are to be told of a day's look: that the two do not agree, and which models end in so many days. A day that is looked
 * at twice tells twice, and one that is not looked at tells nothing of an end until the next mark.
 *
 * @param now milliseconds since 1970
 */
export function alertsOf({ changed, findings, unread }: Drift, entries: readonly ModelEntry[], now: number): Alert[] {
  const models = [...new Set([...changed, ...findings.map(({ model }) => model)])];
  const parts = [
    ...(models.length === 0 ? [] : [`To be changed or decided on: ${models.join(', ')}.`]),
    ...(unread.length === 0 ? [] : [`What could not be read: ${unread.length}.`]),
  ];
  const drift: Alert = {
    kind: 'drift',
    subject: 'Tollgate: the registry and AWS do not agree',
    text: `${parts.join(' ')} \`tollgate model sync\` shows what.`,
  };
  const ends = entries.flatMap(({ id, lifecycle: { status, sunsetAt, successor } }): Alert[] => {
    if (sunsetAt === undefined || status === 'retired' || status === 'draft') return [];
    const days = Math.ceil((sunsetAt * 1_000 - now) / DAY_MS);
    if (!MODEL_END_DAYS.includes(days)) return [];
    const then = successor === undefined ? 'No successor is named' : `Its successor is ${successor}`;
    const at = new Date(sunsetAt * 1_000).toISOString().slice(0, 10);
    return [
      { kind: 'model-end', subject: `Tollgate: ${id} ends in ${days} days`, text: `${id} ends on ${at}. ${then}.` },
    ];
  });
  return [...(parts.length === 0 ? [] : [drift]), ...ends];
}
