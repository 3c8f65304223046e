import { describe, expect, test } from 'vitest';
import {
  audienceOf,
  boundsOf,
  type Grant,
  stateOf,
  type Tenant,
  type Term,
} from '../../../console/views/tenants/entries.ts';
import { changesOf, formOf } from '../../../console/views/tenants/form.ts';
import { bodyOf } from '../../../console/views/tenants/granted.ts';

const stamps = { version: 3, updatedAt: '2026-01-01T00:00:00Z', updatedBy: 'ops/olga' };
const tenant: Tenant = { id: 'acme', suspended: false, costCenter: 'CC-1', ...stamps };
const granted = { tenant: 'acme', model: 'm1', version: 1, grantedAt: '', grantedBy: '' };

describe('what is sent of a tenant', () => {
  const of = { ...tenant, displayName: 'Acme', owners: ['a', 'b'], labels: { team: 'blue', env: 'x=y' } };
  const changed = (change: Partial<ReturnType<typeof formOf>>) => changesOf(formOf(of), { ...formOf(of), ...change });

  test('is nothing where nothing was changed', () => expect(changed({})).toEqual({}));

  test.each([
    [{ displayName: ' ' }, { displayName: null }],
    [{ costCenter: ' CC-2 ' }, { costCenter: 'CC-2' }],
    [{ owners: 'a,, c ' }, { owners: ['a', 'c'] }],
    [{ owners: '' }, { owners: null }],
    [{ labels: 'team=red\nenv=x=y\nnew=' }, { labels: { team: 'red', env: 'x=y', new: '' } }],
    [{ labels: 'env=x=y' }, { labels: { team: null, env: 'x=y' } }],
    [{ labels: '' }, { labels: null }],
    [{ expiresAt: '2027-02-03' }, { expiresAt: '2027-02-03T23:59:59Z' }],
  ])('is what was: %o', (change, body) => expect(changed(change)).toEqual(body));
});

describe('what is sent of a grant', () => {
  const own: Term = { actions: ['invoke'], maxTokens: 5 };
  const lead: Term = { actions: ['stream'], roles: ['lead'] };
  const also = (...terms: Term[]): Grant => ({ ...granted, ...own, also: terms });

  test.each<[string, Term[], Grant | undefined, object]>([
    ['a new one', [own], undefined, own],
    ['one with terms for others', [own, lead], undefined, { ...own, also: [lead] }],
    [
      'one without a bound that it had',
      [{ actions: ['invoke'] }],
      { ...granted, ...own },
      { actions: ['invoke'], maxTokens: null },
    ],
    [
      'one without an emptied list',
      [{ ...own, regions: [] }],
      { ...granted, ...own, regions: ['us-east-1'] },
      { ...own, regions: null },
    ],
    ['one whose terms for others go', [own], also(lead), { ...own, also: null }],
    ['one whose first terms go', [lead], also(lead), { ...lead, maxTokens: null, also: null }],
  ])('%s', (_, terms, seen, body) => expect(bodyOf(terms, seen)).toEqual(body));

  test('names nobody’s stamps', () => expect(bodyOf([{ ...granted, ...own } as Term], undefined)).toEqual(own));
});

test.each<[Partial<Tenant>, string]>([
  [{}, 'active'],
  [{ suspended: true }, 'suspended'],
  [{ suspended: true, offboarded: true }, 'offboarded'],
  [{ expiresAt: '2026-01-01T00:00:00Z' }, 'ended'],
  [{ expiresAt: '2026-01-01T00:00:02Z' }, 'active'],
])('a tenant with %o is %s', (more, state) =>
  expect(stateOf({ ...tenant, ...more }, Date.parse('2026-01-01T00:00:01Z'))).toBe(state),
);

test.each<[Term, string, string]>([
  [{ actions: [] }, 'everyone', ''],
  [{ actions: [], roles: ['a', 'b'], principals: ['ann'] }, 'roles a, b; ann', ''],
  [{ actions: [], maxTokens: 9, direct: true }, 'everyone', 'at most 9 tokens; credentials, too'],
])('%o is for %s, with bounds: %s', (term, audience, bounds) =>
  expect([audienceOf(term), boundsOf(term)]).toEqual([audience, bounds]),
);
