import { describe, expect, test } from 'vitest';
import type { AllowedModel } from '../../../contract/model.ts';
import { entitled, hasExpired } from '../../../registry/entitled.ts';
import { modelOf } from '../invoke/core.ts';

const named = (id: string, more: Partial<AllowedModel> = {}): AllowedModel => ({ ...modelOf(id), ...more });
const idsOf = (models: readonly AllowedModel[]) => models.map(({ id }) => id);

describe('T3: what a caller holds of its tenant’s entries', () => {
  test.each([
    ['a grant that names no roles', undefined, [], true],
    ['one of the roles', ['writer', 'editor'], ['reader', 'editor'], true],
    ['none of the roles', ['writer'], ['reader', 'Writer', 'writer '], false],
    ['no roles at all', ['writer'], [], false],
  ] as const)('%s', (_, roles, own, held) => {
    const model = named('a', roles === undefined ? {} : { roles: [...roles] });
    expect(idsOf(entitled([model, named('b')], own))).toEqual(held ? ['a', 'b'] : ['b']);
  });

  test('a successor that the caller does not hold is not named', () => {
    const old = named('old', { lifecycle: { status: 'deprecated', sunsetAt: 9, successor: 'new' } });
    const successor = named('new', { roles: ['writer'] });
    expect(entitled([old, successor], ['writer'])[0]?.lifecycle.successor).toBe('new');
    expect(entitled([old, successor], [])).toEqual([{ ...old, lifecycle: { status: 'deprecated', sunsetAt: 9 } }]);
  });
});

test('a grant has expired from the very second on', () => {
  expect([999, 1000, 1001].map((now) => hasExpired({ expiresAt: 1000 }, now))).toEqual([false, true, true]);
  expect(hasExpired({}, Number.MAX_SAFE_INTEGER)).toBe(false);
});
