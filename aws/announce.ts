import { ALERT_EVENT, type Alert } from '../contract/alert.ts';
import { EVENTS_PER_REQUEST } from '../contract/limits/budgets.ts';
import { type AwsJsonOptions, createAwsJson } from './json.ts';

/**
 * Puts what people are to be told onto the stage's event bus, where the rule of the alerts takes it, and any other rule may.
 *
 * @returns throws when not all of it was taken: whoever tells tries again
 */
export function createAnnounceAlert(
  options: Omit<AwsJsonOptions, 'service' | 'maxBytes'> & { bus: string; stage: string },
): (alerts: readonly Alert[]) => Promise<void> {
  const call = createAwsJson({ ...options, service: 'events' });
  return async (alerts) => {
    for (let i = 0; i < alerts.length; i += EVENTS_PER_REQUEST) {
      const Entries = alerts.slice(i, i + EVENTS_PER_REQUEST).map((alert) => ({
        Source: ALERT_EVENT.source,
        DetailType: ALERT_EVENT.detailType,
        Detail: JSON.stringify({ stage: options.stage, ...alert }),
        EventBusName: options.bus,
        Time: options.clock() / 1000,
      }));
      const answer = await call('PutEvents', { Entries });
      if (answer.FailedEntryCount !== 0) throw new Error('the event bus did not take every alert');
    }
  };
}
