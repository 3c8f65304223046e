import { setTimeout as after } from 'node:timers/promises';
import { type AwsJsonOptions, createAwsJson } from '../../aws/json.ts';
import { BUDGET_EVENT } from '../../contract/budget.ts';
import { EVENTS_ATTEMPTS, EVENTS_BACKOFF_MS, EVENTS_PER_REQUEST } from '../../contract/limits/budgets.ts';
import { type Clock, logLine, METRICS, type WriteLine } from '../../contract/log.ts';
import type { BudgetsOptions } from '../../metering/budgets/budgets.ts';
import { principalOf } from '../../metering/budgets/counter-names.ts';
import type { Subject } from '../../metering/budgets/quota.ts';
import type { Crossing } from '../../metering/budgets/reservation.ts';
import { formatAmount } from '../../metering/money.ts';

export interface EventsOptions extends Pick<AwsJsonOptions, 'signedAs' | 'transport' | 'url'> {
  bus: string;
  /** Whose the events are: a bus is the account's. */
  stage: string;
  clock: Clock;
  write: WriteLine;
}

interface Entry {
  Source: string;
  DetailType: string;
  Detail: string;
  EventBusName: string;
  /** Seconds since 1970. */
  Time: number;
}

/**
 * EventBridge's PutEvents (https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html).
 *
 * @returns tells of thresholds; never rejects: what could not be sent is a line and a metric, and nobody waits for it
 */
export function createAnnounce(options: EventsOptions): BudgetsOptions['announce'] {
  const { clock, write, bus, stage } = options;
  const call = createAwsJson({ ...options, service: 'events' });

  const entryOf = (crossing: Crossing, subject: Subject): Entry => ({
    Source: BUDGET_EVENT.source,
    DetailType: BUDGET_EVENT.detailType,
    Detail: JSON.stringify({ stage, ...detailOf(crossing, subject) }),
    EventBusName: bus,
    Time: clock() / 1000,
  });

  /** @returns those that EventBridge did not take */
  async function send(entries: readonly Entry[]): Promise<Entry[]> {
    let left = [...entries];
    for (let attempt = 1; left.length > 0; attempt++) {
      if (attempt > EVENTS_ATTEMPTS) return left;
      if (attempt > 1) await after(EVENTS_BACKOFF_MS * 2 ** (attempt - 2));
      left = await put(left).catch(() => left);
    }
    return left;
  }

  /** One request. @returns the entries that were not taken @throws when the service did not answer with success */
  async function put(entries: readonly Entry[]): Promise<Entry[]> {
    const { Entries = [] } = (await call('PutEvents', { Entries: entries })) as { Entries?: { ErrorCode?: string }[] };
    return entries.filter((_, i) => Entries[i]?.ErrorCode !== undefined);
  }

  return async (crossings, subject) => {
    const entries = crossings.map((crossing) => entryOf(crossing, subject));
    for (let i = 0; i < entries.length; i += EVENTS_PER_REQUEST)
      for (const { Detail } of await send(entries.slice(i, i + EVENTS_PER_REQUEST))) {
        const event = { event: 'budget-event-lost', level: 'error', detail: JSON.parse(Detail) } as const;
        write(logLine(clock(), event, { [METRICS.budgetEventLost]: 1 }));
      }
  };
}

/** What a rule's pattern may select by: names and decimals as the registry and the bill write them. */
function detailOf({ counter, percent, settled }: Crossing, { tenant }: Subject): Record<string, unknown> {
  const { budget, window, name, key } = counter;
  const { id, per, period, unit, limit, enforcement } = budget;
  return {
    tenant,
    budget: id,
    per,
    ...(per === 'principal' ? { principal: principalOf(key.sk) } : {}),
    ...(name.model === undefined ? {} : { model: name.model }),
    period,
    window: window.name,
    resetsAt: new Date(window.until).toISOString(),
    unit,
    limit,
    used: formatAmount(settled, unit),
    threshold: percent,
    enforcement,
  };
}
