import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Stack } from './stack.ts';

let stack: Stack;
let ops: string;
let acme: string;

beforeAll(async () => {
  stack = await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: '0' } });
  [ops, acme] = await Promise.all([stack.token('ops'), stack.token('acme-app')]);
});

afterAll(() => stack.remove());

interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: an answer may be anything
  body: any;
}

async function ask(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  token = ops,
): Promise<Answer> {
  const response = await fetch(`${stack.gateway}/admin${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

const target = (modelId: string) => ({
  kind: 'bedrock-model',
  modelId,
  region: 'us-east-1',
  arn: `arn:aws:bedrock:us-east-1::foundation-model/${modelId}`,
});

describe('the registry’s API', () => {
  test('is for those to whom it is delegated: everybody else is refused alike, and nobody without a token', async () => {
    for (const [method, path] of [
      ['GET', '/models'],
      ['PUT', '/models/x'],
      ['GET', '/tenants/globex'],
    ] as const) {
      const { status, body, headers } = await ask(method, path, method === 'PUT' ? {} : undefined, {}, acme);
      expect([status, body.code, headers.get('content-type')]).toEqual([403, 'forbidden', 'application/problem+json']);
      expect(body.instance).toBe(headers.get('x-request-id'));
    }
    const bare = await fetch(`${stack.gateway}/admin/models`);
    expect(bare.status).toBe(401);
  });

  test('makes, shows, changes and removes an entry, each under the version that was seen', async () => {
    const made = await ask('PUT', '/models/api-model', {
      target: target('amazon.nova-micro-v1:0'),
      lifecycle: { status: 'active' },
    });
    expect([made.status, made.headers.get('etag'), made.body.updatedBy]).toEqual([201, '"1"', 'ops/ops']);
    expect(Number(made.headers.get('x-tollgate-edit'))).toBeGreaterThan(0);
    expect((await ask('PUT', '/models/api-model', {}, { 'if-none-match': '*' })).status).toBe(412);
    const named = await ask('PATCH', '/models/api-model', { displayName: 'By the API' }, { 'if-match': '"1"' });
    expect([named.status, named.headers.get('etag'), named.body.displayName]).toEqual([200, '"2"', 'By the API']);
    const late = await ask('PATCH', '/models/api-model', { displayName: 'Late' }, { 'if-match': '"1"' });
    expect([late.status, late.body.code, late.body.changes?.[0]?.by]).toEqual([412, 'conflict', 'ops/ops']);
    expect(late.body.detail).toMatch(/replace \(displayName\) by ops\/ops/);
    expect((await ask('PATCH', '/models/nobody', {})).status).toBe(404);
    const history = await ask('GET', '/models/api-model/history');
    expect(history.body.items).toMatchObject([
      { change: 'create' },
      { differences: [{ path: 'displayName', after: 'By the API' }] },
    ]);
    expect((await ask('GET', '/models/api-model?version=1')).body).not.toHaveProperty('displayName');
    const back = await ask('POST', '/models/api-model/rollback', { version: 1 });
    expect([back.status, back.headers.get('etag')]).toEqual([200, '"3"']);
  });

  test('refuses what the command line refuses, with every problem by its path', async () => {
    const wrong = { target: target('x'), lifecycle: { status: 'odd' }, prices: 'free', colour: 1 };
    const { status, body } = await ask('PUT', '/models/api-bad', wrong);
    expect([status, body.title, body.code]).toEqual([400, 'Bad Request', 'bad_entry']);
    expect(body.errors.map((one: { path: string }) => one.path)).toEqual(['lifecycle.status', 'prices', 'colour']);
    expect((await ask('PUT', '/grants/nobody/nova-lite', {})).status).toBe(404);
    expect((await ask('PUT', '/grants/acme/nobody', {})).body.errors).toMatchObject([{ path: 'model' }]);
    const odd = await ask('GET', '/models?colour=red&limit=0');
    expect(odd.body.errors.map((one: { path: string }) => one.path).sort()).toEqual(['colour', 'limit']);
    expect((await ask('DELETE', '/models')).headers.get('allow')).toBe('GET');
    expect((await ask('GET', '/nothing')).status).toBe(404);
  });

  test('grants, budgets, aliases, bundles, defaults and prices are entries like the others, and calls follow them', async () => {
    expect((await ask('PUT', '/tenants/api-tenant', { costCenter: 'CC-1', labels: { team: 'blue' } })).status).toBe(
      201,
    );
    expect((await ask('PUT', '/grants/api-tenant/nova-lite', { actions: ['invoke'], maxTokens: 9 })).status).toBe(201);
    expect(
      (
        await ask('PUT', '/budgets/api-tenant/day', {
          per: 'tenant',
          period: 'day',
          unit: 'usd',
          limit: '5',
          enforcement: 'hard',
        })
      ).status,
    ).toBe(201);
    expect((await ask('PUT', '/aliases/api-alias', { models: { 'nova-lite': 1 } })).status).toBe(201);
    expect((await ask('PUT', '/bundles/api-bundle', { models: ['nova-lite'] })).status).toBe(201);
    const grants = await ask('GET', '/grants?tenant=api-tenant');
    expect(grants.body.items).toMatchObject([{ model: 'nova-lite', maxTokens: 9 }]);
    expect((await ask('GET', '/tenants?label=team=blue')).body.items.map((one: { id: string }) => one.id)).toEqual([
      'api-tenant',
    ]);
    expect((await ask('GET', '/budgets?tenant=api-tenant')).body.items).toMatchObject([
      { id: 'day', owner: 'api-tenant' },
    ]);
    const standing = await ask('GET', '/standing/api-tenant');
    expect(standing.body.items).toMatchObject([
      { id: 'day', from: 'tenant', unit: 'usd', limit: '5', used: '0', left: '5', percent: 0 },
    ]);
    const access = await ask('GET', '/access/api-tenant');
    expect(access.body.items).toMatchObject([{ model: 'nova-lite', state: 'usable', by: 'ops/ops' }]);
    for (const path of [
      '/budgets/api-tenant/day',
      '/aliases/api-alias',
      '/bundles/api-bundle',
      '/grants/api-tenant/nova-lite',
    ])
      expect((await ask('DELETE', path)).status).toBe(204);
    expect((await ask('GET', '/grants/api-tenant/nova-lite')).status).toBe(404);
  });

  test('whoever signed in makes a key of its own, which calls, and sees and ends no other', async () => {
    const made = await ask('POST', '/keys', { name: 'mine' }, {}, acme);
    expect([made.status, made.body.tenant, made.body.key]).toEqual([201, 'acme', expect.stringMatching(/^tg_/)]);
    expect(await stack.converse(made.body.key, 'nova-lite', 'hello')).toBe(200);
    const { expiresAt } = made.body;
    const renewed = await ask('POST', `/keys/${made.body.id}/rotate`, { expiresAt }, {}, acme);
    expect([renewed.status, renewed.body.expiresAt]).toEqual([201, expiresAt]);
    const longer = await ask('POST', `/keys/${made.body.id}/rotate`, { expiresAt: '9999-01-01' }, {}, acme);
    expect(longer.status).toBe(400);
    const other = await ask('POST', '/keys', { name: 'theirs', tenant: 'globex' });
    expect(other.status).toBe(201);
    expect(
      (await ask('GET', '/keys', undefined, {}, acme)).body.items.map((one: { name: string }) => one.name),
    ).toEqual(['mine']);
    expect((await ask('POST', '/keys', { name: 'x', tenant: 'globex' }, {}, acme)).status).toBe(403);
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/rotate'],
      ['DELETE', ''],
    ] as const)
      expect(
        (await ask(method, `/keys/${other.body.id}${path}`, method === 'POST' ? {} : undefined, {}, acme)).status,
      ).toBe(404);
    expect((await ask('DELETE', `/keys/${made.body.id}`, undefined, {}, acme)).status).toBe(200);
    expect(await stack.converse(made.body.key, 'nova-lite', 'hello')).toBe(401);
  });

  test('a caller asks for a model that it was not granted, an operator grants it, and it answers', async () => {
    const wanted = { model: 'llama-3-3-70b', why: 'For the demo.' };
    const asked = await ask('POST', '/access-requests', wanted, {}, acme);
    expect([asked.status, asked.body.status, await stack.converse(acme, wanted.model, 'hello')]).toEqual([
      ...[201, 'open', 403],
    ]);
    const { tenant, id } = asked.body;
    const listed = await stack.cli('request', 'list', 'acme', '--format', 'json');
    expect(JSON.parse(listed.stdout)).toMatchObject([{ id, principal: 'acme-app', why: 'For the demo.' }]);
    const tried = await stack.cli('request', 'approve', tenant, id, '--max-tokens', '50', '--dry-run');
    expect([tried.code, (await ask('GET', `/access-requests/acme/${id}`)).body.status]).toEqual([0, 'open']);
    const done = await stack.cli('request', 'approve', tenant, id, '--max-tokens', '50', '--yes');
    expect([done.code, done.stdout]).toEqual([0, expect.stringContaining('llama-3-3-70b is granted to acme-app')]);
    expect(await stack.converse(acme, wanted.model, 'hello')).toBe(200);
    const grant = await ask('GET', '/grants/acme/llama-3-3-70b');
    expect(grant.body).toMatchObject({ principals: ['acme-app'], maxTokens: 50 });
    expect((await stack.cli('request', 'list')).stdout).toContain('nobody asks for anything');
    const again = await ask('POST', '/access-requests', wanted, {}, acme);
    expect(again.body.errors).toMatchObject([{ reason: 'already-granted' }]);
  });

  test('pages a list by id, and the audit trail by its numbers', async () => {
    const first = await ask('GET', '/models?limit=2');
    const second = await ask('GET', `/models?limit=2&cursor=${first.body.next}`);
    const ids = [...first.body.items, ...second.body.items].map((one: { id: string }) => one.id);
    expect(ids).toEqual([...new Set(ids)].sort());
    expect(ids).toHaveLength(4);
    const audit = await ask('GET', '/audit?limit=3&by=ops/');
    const more = await ask('GET', `/audit?limit=3&by=ops/&cursor=${audit.body.next}`);
    const edits = [...audit.body.items, ...more.body.items].map((one: { edit: number }) => one.edit);
    expect(edits).toEqual([...edits].sort((a, b) => b - a));
    expect(new Set(edits).size).toBe(6);
  });

  test('makes many edits as one plan, tries it first, once under an idempotency key, and takes it back', async () => {
    const tenants = Array.from({ length: 60 }, (_, index) => ({
      id: `bulk-${index}`,
      costCenter: 'CC-1',
      grants: [{ model: 'nova-lite' }],
    }));
    const tried = await ask('POST', '/changes?dryRun=true', { tenants });
    expect([tried.status, tried.body.changes.length]).toEqual([200, 120]);
    expect((await ask('GET', '/tenants/bulk-0')).status).toBe(404);
    const key = { 'idempotency-key': 'bulk-once' };
    const made = await ask('POST', '/changes', { tenants }, key);
    expect([made.status, made.body.edits.length, made.body.plan]).toEqual([200, 120, expect.stringMatching(/^p-/)]);
    const again = await ask('POST', '/changes', { tenants }, key);
    expect([again.status, again.body]).toEqual([200, made.body]);
    expect((await ask('POST', '/changes', { tenants: [] }, key)).status).toBe(409);
    const undone = await ask('POST', `/changes/${made.body.plan}/undo`, {});
    expect([undone.status, undone.body.edits.length]).toEqual([200, 120]);
    expect((await ask('GET', '/tenants?prefix=bulk-')).body.items).toEqual([]);
    const bad = await ask('POST', '/changes', { tenants: [{ id: 'ok-1', costCenter: 'x' }, { id: 'bulk-x' }] });
    expect(bad.body.errors).toMatchObject([{ path: 'tenants[1].costCenter', reason: 'missing' }]);
    expect((await ask('GET', '/tenants/ok-1')).status).toBe(404);
  });

  test('tells who would miss a model, how its places answer, what AWS says otherwise, and the review of a tenant', async () => {
    await stack.converse(acme, 'nova-lite', 'hello');
    const impact = await ask('GET', '/models/nova-lite/impact');
    expect(impact.body.items).toContainEqual(expect.objectContaining({ tenant: 'acme' }));
    await fetch(`${stack.aws}/_local/flush`, { method: 'POST' });
    const targets = await ask('GET', '/models/nova-lite/targets');
    expect(targets.body).toMatchObject({ complete: true, items: [{ region: 'us-east-1', state: 'open' }] });
    expect(targets.body.items[0].answered).toBeGreaterThan(0);
    const { body } = await ask('GET', '/sync');
    expect([body.unread, body.drafts.length > 0]).toEqual([[], true]);
    const [draft] = body.drafts;
    const approved = await ask('POST', '/changes', { models: [draft.document] });
    expect([approved.status, (await ask('GET', `/models/${draft.model}`)).body.lifecycle.status]).toEqual([
      200,
      'draft',
    ]);
    const review = await ask('GET', '/review/acme/nova-lite');
    const mark = await stack.mark();
    await stack.converse(acme, 'nova-lite', 'hello');
    const [called] = (await stack.upstream(mark)).filter(({ service }) => service === 'bedrock');
    expect(review.body.session.policy.document).toEqual(called?.caller?.sessionPolicy);
  });

  test('says what there is of it in OpenAPI', async () => {
    const { body } = await ask('GET', '/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining([
        '/admin/models/{model}',
        '/admin/grants/{tenant}/{model}',
        '/admin/audit',
        '/admin/keys',
        '/admin/changes',
      ]),
    );
  });
});
