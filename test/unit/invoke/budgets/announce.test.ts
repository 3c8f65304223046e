import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import type { Budget } from '../../../../contract/budget.ts';
import { EVENTS_ATTEMPTS } from '../../../../contract/limits/budgets.ts';
import { createAnnounce } from '../../../../invoke/budgets/announce.ts';
import { createTransport } from '../../../../invoke/providers/transport.ts';
import { counterName, principalCounters, tenantCounters } from '../../../../metering/budgets/counter-names.ts';
import { limitOf } from '../../../../metering/budgets/quota.ts';
import type { Crossing } from '../../../../metering/budgets/reservation.ts';
import { windowOf } from '../../../../metering/calendar.ts';
import { NOW } from '../core.ts';
import { serve } from '../loopback.ts';

const SUBJECT = { tenant: 'acme', principal: 'app', model: 'nova', at: NOW };

function crossing(percent: number, settled: bigint, budget: Partial<Budget> = {}): Crossing {
  const whole: Budget = {
    ...{ id: 'b', per: 'tenant', period: 'month', unit: 'tokens', limit: '100', enforcement: 'hard' },
    ...budget,
  };
  const window = windowOf(whole.period, NOW);
  const name = counterName(whole, window, whole.per === 'model' ? 'nova' : undefined);
  return {
    counter: {
      budget: whole,
      limit: limitOf(whole),
      window,
      key: whole.per === 'principal' ? principalCounters('acme', 'app') : tenantCounters('acme'),
      name,
    },
    percent,
    settled,
  };
}

interface Sent {
  Entries: { Source: string; DetailType: string; Detail: string; EventBusName: string; Time: number }[];
}

/** @param answer to the nth request, from 1 */
async function announced(
  crossings: Crossing[],
  answer: (nth: number, sent: Sent) => { status?: number; body: object },
) {
  const sent: Sent[] = [];
  const headers: Record<string, unknown>[] = [];
  const lines: string[] = [];
  await using server = await serve(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    headers.push(request.headers);
    const { status = 200, body } = answer(sent.push(JSON.parse(text) as Sent), sent.at(-1) as Sent);
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  });
  const client = new DynamoDBClient({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'secret', sessionToken: 'session' },
  });
  const transport = createTransport({ requestMs: 5_000 });
  const announce = createAnnounce({
    ...{ signedAs: client.config, transport, bus: 'the-bus', stage: 'dev', url: server.url },
    clock: () => NOW,
    write: (line) => lines.push(line),
  });
  await announce(crossings, SUBJECT);
  transport.destroy();
  return { sent, headers, lines };
}

const taken = (_: number, { Entries }: Sent) => ({
  body: { FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: 'e' })) },
});

describe('events of a budget', () => {
  test('are signed as EventBridge’s own, and tell what a rule may select by', async () => {
    const { sent, headers, lines } = await announced([crossing(80, 85n)], taken);
    expect(sent).toHaveLength(1);
    expect(headers[0]).toMatchObject({
      'x-amz-target': 'AWSEvents.PutEvents',
      'x-amz-security-token': 'session',
      authorization: expect.stringMatching(/Credential=AKIATEST\/\d{8}\/eu-central-1\/events\/aws4_request/),
    });
    const [entry] = sent[0]?.Entries ?? [];
    expect(entry).toMatchObject({
      Source: 'tollgate',
      DetailType: 'Budget Threshold Reached',
      EventBusName: 'the-bus',
      Time: NOW / 1000,
    });
    expect(JSON.parse(entry?.Detail ?? '')).toEqual({
      ...{ stage: 'dev', tenant: 'acme', budget: 'b', per: 'tenant', period: 'month', window: '2026-11' },
      ...{
        resetsAt: '2026-12-01T00:00:00.000Z',
        unit: 'tokens',
        limit: '100',
        used: '85',
        threshold: 80,
        enforcement: 'hard',
      },
    });
    expect(lines).toEqual([]);
  });

  test('name the principal, or the model, whose counter it is, and dollars as the bill does', async () => {
    const usd = crossing(100, 1_234_500_000_000_000_000n, { per: 'principal', unit: 'usd', limit: '1.2' });
    const { sent } = await announced([usd, crossing(100, 100n, { per: 'model' })], taken);
    const details = sent[0]?.Entries.map(({ Detail }) => JSON.parse(Detail));
    expect(details).toEqual([
      expect.objectContaining({ principal: 'app', used: '1.2345', limit: '1.2' }),
      expect.objectContaining({ model: 'nova', used: '100' }),
    ]);
    expect(details?.[1]).not.toHaveProperty('principal');
  });

  test('more than ten go in several requests', async () => {
    const { sent } = await announced(
      Array.from({ length: 12 }, () => crossing(80, 80n)),
      taken,
    );
    expect(sent.map(({ Entries }) => Entries.length)).toEqual([10, 2]);
  });

  test('only what was not taken is sent again', async () => {
    const two = [crossing(80, 80n, { id: 'one' }), crossing(80, 80n, { id: 'two' })];
    const { sent, lines } = await announced(two, (nth) => ({
      body:
        nth === 1 ? { Entries: [{ EventId: 'e' }, { ErrorCode: 'InternalFailure' }] } : { Entries: [{ EventId: 'f' }] },
    }));
    expect(sent.map(({ Entries }) => Entries.map(({ Detail }) => JSON.parse(Detail).budget))).toEqual([
      ['one', 'two'],
      ['two'],
    ]);
    expect(lines).toEqual([]);
  });

  test('what nobody takes is a line and a metric, after a few attempts', async () => {
    const { sent, lines } = await announced([crossing(100, 120n)], () => ({ status: 500, body: {} }));
    expect(sent).toHaveLength(EVENTS_ATTEMPTS);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      ...{ event: 'budget-event-lost', level: 'error', BudgetEventLost: 1 },
      detail: { budget: 'b', threshold: 100 },
    });
  });
});
