import { describe, expect, test } from 'vitest';
import type { Budget } from '../../../../contract/budget.ts';
import { budgetHeaders } from '../../../../invoke/budgets/headers.ts';
import type { Standing } from '../../../../metering/budgets/verdict.ts';
import { NOW } from '../core.ts';

const MINUTE = { period: 'minute', from: NOW, until: NOW + 60_000 } as const;

function standing({
  limit = 100n,
  total = 30n,
  from = NOW - 1_000,
  until = NOW + 29_000,
  ...budget
}: Partial<Omit<Budget, 'limit'> & Omit<Standing, 'budget'>>): Standing {
  const { id = 'b', per = 'tenant', period = 'day', unit = 'requests', enforcement = 'hard' } = budget;
  return { budget: { id, per, period, unit, enforcement, limit: String(limit) }, limit, total, from, until };
}

describe('headers of budgets', () => {
  test('none without a budget', () => {
    expect(budgetHeaders([], NOW)).toEqual({});
  });

  test('a list of structured items, one for each budget, its seconds rounded up', () => {
    expect(
      budgetHeaders([standing({ id: 'one' }), standing({ id: 'two', unit: 'tokens', total: 101n })], NOW - 1),
    ).toEqual({
      'ratelimit-policy': '"one";q=100;w=30, "two";q=100;qu="tokens";w=30',
      ratelimit: '"one";r=70;t=30, "two";r=0;t=30',
    });
  });

  test('dollars in millionths, what is left of the last one rounded down', () => {
    const usd = standing({ unit: 'usd', limit: 999_999_999n * 10n ** 18n + 1n, total: 1n });
    expect(budgetHeaders([usd], NOW - 1)).toMatchObject({
      'ratelimit-policy': expect.stringContaining('q=999999999000000;qu="microdollars"'),
      ratelimit: '"b";r=999999999000000;t=30',
    });
    expect(budgetHeaders([{ ...usd, total: 2n }], NOW).ratelimit).toContain('r=999999998999999;');
  });

  test('OpenAI’s only of budgets per minute, of the one with least left', () => {
    const headers = budgetHeaders(
      [
        standing({ id: 'a', ...MINUTE, limit: 10n, total: 3n }),
        standing({ id: 'c', ...MINUTE, limit: 60n, total: 55n }),
        standing({ id: 'd', unit: 'tokens', limit: 5n, total: 5n }),
      ],
      NOW + 500,
    );
    expect(headers).toMatchObject({
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '5',
      'x-ratelimit-reset-requests': '60s',
    });
    expect(Object.keys(headers).filter((name) => name.endsWith('tokens'))).toEqual([]);
  });

  test('Anthropic’s for its own surface, of whatever window has least left, with the moment of its end', () => {
    const standings = [
      standing({ id: 'a', ...MINUTE, limit: 60n, total: 5n }),
      standing({ id: 'b', limit: 60n, total: 59n, until: NOW + 86_400_000 }),
      standing({ id: 'c', unit: 'tokens', limit: 5n, total: 7n }),
    ];
    expect(budgetHeaders(standings, NOW, 'anthropic')).toMatchObject({
      'anthropic-ratelimit-requests-limit': '60',
      'anthropic-ratelimit-requests-remaining': '1',
      'anthropic-ratelimit-requests-reset': '2026-11-22T12:00:00Z',
      'anthropic-ratelimit-tokens-limit': '5',
      'anthropic-ratelimit-tokens-remaining': '0',
      'x-ratelimit-remaining-requests': '55',
    });
    expect(Object.keys(budgetHeaders(standings, NOW, 'openai')).join()).not.toContain('anthropic');
  });

  test('a warning only of a soft budget, and only beyond its limit', () => {
    const warning = (...standings: Standing[]) => budgetHeaders(standings, NOW)['x-tollgate-budget-warning'];
    expect(warning(standing({ total: 200n }))).toBeUndefined();
    expect(warning(standing({ total: 100n, enforcement: 'soft' }))).toBeUndefined();
    expect(warning(standing({ total: 101n, enforcement: 'soft' }))).toBe('b; used=101; unit=percent');
    const two = [
      standing({ id: 'x', total: 2n, limit: 0n, enforcement: 'soft' }),
      standing({ total: 255n, enforcement: 'soft' }),
    ];
    expect(warning(...two)).toBe('x; used=100; unit=percent, b; used=255; unit=percent');
  });
});
