import { expect, test } from 'vitest';
import { parseModel } from '../../registry/model.ts';
import { alertsOf } from '../../sync/alerts.ts';
import type { Drift } from '../../sync/drift.ts';

const NOW = Date.parse('2026-11-01T05:30:00Z');
const QUIET: Drift = { kind: 'drift', changed: [], widened: [], findings: [], new: 3, unread: [] };

const ending = (sunsetAt: string | undefined, status = 'deprecated') =>
  parseModel({
    ...{ v: 1, id: 'nova', prices: [], version: 1, updatedAt: '2026-10-10', updatedBy: 'ops' },
    lifecycle: { status, ...(sunsetAt === undefined ? {} : { sunsetAt }) },
    target: {
      ...{ kind: 'bedrock-model', modelId: 'amazon.nova-lite-v1:0', region: 'us-east-1' },
      arn: 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0',
    },
  });

test.each([
  ['2027-01-30', ['nova ends in 90 days']],
  ['2026-12-01', ['nova ends in 30 days']],
  ['2026-11-08', ['nova ends in 7 days']],
  ['2026-11-09', []],
  ['2026-11-07', []],
])('of a model that ends on %s is told, by a look of every day: %j', (sunsetAt, expected) => {
  const told = alertsOf(QUIET, [ending(sunsetAt)], NOW);
  expect(told.map(({ kind, subject }) => [kind, subject])).toEqual(
    expected.map((text) => ['model-end', `Tollgate: ${text}`]),
  );
});

test('each mark is hit by one look of a day, whatever the hour of the sunset', () => {
  for (const sunsetAt of ['2027-03-01T00:00:00Z', '2027-03-01T05:30:00Z', '2027-03-01T23:59:59Z']) {
    const days = Array.from({ length: 130 }, (_, day) => alertsOf(QUIET, [ending(sunsetAt)], NOW + day * 86_400_000));
    expect(days.flat().map(({ subject }) => subject.match(/\d+/)?.[0])).toEqual(['90', '30', '7']);
  }
});

test('of drift is told which models it is of; what is new alone is none', () => {
  expect(alertsOf(QUIET, [], NOW)).toEqual([]);
  const finding = { model: 'b', target: 't', region: 'us-east-1', reason: 'gone', detail: '' };
  expect(alertsOf({ ...QUIET, changed: ['a'], findings: [finding] }, [], NOW)).toEqual([
    expect.objectContaining({ kind: 'drift', text: expect.stringContaining('To be changed or decided on: a, b.') }),
  ]);
});
