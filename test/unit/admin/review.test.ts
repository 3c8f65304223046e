import { beforeEach, describe, expect, test } from 'vitest';
import type { TenantId } from '../../../contract/identity.ts';
import { invokerRolePolicy, invokerTrustPolicy } from '../../../policies/roles.ts';
import { tenantKey } from '../../../registry/keys.ts';
import { readSnapshot } from '../../../registry/snapshot.ts';
import { assemble, recordOf } from '../../../review/gather.ts';
import { writeRecord } from '../../../review/record.ts';
import type { Roles } from '../../../review/roles.ts';
import { modelDocument } from '../registry/documents.ts';
import { type Around, around, NOW } from './around.ts';

const ACCOUNT = '111122223333';
const arnOf = (what: string) => `arn:aws:iam::${ACCOUNT}:role/tollgate-dev-${what}-us-east-1`;

/** As IAM gave them; of an invoker role that may call in those regions. */
const roles = (regions: string[]): Roles => ({
  ...{ source: 'deployed', functions: [], assumers: ['tollgate-dev-invoke-us-east-1'], notes: [] },
  invoker: {
    name: 'tollgate-dev-invoker-us-east-1',
    arn: arnOf('invoker'),
    trust: invokerTrustPolicy({ trustedRoleArn: arnOf('invoke') }),
    policies: [{ name: 'models', document: invokerRolePolicy({ partition: 'aws', account: ACCOUNT, regions }) }],
  },
});

let api: Around;

beforeEach(async () => {
  api = around();
  const other = 'amazon.titan-embed-text-v2:0';
  const arn = `arn:aws:bedrock:us-east-1::foundation-model/${other}`;
  await api.writer.putModel({ ...modelDocument('m1'), version: undefined });
  await api.writer.putModel({
    ...{ ...modelDocument('m2'), version: undefined },
    target: { kind: 'bedrock-model', modelId: other, region: 'us-east-1', arn },
  });
  for (const id of ['acme', 'globex', 'initech']) await api.writer.putTenant({ id, costCenter: 'CC-1' });
  await api.writer.grant('acme', 'm1', ['invoke', 'stream']);
  await api.writer.grant('globex', 'm2', ['invoke']);
});

/** As the command line records a review. */
async function record(known: Roles): Promise<void> {
  const snapshot = await readSnapshot(api.items, () => NOW);
  const about = { now: NOW, by: 'rita', stage: 'dev', region: 'us-east-1', snapshot, roles: known };
  await writeRecord(api.store, recordOf(assemble({ ...about, previous: undefined, since: undefined, notes: [] })));
}

describe('the review of a stage', () => {
  test('is a page of tenants at a time, and every tenant is on one of them', async () => {
    const first = await api.ask('auditor', '/review?limit=2');
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({
      ...{ stage: 'dev', closed: true, tenants: { of: 3, unusable: 0 }, findings: [], policyChanges: null },
      since: { at: null, why: 'no earlier review was recorded' },
      roles: { source: 'assumed' },
      items: [
        { tenant: 'acme', standing: 'active', models: 1, sessions: 2, policies: 2, reach: 0, changed: null },
        { tenant: 'globex', models: 1, sessions: 1 },
      ],
    });
    expect(first.body.counts.questions).toBeGreaterThan(10);
    const second = await api.ask('auditor', `/review?limit=2&cursor=${first.body.next}`);
    expect(second.body.items.map(({ tenant }: { tenant: string }) => tenant)).toEqual(['initech']);
    expect([second.body.next, second.body.tenants]).toEqual([undefined, undefined]);
    // Of the tenants of its page, and of no other.
    expect(second.body.risks.find(({ kind }: { kind: string }) => kind === 'idle-tenant').of).toEqual(['initech']);
  });

  test('passes over a tenant whose item cannot be used, and goes on behind it', async () => {
    api.items.edit(tenantKey('dented' as TenantId), { v: 1, id: 'dented', costCenter: 7 });
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await api.ask('auditor', `/review?limit=1${cursor}`);
      seen.push(...body.items.map(({ tenant }: { tenant: string }) => tenant));
      cursor = body.next === undefined ? '' : `&cursor=${body.next}`;
    } while (cursor !== '');
    expect(seen).toEqual(['acme', 'globex', 'initech']);
    expect((await api.ask('auditor', '/review')).body.tenants).toEqual({ of: 3, unusable: 1 });
  });

  test('reads the tenants of its page and no other', async () => {
    api.items.calls.length = 0;
    await api.ask('auditor', '/review?limit=1');
    const read = api.items.calls.filter((call) => call.startsWith('partition TENANT#'));
    expect(read).toEqual(['partition TENANT#acme']);
    expect(api.items.calls.filter((call) => call.startsWith('scan'))).toEqual([]);
  });

  test('tells what changed since the one that was recorded, also of a tenant that is gone since', async () => {
    await record(roles(['us-east-1']));
    api.time.now += 1_000;
    await api.writer.grant('acme', 'm1', ['invoke']);
    await (await api.writer.offboardTenant('globex')).make();
    await (await api.writer.deleteTenant('globex')).make();
    const { body } = await api.ask('admin', '/review');
    expect(body.since).toMatchObject({
      at: new Date(NOW).toISOString(),
      edit: 7,
      why: 'the review that rita recorded',
    });
    expect(body.policyChanges).toEqual([
      { session: 'acme m1 stream', change: 'gone' },
      { session: 'globex m2 invoke', change: 'gone' },
    ]);
    expect(body.items[0]).toMatchObject({ tenant: 'acme', changed: 1 });
    const since = await api.ask('admin', `/audit?after=${body.since.edit}`);
    expect(since.body.items.map(({ item }: { item: string }) => item)).toEqual(
      expect.arrayContaining(['grant/acme/m1', 'tenant/globex']),
    );
    expect(since.body.items.every(({ edit }: { edit: number }) => edit > body.since.edit)).toBe(true);
    // The page on which the tenant that is gone would be tells of it, and no other does.
    const [first, second] = [await api.ask('admin', '/review?limit=1'), await api.ask('admin', '/review?prefix=i')];
    expect(first.body.policyChanges).toEqual([{ session: 'acme m1 stream', change: 'gone' }]);
    expect(second.body.policyChanges).toEqual([]);
  });

  test('rests on the roles as they were recorded, and finds what they do not let through', async () => {
    await record(roles(['eu-west-1']));
    const { body } = await api.ask('auditor', '/review');
    expect(body.roles).toMatchObject({ source: 'deployed', invoker: { arn: arnOf('invoker') } });
    expect(body.items[0]).toMatchObject({ tenant: 'acme', reach: 0, broken: 2 });
    expect(body.closed).toBe(true);
  });

  test('says so where a record cannot be read, and goes on without', async () => {
    const key = 'reviews/20261121T120000000Z.json';
    await api.store.put(
      key,
      JSON.stringify({ v: 1, at: new Date(NOW), by: 'x', policies: {}, roles: { source: 'deployed' } }),
    );
    const { status, body } = await api.ask('auditor', '/review');
    expect([status, body.roles.source]).toEqual([200, 'assumed']);
    expect(body.notes).toContainEqual(expect.stringContaining(key));
  });
});

describe('the review of one tenant', () => {
  test('has each session with its policy, and what that allows of all that was tried', async () => {
    const { body } = await api.ask('auditor', '/review/acme');
    expect(body.sessions).toMatchObject([
      { model: 'm1', for: 'invoke', decided: { allowed: true } },
      { model: 'm1', for: 'stream' },
    ]);
    const [first] = body.policies;
    expect(first).toMatchObject({ hash: body.sessions[0].policy, allows: [{ model: 'm1', action: 'invoke' }] });
    expect(first.document.Statement[0].Resource).toContainEqual(expect.stringContaining('amazon.nova-lite-v1:0'));
    expect((await api.ask('auditor', '/review/nobody')).status).toBe(404);
  });

  test('explains a call up to the policies it would run under, or to what refuses it', async () => {
    const { body } = await api.ask('auditor', '/review/acme/m1?action=stream&principal=ann');
    expect(body).toMatchObject({ allowed: true, reason: 'granted', session: { sourceIdentity: expect.any(String) } });
    expect(body.session.role.arn).toContain('role/tollgate-dev-invoker-us-east-1');
    const refused = await api.ask('auditor', '/review/acme/m2');
    expect(refused.body).toMatchObject({ allowed: false, session: null });
    expect(refused.body.steps.at(-1)).toMatchObject({ yes: false });
    const odd = await api.ask('auditor', '/review/acme/m1?action=delete');
    expect([odd.status, odd.body.errors]).toMatchObject([400, [{ path: 'action', reason: 'unknown-action' }]]);
  });

  test.each([
    ['/review', 403],
    ['/review/globex', 403],
    ['/review/globex/m2', 403],
    ['/review/acme', 200],
    ['/review/acme/m1', 200],
    // Whether there is such a model, it does not say.
    ['/review/acme/m2', 403],
    ['/review/acme/nothing', 403],
  ])('its own administrator: %s is %d', async (path, status) => {
    expect((await api.ask('tenant-admin', path)).status).toBe(status);
  });

  test('names to its own administrator neither others’ models nor the stage’s roles', async () => {
    for (const path of ['/review/acme', '/review/acme/m1']) {
      const { body } = await api.ask('tenant-admin', path);
      expect(JSON.stringify(body)).not.toMatch(/"m2"|globex|:role\/tollgate/);
    }
  });

  test('tells of what could not be read no words of AWS, and its own administrator nothing', async () => {
    const refusal = new Error('User: arn:aws:sts::111122223333:assumed-role/tollgate-dev-admin is not authorized');
    api.store.list = () => {
      throw Object.assign(refusal, { name: 'AccessDenied' });
    };
    const { body } = await api.ask('auditor', '/review/acme');
    expect(body.notes).toContainEqual(expect.stringContaining('(AccessDenied)'));
    expect(JSON.stringify(body.notes)).not.toContain('111122223333');
    expect((await api.ask('tenant-admin', '/review/acme')).body.notes).toEqual([]);
    expect((await api.ask('tenant-admin', '/review/acme/m1')).body.session.notes).toEqual([]);
  });
});
