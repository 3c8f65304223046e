import { expect, test } from 'vitest';
import { joined, type Page } from '../../../console/views/review/reviewed.ts';

const page = (tenant: string, more: Partial<Page> = {}): Page => ({
  ...{ at: '2026-11-21T12:00:00Z', stage: 'dev', closed: true, tenants: { of: 2, unusable: 0 } },
  counts: { tenants: 1, models: 1, sessions: 2, policies: 2, questions: 10 },
  items: [
    {
      ...{ tenant, standing: 'active', models: 1, sessions: 2, policies: 2, questions: 10 },
      ...{ reach: 0, broken: 0, changed: null },
    },
  ],
  findings: [],
  risks: [],
  roles: { source: 'assumed', invoker: { name: '', arn: '', trust: {}, policies: [] }, functions: [], trust: [] },
  since: { at: null, why: '' },
  policyChanges: null,
  notes: [],
  ...more,
});

const risk = (kind: string, level: 'high' | 'low', of: string[]) => ({ kind, level, what: kind, of });
const ofRole = {
  ...{ kind: 'reach' as const, tenant: null, model: null, use: null, role: 'r', reached: null, action: null },
  ...{ resource: '*', reason: 'open' },
};

test('pages of a review say together what each of them says, and what is the stage’s once', () => {
  const first = page('acme', {
    ...{ next: 'c', findings: [ofRole], policyChanges: [{ session: 'acme m invoke', change: 'new' }] },
    risks: [risk('no-expiry', 'low', ['acme m']), risk('shared-resource', 'low', ['m = n'])],
  });
  const second = page('globex', {
    ...{ findings: [ofRole], policyChanges: [] },
    risks: [
      risk('no-expiry', 'low', ['globex m']),
      risk('shared-resource', 'low', ['m = n']),
      risk('direct-mode', 'high', ['globex m']),
    ],
  });
  const whole = joined(joined(undefined, first), second);
  expect(whole.items.map(({ tenant }) => tenant)).toEqual(['acme', 'globex']);
  expect(whole).toMatchObject({ sessions: 4, questions: 20, next: undefined });
  expect(whole.findings).toEqual([ofRole]);
  expect(whole.policyChanges).toHaveLength(1);
  expect(whole.risks.map(({ kind, of }) => [kind, of])).toEqual([
    ['direct-mode', ['globex m']],
    ['no-expiry', ['acme m', 'globex m']],
    ['shared-resource', ['m = n']],
  ]);
});
