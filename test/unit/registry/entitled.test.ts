import { describe, expect, test } from 'vitest';
import type { AllowedModel } from '../../../contract/model.ts';
import { entitled, hasExpired } from '../../../registry/entitled.ts';
import { modelOf } from '../invoke/core.ts';

const named = (id: string, more: Partial<AllowedModel> = {}): AllowedModel => ({ ...modelOf(id), ...more });
const by = (roles: readonly string[], principal = 'app') => ({ roles, principal });
const idsOf = (models: readonly AllowedModel[]) => models.map(({ id }) => id);

describe('T3: what a caller holds of its tenant’s entries', () => {
  test.each([
    ['a grant that names no roles', undefined, [], true],
    ['one of the roles', ['writer', 'editor'], ['reader', 'editor'], true],
    ['none of the roles', ['writer'], ['reader', 'Writer', 'writer '], false],
    ['no roles at all', ['writer'], [], false],
  ] as const)('%s', (_, roles, own, held) => {
    const model = named('a', roles === undefined ? {} : { roles: [...roles] });
    expect(idsOf(entitled([model, named('b')], by(own), 0))).toEqual(held ? ['a', 'b'] : ['b']);
  });

  test.each([
    ['one that is named, to the letter', ['App', 'app'], true],
    ['nobody that is named', ['App', 'app '], false],
  ])('a grant that names %s', (_, principals, held) => {
    expect(idsOf(entitled([named('a', { principals })], by([]), 0))).toEqual(held ? ['a'] : []);
  });

  test('who must have a role and be named is both', () => {
    const both = [named('a', { principals: ['app'], roles: ['writer'] })];
    expect([by(['writer']), by([]), by(['writer'], 'boss')].map((who) => entitled(both, who, 0).length)).toEqual([
      1, 0, 0,
    ]);
  });

  test('of several terms of a model a caller has the first that is for it and has not expired', () => {
    const terms = [
      named('a', { principals: ['app'], maxTokens: 1, expiresAt: 100 }),
      named('a', { roles: ['writer'], maxTokens: 2, expiresAt: 200 }),
      named('a', { maxTokens: 3, expiresAt: 300 }),
    ];
    const of = (roles: string[], principal: string, now: number) =>
      entitled(terms, by(roles, principal), now).map(({ maxTokens }) => maxTokens);
    expect(of(['writer'], 'app', 99)).toEqual([1]);
    expect(of(['writer'], 'app', 100)).toEqual([2]);
    expect(of([], 'app', 100)).toEqual([3]);
    expect(of(['writer'], 'boss', 0)).toEqual([2]);
    // All are over: the first says so.
    expect(of(['writer'], 'app', 300)).toEqual([1]);
  });

  test('a successor that the caller does not hold is not named', () => {
    const old = named('old', { lifecycle: { status: 'deprecated', sunsetAt: 9, successor: 'new' } });
    const successor = named('new', { roles: ['writer'] });
    expect(entitled([old, successor], by(['writer']), 0)[0]?.lifecycle.successor).toBe('new');
    expect(entitled([old, successor], by([]), 0)).toEqual([
      { ...old, lifecycle: { status: 'deprecated', sunsetAt: 9 } },
    ]);
  });
});

test('a grant has expired from the very second on', () => {
  expect([999, 1000, 1001].map((now) => hasExpired({ expiresAt: 1000 }, now))).toEqual([false, true, true]);
  expect(hasExpired({}, Number.MAX_SAFE_INTEGER)).toBe(false);
});
