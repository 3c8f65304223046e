import { expect, test } from 'vitest';
import { createDeliver } from '../../../alerts/deliver.ts';
import { parseReceiver, type Receiver } from '../../../registry/alert.ts';

const receiver = (id: string, more: object = {}): Receiver =>
  parseReceiver({
    id,
    kinds: ['budget', 'model-end', 'drift'],
    to: { webhook: `https://${id}.example/secret` },
    ...more,
  });

const budget = (tenant: string) => ({
  ...{ source: 'tollgate', 'detail-type': 'Budget Threshold Reached' },
  detail: {
    ...{ stage: 'dev', tenant, budget: 'monthly', per: 'tenant', period: 'month', window: '2026-11', unit: 'usd' },
    ...{ limit: '100', used: '80', threshold: 80, enforcement: 'hard', resetsAt: '2026-12-01T00:00:00.000Z' },
  },
});
const alert = (kind: string, tenant?: string) => ({
  ...{ source: 'tollgate', 'detail-type': 'Tollgate Alert' },
  detail: { stage: 'dev', kind, tenant, subject: 'S', text: 'a <!channel> & b' },
});
const tried = (to: string) => ({ source: 'tollgate', 'detail-type': 'Tollgate Alert Test', detail: { to } });

const TOPIC = 'arn:aws:sns:us-east-1:111122223333:tollgate-dev-alarms';
const ALL = [
  receiver('all'),
  receiver('acme', { tenant: 'acme' }),
  receiver('ends', { kinds: ['model-end'] }),
  receiver('mail', { kinds: ['drift'], to: { topic: TOPIC } }),
];

function setUp(failing: string[] = []) {
  const told: unknown[][] = [];
  const lines: string[] = [];
  const deliver = createDeliver({
    receivers: async () => ALL,
    webhook: async (url, body) => {
      if (failing.some((id) => url.includes(id))) throw new Error('the webhook answered 500');
      told.push([url, body]);
    },
    publish: async (topic, { subject, text }) => void told.push([topic, subject, text]),
    clock: () => 0,
    write: (line) => lines.push(line),
  });
  return { deliver, told, lines };
}

test.each([
  ['a budget of a tenant', budget('acme'), ['all', 'acme']],
  ['a budget of another one', budget('globex'), ['all']],
  ['the end of a model', alert('model-end'), ['all', 'ends']],
  ['drift', alert('drift'), ['all', 'mail']],
  ['a test', tried('ends'), ['ends']],
  ['a test of nobody', tried('nobody'), []],
])('of %s those are told who want to know', async (_, event, sent) => {
  expect(await setUp().deliver(event)).toEqual({ sent });
});

test.each([
  [null],
  [{ ...budget('acme'), source: 'other' }],
  [{ ...budget('acme'), 'detail-type': 'Other' }],
  [alert('unheard-of')],
  [{ ...alert('drift'), detail: { kind: 'drift' } }],
])('what is no event of ours is a failure, and told to nobody: %j', async (event) => {
  const { deliver, told } = setUp();
  await expect(deliver(event)).rejects.toThrow('no event of Tollgate');
  expect(told).toEqual([]);
});

test('a webhook gets what Slack reads, in which no name calls a channel; a topic gets it as it is', async () => {
  const { deliver, told } = setUp();
  await deliver(alert('drift'));
  expect(told).toEqual([
    ['https://all.example/secret', { text: '*S*\na &lt;!channel&gt; &amp; b' }],
    [TOPIC, 'S', 'a <!channel> & b'],
  ]);
});

test('who cannot be told is a failure by its id, without the URL, after the others were told', async () => {
  const { deliver, told, lines } = setUp(['all']);
  await expect(deliver(budget('acme'))).rejects.toThrow(/^not told: all: the webhook answered 500$/);
  expect(told).toHaveLength(1);
  expect(lines.join()).toContain('"sent":["acme"]');
  expect(lines.join()).not.toContain('secret');
});
