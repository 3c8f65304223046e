import { describe, expect, test } from 'vitest';
import {
  type BudgetOptions,
  budgetGiven,
  budgetText,
  insteadOfTenant,
  namingOptions,
  type OwnerOption,
} from '../../../cli/budget/given.ts';
import { type StatusRow, statusCsv, statusJson, statusTable } from '../../../cli/budget/status.ts';
import { unpricedModels } from '../../../cli/budget/unpriced.ts';
import type { Budget } from '../../../contract/budget.ts';
import { parseBudget } from '../../../registry/budget.ts';
import { parseModel } from '../../../registry/model.ts';
import { modelDocument } from '../registry/documents.ts';

const options: BudgetOptions = { limit: '5', unit: 'usd', per: 'tenant', period: 'day' };

describe('whose budgets a command is about', () => {
  const refuse = (message: string): never => {
    throw new Error(message);
  };
  const of = (given: OwnerOption) => insteadOfTenant(given, { refuse });

  test('a tenant’s, and --default takes its place', () => {
    expect(of({ tenant: 'acme' })).toEqual({});
    expect(of({ default: true })).toEqual({ tenant: '*' });
  });

  test('nothing that a shell makes of a star means the stage', () => {
    expect(of({ tenant: '*' })).toEqual({ tenant: '' });
  });

  test('a tenant beside --default is refused: the one binds a tenant, the other everybody', () => {
    expect(() => of({ tenant: 'acme', default: true })).toThrow(/not both/);
  });
});

describe('a budget as it was given', () => {
  test('is hard unless it is said to be soft', () => {
    expect(budgetGiven('b', options)).toEqual({
      id: 'b',
      per: 'tenant',
      period: 'day',
      unit: 'usd',
      limit: '5',
      enforcement: 'hard',
    });
    expect(budgetGiven('b', { ...options, soft: true, per: 'model', only: 'm' })).toMatchObject({
      enforcement: 'soft',
      only: 'm',
    });
  });

  test.each<[string, Partial<BudgetOptions> & { id?: string }, RegExp]>([
    ['a negative limit', { limit: '-1' }, /^--limit: negative;/],
    ['a limit of NaN', { limit: 'NaN' }, /^--limit: not a number;/],
    ['half a token', { limit: '0.5', unit: 'tokens' }, /^--limit: not whole;/],
    ['a name with the whole tenant', { only: 'app' }, /^--only: not with per tenant;/],
    ['an id that is none', { id: 'Monthly!' }, /^the budget’s id: not a budget id;/],
  ])('Q1 %s is refused by the name of its option', async (_, { id = 'b', ...given }, message) => {
    const edit = (async () => parseBudget(budgetGiven(id, { ...options, ...given })))();
    await expect(namingOptions(edit)).rejects.toMatchObject({
      code: 'bad_entry',
      publicMessage: expect.stringMatching(message),
    });
  });

  test('and whatever else went wrong is said as it is', async () => {
    const error = new Error('the store is down');
    await expect(namingOptions(Promise.reject(error))).rejects.toBe(error);
  });

  test.each<[Partial<Budget>, string]>([
    [{}, '5 usd a day for the whole tenant, hard'],
    [{ per: 'principal', enforcement: 'soft' }, '5 usd a day for each principal, soft'],
    [{ per: 'model', only: 'nova', unit: 'tokens', period: 'minute' }, '5 tokens a minute for model nova, hard'],
  ])('%j is told in words', (changes, text) => {
    expect(budgetText({ ...budgetGiven('b', options), ...changes })).toBe(text);
  });
});

const row = (changes: Partial<StatusRow> = {}): StatusRow => ({
  tenant: 'acme',
  from: 'tenant',
  budget: budgetGiven('daily', { ...options, per: 'principal' }),
  of: 'app',
  window: { name: '2026-11-21', from: Date.UTC(2026, 10, 21), until: Date.UTC(2026, 10, 22) },
  limit: 5n * 10n ** 18n,
  settled: 1_500n * 10n ** 12n,
  reserved: 0n,
  left: 4_998_500n * 10n ** 12n,
  percent: 0,
  ...changes,
});

describe('the status of budgets, printed', () => {
  test('dollars are exact, counts are counts, in JSON and in CSV alike', () => {
    const tokens = row({
      budget: budgetGiven('t', { ...options, unit: 'tokens' }),
      of: '',
      limit: 9n,
      settled: 4n,
      left: 5n,
      percent: 44,
    });
    expect(statusJson([row(), tokens])).toMatchObject([
      {
        tenant: 'acme',
        budget: 'daily',
        of: 'app',
        limit: '5',
        settled: '0.0015',
        left: '4.9985',
        percent: 0,
        resets_at: '2026-11-22T00:00:00Z',
      },
      { unit: 'tokens', of: '', limit: '9', settled: '4', percent: 44, window: '2026-11-21' },
    ]);
    expect(statusCsv([row()]).split('\r\n')[1]).toBe(
      'acme,daily,tenant,principal,app,hard,usd,5,0.0015,0,4.9985,0,day,2026-11-21,2026-11-22T00:00:00Z',
    );
  });

  test('M4 a principal that looks like a formula is none in a spreadsheet, and moves no cursor on a terminal', () => {
    expect(statusCsv([row({ of: '=1+1' })])).toContain(",'=1+1,");
    expect(statusTable([row({ of: 'a\u001b[2J' })])).not.toContain('\u001b');
  });

  test('a table says whose a budget is and what it counts', () => {
    const text = statusTable([row({ from: 'stage', of: null }), row({ of: '' })]);
    expect(text).toMatch(/^acme +daily \(stage\) {2}each principal: none yet {2}5 usd a day/m);
    expect(text).toMatch(/^acme +daily +the whole tenant /m);
  });
});

describe('the models that a hard budget of dollars would stop', () => {
  const models = [
    parseModel(modelDocument('priced')),
    parseModel(modelDocument('unpriced', { prices: [] })),
    parseModel(
      modelDocument('later', { prices: [{ version: 'v', from: '2030-01-01', usdPerMillion: { input: '1' } }] }),
    ),
    parseModel(modelDocument('not-granted', { prices: [] })),
  ];
  const granted = new Set(['priced', 'unpriced', 'later']);

  test.each<[string, Partial<BudgetOptions>, string[]]>([
    ['are those without a price today', {}, ['unpriced', 'later']],
    ['are the one that it is for', { per: 'model', only: 'later' }, ['later']],
    ['are all, where it is for one principal', { per: 'principal', only: 'app' }, ['unpriced', 'later']],
    ['are none, where it only warns', { soft: true }, []],
    ['are none, where it counts tokens', { unit: 'tokens' }, []],
  ])('%s', (_, changes, expected) => {
    const budget = budgetGiven('b', { ...options, ...changes });
    expect(unpricedModels(budget, models, granted, Date.UTC(2026, 10, 21))).toEqual(expected);
  });
});
