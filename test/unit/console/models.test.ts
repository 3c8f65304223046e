import { describe, expect, test } from 'vitest';
import { isFound } from '../../../console/found.ts';
import {
  amountOf,
  countsOf,
  type Standing,
  shareOf,
  standingOfUsage,
} from '../../../console/views/budgets/standing.ts';
import {
  abilitiesOf,
  askableAbilities,
  endingOf,
  endingOfAskable,
  endingOfHeld,
  type HeldModel,
  isChat,
} from '../../../console/views/models/model.ts';

const NOW = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;
const held = (more: Partial<HeldModel> = {}): HeldModel => ({
  ...{ id: 'm', owned_by: 'amazon-bedrock', paths: [], streaming: false },
  ...more,
});

describe('the end of a model', () => {
  test.each([
    ['none', false, undefined, undefined],
    ['one that is announced without a day', true, undefined, 'deprecated'],
    ['one in a year', false, 365, 'ends in 365 days'],
    ['the last day', true, 0.5, 'ends in 1 day'],
    ['one that is over', true, -1, 'ended'],
  ] as const)('%s', (_, deprecated, days, text) => {
    const sunset = days === undefined ? undefined : NOW + days * DAY;
    expect(endingOf(deprecated, sunset, NOW)?.text).toBe(text);
  });

  test('is worse in its last thirty days, and the same of one that may be asked for', () => {
    expect(endingOfHeld(held({ sunset_at: (NOW + 31 * DAY) / 1000 }), NOW)?.tone).toBe('warn');
    expect(endingOfHeld(held({ sunset_at: (NOW + 30 * DAY) / 1000 }), NOW)?.tone).toBe('bad');
    // Announced, and not yet in force.
    expect(endingOfHeld(held({ deprecated_at: (NOW + DAY) / 1000 }), NOW)).toBeUndefined();
    const lifecycle = { status: 'active', sunsetAt: '2026-06-11T00:00:00Z' };
    expect(endingOfAskable({ id: 'm', lifecycle }, NOW)).toEqual({
      tone: 'bad',
      text: 'ends in 10 days',
      at: NOW + 10 * DAY,
    });
  });
});

describe('what a model can do', () => {
  test('is what is more than text, and an effort of none is no reasoning', () => {
    expect(abilitiesOf(held())).toEqual([]);
    const able = held({
      ...{ streaming: true, input_modalities: ['TEXT', 'IMAGE'], output_modalities: ['TEXT'] },
      capabilities: { tools: true, reasoning_efforts: ['none', 'high'], prompt_caching: true },
    });
    expect(abilitiesOf(able)).toEqual(['image in', 'streams', 'tools', 'reasons', 'caches']);
    expect(abilitiesOf(held({ capabilities: { reasoning_efforts: ['none'] } }))).toEqual([]);
    expect(abilitiesOf(held({ output_modalities: ['EMBEDDING'] }))).toEqual(['embeddings']);
    const capabilities = { input: ['text', 'document'], streaming: true };
    expect(askableAbilities({ id: 'm', lifecycle: { status: 'active' }, capabilities })).toEqual([
      'document in',
      'streams',
    ]);
  });

  test('is a talk where it says how it talks', () => {
    expect([isChat(held()), isChat(held({ capabilities: {} }))]).toEqual([false, true]);
  });
});

test('a model is found by any of its names, whatever their case', () => {
  expect(isFound(' LITE', 'nova-lite', undefined)).toBe(true);
  expect(isFound('', 'nova-lite')).toBe(true);
  expect(isFound('pro', 'nova-lite', 'Amazon Nova Lite')).toBe(false);
});

describe('where a budget stands', () => {
  const standing: Standing = {
    ...{ id: 'day', per: 'tenant', of: null, unit: 'usd', period: 'day', enforcement: 'hard' },
    ...{ limit: '2', used: '1.5', reserved: '0.25', left: '0.25', resetsAt: '2026-06-02T00:00:00Z' },
  };

  test('counts what is under way, and a limit of nothing is used up', () => {
    expect(shareOf(standing)).toBe(0.875);
    expect(shareOf({ ...standing, limit: '0', used: '0', reserved: '0' })).toBe(1);
  });

  test('is the same, whichever path told it', () => {
    const { of, resetsAt, ...told } = standing;
    expect(standingOfUsage({ ...told, resets_at: resetsAt })).toEqual({ ...standing, of });
  });

  test.each([
    [{ per: 'tenant' }, 'the whole tenant'],
    [{ per: 'model' }, 'each model'],
    [{ per: 'principal', only: 'jane' }, 'principal jane'],
  ] as const)('%o counts %s', (budget, text) => expect(countsOf(budget)).toBe(text));

  test('is in its unit', () => {
    expect([amountOf('1.5', 'usd'), amountOf('200000', 'tokens')]).toEqual(['$1.50', '200,000 tokens']);
  });
});
