import type { DynamoDBClient, UpdateItemCommand, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import type { Budget } from '../../../../contract/budget.ts';
import { BUDGETS_MAX, COUNTER_REMOVALS_MAX } from '../../../../contract/limits/budgets.ts';
import { MODEL_ID_MAX_CHARS } from '../../../../contract/limits/contract.ts';
import type { Change } from '../../../../metering/budgets/change.ts';
import { totalAttribute } from '../../../../metering/budgets/counter-names.ts';
import { createCounters } from '../../../../metering/budgets/counters.ts';
import { countersOf } from '../../../../metering/budgets/quota.ts';
import { reservation, settlement } from '../../../../metering/budgets/reservation.ts';

/** What DynamoDB takes of one expression: bytes of text, and operators and functions. */
const EXPRESSION_MAX_BYTES = 4_096;
const OPERATORS_MAX = 300;

const NOW = Date.UTC(2026, 10, 21, 12);

// As many as a tenant and the stage may have together, all hard and all in the one item.
const budgets: Budget[] = Array.from({ length: 2 * BUDGETS_MAX }, (_, i) => ({
  id: `${String(i).padStart(2, '0')}${'x'.repeat(30)}`,
  per: 'model',
  period: 'minute',
  unit: 'usd',
  limit: '999999999.999999999999',
  enforcement: 'hard',
}));
const subject = { tenant: 'acme', principal: 'app', model: 'm'.repeat(MODEL_ID_MAX_CHARS), at: NOW };
const counters = countersOf(budgets, subject);
const amount = 10n ** 27n;
const held = {
  call: 'c'.repeat(8),
  at: NOW,
  counters,
  reserved: { usd: amount, tokens: amount, requests: 1n, credentials: 1n },
};

async function inputOf(change: Change): Promise<UpdateItemCommandInput> {
  const sent: UpdateItemCommandInput[] = [];
  const client = {
    send: async (command: UpdateItemCommand) => {
      sent.push(command.input);
      return {};
    },
  } as unknown as DynamoDBClient;
  await createCounters({ client, table: 't' }).update(change);
  const [input] = sent;
  if (input === undefined) throw new Error('nothing was sent');
  return input;
}

const operators = (text: string) =>
  text.match(/attribute_not_exists|contains|<=|=| AND | OR |NOT |#\d+ :\d+/g)?.length ?? 0;

describe('as many budgets as there may be', () => {
  const old = countersOf(budgets, { ...subject, at: NOW - 86_400_000 });
  const numbers = new Map(
    Array.from({ length: COUNTER_REMOVALS_MAX * 2 }, (_, i) => {
      const { name } = old[i % old.length] as (typeof old)[0];
      return [totalAttribute({ ...name, model: `m${i}` }), 1n] as const;
    }),
  );
  test.each([
    ['reserve', reservation(held)],
    ['settle, and take away what is past', settlement(held, held.reserved, { numbers, sets: new Map() }, NOW)],
  ])('%s in one write that DynamoDB takes', async (_, change) => {
    const { UpdateExpression = '', ConditionExpression = '' } = await inputOf(change);
    expect(change.add.size).toBe(2 * 2 * BUDGETS_MAX);
    for (const text of [UpdateExpression, ConditionExpression]) {
      expect(text).not.toBe('');
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(EXPRESSION_MAX_BYTES);
      expect(operators(text)).toBeLessThanOrEqual(OPERATORS_MAX);
    }
  });

  test('and what is past is taken away in steps of a size', () => {
    const { remove } = settlement(held, held.reserved, { numbers, sets: new Map() }, NOW);
    expect(remove).toHaveLength(COUNTER_REMOVALS_MAX);
  });
});
