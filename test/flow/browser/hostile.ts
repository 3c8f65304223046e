import { expect } from 'vitest';
import type { Issuer } from '../many.ts';
import type { Stack } from '../stack.ts';

/** Markup that would run, an override of the direction, letters that go the other way, emoji of several code points, and no place to break. */
const NAME = `<img src=x onerror="document.title='run'">\u202e\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 👩‍👩‍👧‍👦🏳️‍🌈`;

/** @param length in UTF-16 units, as the registry counts */
const hostile = (length: number, name = NAME): string => name + 'W'.repeat(length - name.length);

/** As a token's subject may be: nothing that formats, and so no family of emoji. */
const PRINCIPAL = hostile(256, NAME.replaceAll(/\p{Cf}/gu, ''));

/**
 * Fills a stage with entries and calls that are called as badly as the registry and the authorizer let anybody be called, each as long
 * as it may be.
 */
export async function fill(stack: Stack, issuer: Issuer): Promise<void> {
  const admin = asked(stack, await stack.token('ops'));
  const [tenant, model, id] = [`t${'-'.repeat(62)}t`, `m${'-'.repeat(62)}m`, `b${'-'.repeat(30)}b`];
  await admin('POST', '/admin/changes', {
    models: [
      {
        ...{ id: model, displayName: hostile(100), askable: true },
        target: {
          ...{ kind: 'bedrock-model', modelId: 'amazon.nova-pro-v1:0', region: 'us-east-1' },
          arn: 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0',
        },
        lifecycle: { status: 'active' },
        provenance: { source: hostile(300), approver: hostile(300), trainingData: hostile(300) },
      },
    ],
    bundles: [{ id: model, displayName: hostile(100), models: [model] }],
    tenants: [
      {
        ...{ id: tenant, costCenter: 'م'.repeat(64), labels: { [`l${'.'.repeat(61)}l`]: hostile(256) } },
        ...{ displayName: hostile(100), owners: [hostile(100)], contacts: [hostile(100)] },
        grants: [{ model, principals: [PRINCIPAL], roles: [hostile(256)] }, { model: 'nova-lite' }],
        budgets: [{ id, per: 'tenant', period: 'month', unit: 'usd', limit: '1.5', enforcement: 'soft' }],
      },
    ],
  });
  await admin('POST', '/admin/keys', { name: `k${'-'.repeat(62)}k`, tenant, owner: PRINCIPAL });
  for (const of of [tenant, 'acme']) {
    const caller = asked(stack, await issuer.tokenOf(of, PRINCIPAL));
    await caller('POST', '/admin/access-requests', { model: 'llama-3-3-70b', why: hostile(300) });
    await caller('POST', '/v1/chat/completions', {
      ...{ model: 'nova-lite', messages: [{ role: 'user', content: hostile(300) }] },
    });
  }
  const { code, stderr } = await stack.cli('meter', 'run');
  expect(code, stderr).toBe(0);
}

const asked =
  (stack: Stack, token: string) =>
  async (method: string, path: string, body: object): Promise<void> => {
    const response = await fetch(stack.gateway + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.ok, `${path}: ${await response.text()}`).toBe(true);
  };
