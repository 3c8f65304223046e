import { describe, expect, test } from 'vitest';
import { DELEGATES, MARKS, parseTenantId } from '../../../contract/identity.ts';
import { parseGrant } from '../../../registry/grant.ts';
import { grantsOf } from '../../../registry/held.ts';
import { isBudgetOfPrincipals, isWithin, RESOURCES, type Resource, rightsOf, VERBS } from '../../../registry/rights.ts';
import type { Term } from '../../../registry/term.ts';
import { grantDocument } from './documents.ts';

const ACME = parseTenantId('acme');
const GLOBEX = parseTenantId('globex');

/** Read, then write: of everything, of one's own, of nothing. In the order of DELEGATES. */
const TABLE: Record<Resource, [admin: string, tenantAdmin: string, auditor: string, finance: string]> = {
  tenants: ['all all', 'own -', 'all -', 'all -'],
  models: ['all all', 'own -', 'all -', 'all -'],
  bundles: ['all all', '- -', 'all -', '- -'],
  aliases: ['all all', '- -', 'all -', '- -'],
  defaults: ['all all', '- -', 'all -', '- -'],
  grants: ['all all', 'own own', 'all -', '- -'],
  keys: ['all all', 'own own', 'all -', '- -'],
  budgets: ['all all', 'own own', 'all -', 'all all'],
  prices: ['all all', '- -', 'all -', 'all all'],
  clients: ['all all', '- -', 'all -', '- -'],
  evaluations: ['all all', '- -', 'all -', '- -'],
  audit: ['all all', 'own -', 'all -', '- -'],
  reports: ['all all', 'own -', 'all -', 'all -'],
  'access-requests': ['all all', 'own own', 'all -', '- -'],
};

describe('a delegated role', () => {
  const cells = RESOURCES.flatMap((resource) =>
    DELEGATES.flatMap((delegate, column) =>
      VERBS.map((verb, at) => [delegate, verb, resource, (TABLE[resource][column] ?? '').split(' ')[at]] as const),
    ),
  );

  test.each(cells)('%s may %s %s: %s', (delegate, verb, resource, scope) => {
    const rights = rightsOf({ tenant: ACME, roles: ['writer', MARKS[delegate]] });
    expect(rights.scopeOf(resource, verb) ?? '-').toBe(scope);
    expect(rights.may(resource, verb, ACME)).toBe(scope !== '-');
    expect(rights.may(resource, verb, GLOBEX)).toBe(scope === 'all');
    expect(rights.may(resource, verb)).toBe(scope === 'all');
  });

  test('adds to another, and a role of a token that is called so is none', () => {
    const both = rightsOf({ tenant: ACME, roles: [MARKS['tenant-admin'], MARKS.finance] });
    expect([both.may('budgets', 'write', GLOBEX), both.may('grants', 'write', GLOBEX)]).toEqual([true, false]);
    const none = rightsOf({ tenant: ACME, roles: ['tenant-admin', 'auditor', 'finance', 'Admin'] });
    expect(RESOURCES.some((resource) => VERBS.some((verb) => none.scopeOf(resource, verb) !== undefined))).toBe(false);
  });
});

describe('what who runs a tenant may grant', () => {
  const guardrail = { arn: 'arn:aws:bedrock:us-east-1:111122223333:guardrail/demo', version: '1' };
  const held = grantsOf(
    [
      parseGrant(
        grantDocument('acme', 'a', {
          ...{ actions: ['invoke', 'stream'], maxTokens: 100, regions: ['us-east-1', 'us-west-2'], guardrail },
          ...{ expiresAt: '2027-01-01', also: [{ actions: ['count'], roles: ['counter'] }] },
        }),
      ),
    ],
    new Map(),
    {},
  );
  const own: Term = {
    ...{ actions: ['invoke'], maxTokens: 100, regions: ['us-east-1'], guardrail, principals: ['alice'] },
    expiresAt: Date.UTC(2026, 11, 31) / 1000,
  };
  const { maxTokens: _, ...uncapped } = own;

  test.each<[string, Term, boolean]>([
    ['a part of what the tenant holds', own, true],
    ['an action more', { ...own, actions: ['invoke', 'count'] }, false],
    ['more tokens', { ...own, maxTokens: 101 }, false],
    ['no cap', uncapped, false],
    ['a region more', { ...own, regions: ['us-east-1', 'eu-west-1'] }, false],
    ['a use case under the same one', { ...own, useCases: { drafts: guardrail } }, true],
    ['a use case under another one', { ...own, useCases: { drafts: { ...guardrail, version: '2' } } }, false],
    ['another guardrail', { ...own, guardrail: { ...guardrail, version: '2' } }, false],
    ['credentials', { ...own, direct: true }, false],
    ['traces', { ...own, trace: true }, false],
    ['a longer time', { ...own, expiresAt: Date.UTC(2027, 0, 2) / 1000 }, false],
    ['what others have by their role', { actions: ['count'], principals: ['alice'] }, false],
    ['the same to whom have it', { actions: ['count'], roles: ['counter'] }, true],
  ])('%s: %#', (_name, term, within) => {
    expect(isWithin(term, held)).toBe(within);
  });

  test('and budget', () => {
    expect(['principal', 'tenant', 'model'].map((per) => isBudgetOfPrincipals({ per }))).toEqual([true, false, false]);
  });
});
