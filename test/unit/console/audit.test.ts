import { describe, expect, test } from 'vitest';
import { partsOf, routeOf, summaryOf, told } from '../../../console/views/audit/edit.ts';

describe('what an edit is of', () => {
  test.each([
    ['model/nova-lite', ['model', 'nova-lite', ''], [['registry-models', 'nova-lite'], {}]],
    ['model/a/b?c', ['model', 'a', 'b?c'], [['registry-models', 'a/b?c'], {}]],
    ['tenant/acme', ['tenant', 'acme', ''], [['tenants', 'acme'], {}]],
    ['grant/acme/a/b', ['grant', 'acme', 'a/b'], [['tenants', 'acme'], { tab: 'grants' }]],
    ['budgets/acme', ['budgets', 'acme', ''], [['budgets'], { tenant: 'acme' }]],
    ['budgets/*', ['budgets', '*', ''], [['budgets'], { tab: 'stage' }]],
    ['request/acme/r-1', ['request', 'acme', 'r-1'], [['access-requests'], { tenant: 'acme', status: 'any' }]],
    ['defaults', ['defaults', '', ''], undefined],
    ['client/0f3a', ['client', '0f3a', ''], undefined],
  ])('%s is shown where it is', (item, parts, route) => {
    expect(partsOf(item)).toEqual(parts);
    expect(routeOf(item)).toEqual(route);
  });
});

describe('what an edit changed, in a line,', () => {
  test.each([
    [[{ path: 'actions', before: ['invoke'], after: ['invoke', 'stream'] }], 'actions: invoke → invoke, stream'],
    [
      [
        { path: 'v', after: 1 },
        { path: 'tenant', after: 'acme' },
        { path: 'actions', after: ['invoke'] },
      ],
      'actions: invoke, and 1 more',
    ],
    [[{ path: 'tenant', after: 'acme' }], 'tenant: acme'],
    [[{ path: 'displayName', before: 'A', after: undefined }], 'displayName: A → none'],
    [[{ path: 'routing', before: { a: 1 }, after: null }], 'routing: {…} → none'],
    [[{ path: 'displayName', after: '😀'.repeat(60) }], `displayName: ${'😀'.repeat(40)}…`],
    [[{ path: 'v', before: 1, after: 2 }], 'nothing'],
    [[], 'nothing'],
  ])('%j is: %s', (differences, line) => expect(summaryOf(differences)).toBe(line));

  test('says nothing of the form that entries are kept in', () => {
    expect(
      told([
        { path: 'v', after: 1 },
        { path: 'version', after: 2 },
      ]),
    ).toEqual([{ path: 'version', after: 2 }]);
  });
});
