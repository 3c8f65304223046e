import { describe, expect, test } from 'vitest';
import { createAdmin } from '../../../admin/app.ts';
import type { CallerContext } from '../../../contract/context.ts';
import { type Delegate, MARKS, parsePrincipal, parseTenantId } from '../../../contract/identity.ts';
import { memoryItems } from '../registry/memory-items.ts';

interface Told {
  roles: string[];
  rights: Record<string, object | undefined>;
  keys: boolean;
}

async function me(held: readonly Delegate[], deps = {}) {
  const caller: CallerContext = {
    ...{ tenant: parseTenantId('acme'), principal: parsePrincipal('ann'), costCenter: 'CC-1', exp: 1_780_000_000 },
    ...{ roles: ['developer', ...held.map((delegate) => MARKS[delegate])], models: [], budgets: [] },
  };
  const app = createAdmin({ items: memoryItems(), clock: () => 0, ...deps });
  const response = await app.fetch(new Request('http://x/admin/me'), { caller, requestId: 'r-1' });
  return { status: response.status, body: (await response.json()) as Told };
}

describe('who asks who it is', () => {
  test.each<[string, Delegate[], object]>([
    ['without a role is told that it has no rights', [], {}],
    ['as auditor sees everything', ['auditor'], { tenants: { read: 'all' }, audit: { read: 'all' } }],
    ['as admin changes it, too', ['admin'], { grants: { read: 'all', write: 'all' } }],
    ['as tenant-admin has rights of its own tenant', ['tenant-admin'], { grants: { read: 'own', write: 'own' } }],
    ['with two has the wider of both', ['tenant-admin', 'finance'], { budgets: { read: 'all', write: 'all' } }],
  ])('%s', async (_, held, rights) => {
    const { status, body } = await me(held);
    expect(status).toBe(200);
    expect(body).toMatchObject({ tenant: 'acme', principal: 'ann', expiresAt: '2026-05-28T20:26:40.000Z', rights });
    if (held.length === 0) expect(body.rights).toEqual({});
  });

  test('is told the roles that count here, and not those of its directory', async () => {
    expect((await me(['finance', 'tenant-admin'])).body.roles).toEqual(['tenant-admin', 'finance']);
  });

  test('is told nothing of what it may not: no empty entries', async () => {
    const { rights } = (await me(['finance'])).body;
    expect(rights.grants).toBeUndefined();
    expect(rights.models).toEqual({ read: 'all' });
  });

  test('is told whether the stage has keys', async () => {
    expect((await me([])).body.keys).toBe(false);
    expect((await me([], { keys: () => ({}) })).body.keys).toBe(true);
  });
});
