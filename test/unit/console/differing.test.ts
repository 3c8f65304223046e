import { expect, test } from 'vitest';
import { differing } from '../../../console/ui/differing.ts';

const seen = { id: 'acme', version: 2, updatedAt: 'then', owners: ['Ann'], regions: ['us-east-1'], labels: { a: '1' } };

test.each<[string, object, object, string[]]>([
  ['nothing', {}, { ...seen, version: 3, updatedAt: 'now' }, []],
  ['what somebody else changed', {}, { ...seen, owners: ['Bea'] }, ['owners']],
  ['what somebody else added', {}, { ...seen, plan: 'big' }, ['plan']],
  ['what somebody else took away', {}, { ...seen, regions: undefined }, ['regions']],
  ['what this edit changes', { owners: ['Bea'] }, seen, ['owners']],
  ['nothing that both say is not', { plan: null }, seen, []],
])('of a conflict %s is shown', (_, mine, theirs, names) =>
  expect(differing({ ...mine }, seen, { ...theirs })).toEqual(names),
);
