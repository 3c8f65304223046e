import { expect, test } from 'vitest';
import { METRICS } from '../../contract/log.ts';
import { parseModel } from '../../registry/model.ts';
import { tellDrift } from '../../sync/drift.ts';
import type { Unread } from '../../sync/read.ts';
import { aCatalog, aModel, ending } from './registry/sync/catalogue.ts';

const NOVA = aModel('amazon.nova-lite-v1:0', 'us-west-2');
const entry = parseModel({
  ...{ v: 1, id: 'nova', lifecycle: { status: 'active' }, prices: [], version: 1 },
  ...{ updatedAt: '2026-11-10', updatedBy: 'ops' },
  target: { kind: 'bedrock-model', modelId: NOVA.id, region: NOVA.region, arn: NOVA.arn },
});

async function told(catalog: ReturnType<typeof aCatalog>, unread: Unread[] = []) {
  const lines: string[] = [];
  const asked: (readonly string[])[] = [];
  await tellDrift({
    models: async () => ({ entries: [entry] }),
    read: async (regions) => {
      asked.push(regions);
      return { catalog, unread };
    },
    region: 'us-east-1',
    clock: () => 0,
    write: (line) => lines.push(line),
  });
  return { asked, lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test('what the registry and AWS do not agree on is one line and a count, of the regions of the stage and of its models', async () => {
  const gone = aCatalog({ models: [aModel('meta.new-v1:0', 'us-west-2')] });
  const { asked, lines } = await told(gone);
  expect(asked).toEqual([['us-east-1', 'us-west-2']]);
  expect(lines).toMatchObject([
    {
      event: 'drift',
      kind: 'drift',
      level: 'warn',
      changed: [],
      new: 1,
      findings: [{ model: 'nova', reason: 'not-listed' }],
    },
  ]);
  expect(lines[0]?.[METRICS.registryDrift]).toBe(1);
  const ended = aCatalog({ models: [{ ...NOVA, lifecycle: ending({ endAt: 1_900_000_000 }) }] });
  expect((await told(ended)).lines).toMatchObject([{ changed: ['nova'], findings: [], [METRICS.registryDrift]: 1 }]);
});

test('where they agree it is no warning; what could not be read is one', async () => {
  const same = aCatalog({ models: [NOVA] });
  expect((await told(same)).lines).toMatchObject([{ level: 'info', [METRICS.registryDrift]: 0, new: 0 }]);
  const unread: Unread[] = [{ what: 'profiles', region: 'us-west-2', reason: 'AccessDeniedException' }];
  expect((await told(same, unread)).lines).toMatchObject([{ level: 'warn', [METRICS.registryDrift]: 0, unread }]);
});
