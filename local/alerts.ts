import { ALERT_EVENT } from '../contract/alert.ts';
import { BUDGET_EVENT } from '../contract/budget.ts';
import type { EventRecord } from './aws/events.ts';
import type { LocalFunction } from './runtime/function.ts';

/** Attempts at an event: as Lambda makes them, without its minutes in between. */
const ATTEMPTS = 3;

/** Hands an event to the alerts' function, as the template's rule does. What cannot be delivered is a line of the log. */
export async function tell(
  alerts: Pick<LocalFunction, 'call'>,
  { id, source, detailType, detail }: EventRecord,
  note: (event: string, fields: Record<string, unknown>) => void,
): Promise<void> {
  if (source !== ALERT_EVENT.source) return;
  if (detailType !== ALERT_EVENT.detailType && detailType !== BUDGET_EVENT.detailType) return;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++)
    try {
      await alerts.call({ id, source, 'detail-type': detailType, detail }, id);
      return;
    } catch (error) {
      if (attempt === ATTEMPTS) note('alert-lost', { reason: error instanceof Error ? error.message : 'not an Error' });
    }
}
