import { describe, expect, test } from 'vitest';
import { HOUR_COMPLETE_AFTER_MS } from '../../../../contract/limits/metering.ts';
import { METRICS } from '../../../../contract/log.ts';
import type { AwsCounts } from '../../../../metering/run/invocations.ts';
import { readStatus } from '../../../../metering/run/status.ts';
import type { PricedModel } from '../../../../registry/price.ts';
import { aggregationOver, call, MemoryStore, NINE } from '../support.ts';

const HOUR = 3_600_000;
const COMPLETE = NINE + HOUR + HOUR_COMPLETE_AFTER_MS;
const ID = 'amazon.nova-lite-v1:0';
const PRICES: PricedModel[] = [
  {
    id: 'nova-lite',
    prices: [],
    target: {
      ...{ kind: 'bedrock-model', modelId: ID, region: 'us-east-1' },
      arn: `arn:aws:bedrock:us-east-1::foundation-model/${ID}`,
    },
  },
  {
    id: 'mixtral',
    prices: [],
    target: {
      ...{ kind: 'sagemaker-endpoint', endpointName: 'mixtral', region: 'us-east-1' },
      arn: 'arn:aws:sagemaker:us-east-1:111122223333:endpoint/mixtral',
    },
  },
  {
    id: 'weather',
    prices: [],
    target: {
      ...{ kind: 'bedrock-inline-agent', agentName: 'weather', region: 'us-east-1' },
      ...{ arn: `arn:aws:bedrock:us-east-1::foundation-model/${ID}`, modelArns: [] },
    },
  },
  {
    id: 'ranker',
    prices: [],
    target: {
      ...{ kind: 'bedrock-model', modelId: 'cohere.rerank-v3-5:0', region: 'us-east-1' },
      arn: 'arn:aws:bedrock:us-east-1::foundation-model/cohere.rerank-v3-5:0',
    },
  },
];

/** @param counts of AWS, in the hour and in the minutes after it */
async function compared(counts: Partial<AwsCounts>, after: Partial<AwsCounts> = {}, now = COMPLETE) {
  const store = new MemoryStore();
  const asked: unknown[][] = [];
  store.deliver('dt=2026-11-21/hour=09/a', [
    ...call({ invocationId: 'a' }),
    ...call({ invocationId: 'b', outcome: 'interrupted' }),
    ...call({ invocationId: 'c', outcome: 'throttled' }),
    ...call({ invocationId: 'd', model: 'mixtral' }),
    ...call({ invocationId: 'e', model: 'nobody-knows-it' }),
    ...call({ invocationId: 'f', model: 'weather' }),
    ...call({ invocationId: 'g', model: 'ranker' }),
  ]);
  const aggregation = aggregationOver(store, {
    now,
    prices: PRICES,
    invocations: {
      counts: async (region, ids, from, to) => {
        asked.push([region, ids, from, to]);
        const found = from === NINE ? counts : after;
        return new Map(ids.map((id) => [id, { invocations: 0, errors: 0, ...found }]));
      },
    },
  });
  const { invocations } = await aggregation.run();
  const lines = aggregation.lines.filter(({ event }) => String(event).startsWith('invocations'));
  return { invocations, lines, asked, status: (await readStatus(store, now)).invocations };
}

describe('the ledger beside AWS’s own counts', () => {
  test('asks for each model that Bedrock counts, in its region and hour, and for what is counted a little later', async () => {
    const { asked, invocations, status, lines } = await compared({ invocations: 2 });
    expect(asked).toEqual([
      ['us-east-1', [ID], NINE, NINE + HOUR],
      ['us-east-1', [ID], NINE + HOUR, NINE + HOUR + 300_000],
    ]);
    const model = { region: 'us-east-1', modelId: ID, ledger: 2, invocations: 2, errors: 0 };
    expect(invocations).toEqual([{ hour: '2026-11-21T09', models: [model], unknown: 0, missing: 0 }]);
    expect(status).toEqual([]);
    expect(lines).toMatchObject([{ [METRICS.unknownToAws]: 0, [METRICS.missingCalls]: 0 }]);
  });

  test.each([
    ['nothing', {}, {}, 2, 0],
    ['one of two', { invocations: 1 }, {}, 1, 0],
    ['one, and one after the hour', { invocations: 1 }, { invocations: 1 }, 0, 0],
    ['one, and one as an error', { invocations: 1, errors: 1 }, {}, 0, 0],
    ['more, which may be others’', { invocations: 5 }, {}, 0, 3],
  ])('AWS counted %s', async (_, counts, after, unknown, missing) => {
    const { invocations, status, lines } = await compared(counts, after);
    expect(invocations).toMatchObject([{ unknown, missing }]);
    expect(lines).toMatchObject([{ [METRICS.unknownToAws]: unknown, [METRICS.missingCalls]: missing }]);
    expect(status).toHaveLength(unknown + missing > 0 ? 1 : 0);
  });

  test('of an hour that is not complete it is shown, and rings nothing', async () => {
    const { status, lines } = await compared({}, {}, COMPLETE - 1);
    expect(status).toMatchObject([{ unknown: 2 }]);
    expect(lines).toEqual([]);
  });

  test('that does not answer keeps no bill waiting', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', call());
    const counts = () => Promise.reject(new Error('AccessDenied'));
    const { run, lines } = aggregationOver(store, { now: COMPLETE, prices: PRICES, invocations: { counts } });
    expect((await run()).invocations).toEqual([]);
    expect(lines).toContainEqual(expect.objectContaining({ event: 'invocations-not-compared', level: 'warn' }));
    expect(store.text('reports/2026-11-21.csv')).toContain('acme');
  });
});
