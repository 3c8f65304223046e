import { describe, expect, test } from 'vitest';
import type { Budget } from '../../../contract/budget.ts';
import type { CallerContext } from '../../../contract/context.ts';
import { TollgateError } from '../../../contract/errors.ts';
import { parsePrincipal, parseTenantId } from '../../../contract/identity.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { createEntries } from '../../../invoke/pipeline/entries.ts';
import type { TenantEntries } from '../../../registry/reader.ts';

const nova: AllowedModel = {
  id: 'nova-lite',
  target: {
    kind: 'bedrock-model',
    modelId: 'amazon.nova-lite-v1:0',
    region: 'us-east-1',
    arn: 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0',
  },
  actions: ['invoke', 'stream'],
  lifecycle: { status: 'active' },
};

const budget: Budget = { id: 'day', per: 'tenant', period: 'day', unit: 'usd', limit: '5', enforcement: 'hard' };

const tenant = parseTenantId('acme');
const caller = (models: AllowedModel[] | null, budgets: Budget[] | null = models && []): CallerContext => ({
  tenant,
  principal: parsePrincipal('app'),
  roles: [],
  costCenter: 'cc',
  exp: 1,
  models,
  budgets,
});

function registry(answer: TenantEntries | null) {
  const asked: string[] = [];
  return {
    asked,
    tenant: async (id: string) => {
      asked.push(id);
      return answer;
    },
  };
}

const entriesOf = (reader: ReturnType<typeof registry>) =>
  createEntries({ registry: reader, clock: Date.now, onUndecided: () => {} });

const entries = (suspended: boolean): TenantEntries => ({
  id: tenant,
  suspended,
  costCenter: 'cc',
  countedBy: null,
  models: [nova],
  budgets: [budget],
  unusable: 0,
});

describe('the models and budgets of a caller', () => {
  test('come from the context without asking the registry, also when there are none', async () => {
    const reader = registry(entries(false));
    const of = entriesOf(reader);
    expect(await of(caller([nova], [budget]))).toEqual({ models: [nova], budgets: [budget] });
    expect(await of(caller([]))).toEqual({ models: [], budgets: [] });
    expect(reader.asked).toEqual([]);
  });

  test('come from the registry when they did not fit into the context', async () => {
    const reader = registry(entries(false));
    expect(await entriesOf(reader)(caller(null))).toEqual({ models: [nova], budgets: [budget] });
    expect(reader.asked).toEqual(['acme']);
  });

  test.each([
    ['tenant-unknown', null],
    ['tenant-suspended', entries(true)],
  ])('are refused with %s', async (reason, answer) => {
    const of = entriesOf(registry(answer));
    await expect(of(caller(null))).rejects.toMatchObject({ code: 'forbidden', reason });
  });

  test('and when the registry cannot say, that is reported and thrown, and nothing is allowed', async () => {
    const unavailable = new TollgateError('unavailable', { reason: 'registry-timeout' });
    const reported: TollgateError[] = [];
    const of = createEntries({
      clock: Date.now,
      registry: { tenant: () => Promise.reject(unavailable) },
      onUndecided: (error) => reported.push(error),
    });
    await expect(of(caller(null))).rejects.toBe(unavailable);
    expect(reported).toEqual([unavailable]);
  });
});
