import { TollgateError } from '../../../contract/errors.ts';
import { formatMoney } from '../../../metering/money.ts';
import type { Events } from '../../call.ts';
import type { Sold } from '../../costs.ts';
import type { Exchange } from '../../exchange.ts';
import { USAGE_HEADER } from './usage.ts';

/** What an answer's usage says beside its counts. */
export type PricedUsage = {
  /** US dollars, an exact decimal; null: what was used has no price, or none could be read in time. */
  cost: string | null;
};

/**
 * An exchange whose answer's cost is known when it has ended: what the ledger will say of all attempts at its call, at the prices
 * that are in force now.
 *
 * @param asked the header's value
 * @returns `usage` tells of an answer in one piece once it is there, of a stream once its events have ended
 * @throws TollgateError `invalid_request` for what is not `cost`
 */
export function priced(exchange: Exchange, asked: string): { exchange: Exchange; usage: () => PricedUsage } {
  if (asked.toLowerCase() !== 'cost')
    throw new TollgateError('invalid_request', {
      field: USAGE_HEADER,
      reason: 'unknown-value',
      message: `The header ${USAGE_HEADER} must be cost.`,
    });
  const records: Sold[] = [];
  let cost: string | null = null;
  const settle = async (): Promise<void> => {
    try {
      const costs = await exchange.costs();
      const money = (await costs(records))(records);
      cost = money === undefined ? null : formatMoney(money);
    } catch {
      // The model has answered: that its price cannot be read takes nothing away from that.
    }
  };
  const usage = (): PricedUsage => ({ cost });
  return {
    exchange: {
      ...exchange,
      async run(call) {
        const answer = await exchange.run({ ...call, ended: (record) => records.push(record) });
        if (answer.kind === 'stream') return { ...answer, events: endedAfter(answer.events, settle) };
        await settle();
        return answer;
      },
    },
    usage,
  };
}

/** The same events, which end when the promise has settled that is made after the last one. */
function endedAfter(events: Events, last: () => Promise<void>): Events {
  return {
    [Symbol.asyncIterator]() {
      const iterator = events[Symbol.asyncIterator]();
      return {
        async next() {
          const result = await iterator.next();
          if (result.done === true) await last();
          return result;
        },
        return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
      };
    },
  };
}
