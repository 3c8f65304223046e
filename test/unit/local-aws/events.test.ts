import { describe, expect, test } from 'vitest';
import { createEvents } from '../../../local/aws/events.ts';
import type { WholeReply } from '../../../local/aws/service.ts';

const NOW = Date.UTC(2026, 10, 21);
const CALLER = {
  arn: 'arn:aws:iam::1:user/a',
  role: null,
  sessionName: null,
  sourceIdentity: null,
  tags: {},
  sessionPolicy: null,
};

const events = () => createEvents({ account: '111122223333', buses: ['default'], now: () => NOW });

function plan({ service }: ReturnType<typeof events>, body: unknown, operation = 'PutEvents') {
  const headers = { 'x-amz-target': `AWSEvents.${operation}` };
  const text = Buffer.from(JSON.stringify(body));
  return service.plan({ method: 'POST', path: '/', query: '', headers, body: text, region: 'eu-central-1' });
}

async function put(bridge: ReturnType<typeof events>, ...Entries: object[]) {
  const { body } = (await plan(bridge, { Entries }).serve(CALLER)) as WholeReply;
  return JSON.parse(String(body)) as { FailedEntryCount: number; Entries: { EventId?: string; ErrorCode?: string }[] };
}

const GOOD = { Source: 'tollgate', DetailType: 'Something', Detail: '{"a":1}' };

describe('the local EventBridge', () => {
  test('takes an event for the default bus, and lists it', async () => {
    const bridge = events();
    const { FailedEntryCount, Entries } = await put(bridge, GOOD, { ...GOOD, Time: 1_700_000_000.5 });
    expect(FailedEntryCount).toBe(0);
    const [first, second] = bridge.after(0);
    const common = {
      bus: 'default',
      region: 'eu-central-1',
      source: 'tollgate',
      detailType: 'Something',
      detail: { a: 1 },
    };
    expect(first).toEqual({ seq: 1, id: Entries[0]?.EventId, at: NOW, ...common });
    expect(second).toEqual({ seq: 2, id: Entries[1]?.EventId, at: 1_700_000_000_500, ...common });
    expect(bridge.after(1)).toEqual([second]);
  });

  test.each([
    ['another bus', { EventBusName: 'partner/x' }, 'InvalidArgument'],
    ['no source', { Source: '' }, 'InvalidArgument'],
    ['no type', { DetailType: undefined }, 'InvalidArgument'],
    ['a detail that is not JSON', { Detail: 'a' }, 'MalformedDetail'],
    ['a detail that is no text', { Detail: { a: 1 } }, 'MalformedDetail'],
  ])('does not take one for or with %s, and takes the others', async (_, change, ErrorCode) => {
    const bridge = events();
    const { FailedEntryCount, Entries } = await put(bridge, { ...GOOD, ...change }, GOOD);
    expect(FailedEntryCount).toBe(1);
    expect(Entries[0]?.ErrorCode).toBe(ErrorCode);
    expect(bridge.after(0)).toHaveLength(1);
  });

  test('asks IAM for each entry, of a bus named by name or ARN, with what a policy may demand of it', () => {
    const arn = 'arn:aws:events:eu-central-1:111122223333:event-bus/other';
    const { needs } = plan(events(), { Entries: [GOOD, { ...GOOD, EventBusName: arn }] });
    expect(needs.map(({ action, resource }) => `${action} ${resource}`)).toEqual([
      'events:PutEvents arn:aws:events:eu-central-1:111122223333:event-bus/default',
      `events:PutEvents ${arn}`,
    ]);
    expect(needs[0]?.context).toMatchObject({ 'events:source': 'tollgate', 'events:detail-type': 'Something' });
  });

  test('refuses another operation, and a request of no entries or of more than ten', () => {
    expect(() => plan(events(), {}, 'ListRules')).toThrow('Unknown operation');
    expect(() => plan(events(), { Entries: [] })).toThrow('1 to 10');
    expect(() => plan(events(), { Entries: Array.from({ length: 11 }, () => GOOD) })).toThrow('1 to 10');
  });
});
