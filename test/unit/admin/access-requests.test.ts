import { beforeEach, describe, expect, test } from 'vitest';
import { createAdmin } from '../../../admin/app.ts';
import type { CallerContext } from '../../../contract/context.ts';
import { MARKS, parsePrincipal, parseTenantId } from '../../../contract/identity.ts';
import {
  REQUEST_KEPT_DAYS,
  REQUEST_WHY_MAX_CHARS,
  REQUESTS_PER_CALLER_MAX,
} from '../../../contract/limits/access-requests.ts';
import { createWriter, type Writer } from '../../../registry/writer.ts';
import { modelDocument } from '../registry/documents.ts';
import { type MemoryItems, memoryItems } from '../registry/memory-items.ts';

const START = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;

let items: MemoryItems;
let time: number;
let app: ReturnType<typeof createAdmin>;
let writer: Writer;

beforeEach(async () => {
  items = memoryItems();
  time = START;
  app = createAdmin({ items, clock: () => time });
  writer = createWriter({ items, clock: () => time, actor: 'setup' });
  const ended = { status: 'retired' };
  await writer.putModel({ ...modelDocument('open-1'), version: undefined, askable: true, displayName: 'Open One' });
  await writer.putModel({ ...modelDocument('open-2'), version: undefined, askable: true });
  await writer.putModel({ ...modelDocument('ended'), version: undefined, askable: true, lifecycle: ended });
  await writer.putModel({ ...modelDocument('secret'), version: undefined });
  for (const id of ['acme', 'globex']) await writer.putTenant({ id, costCenter: 'CC-1' });
  await writer.grant('acme', 'open-2', ['invoke'], { for: { roles: ['chosen'] }, restrictions: { maxTokens: 100 } });
});

function who(name: string, tenant = 'acme', ...roles: string[]): CallerContext {
  return {
    ...{ tenant: parseTenantId(tenant), principal: parsePrincipal(name), roles, costCenter: 'CC-1' },
    ...{ exp: START / 1000 + 900, models: [], budgets: [] },
  };
}

const ann = who('ann');
const tom = who('tom', 'acme', MARKS['tenant-admin']);
const bea = who('bea', 'globex');
const olga = who('olga', 'ops', MARKS.admin);
const aki = who('aki', 'ops', MARKS.auditor);

async function ask(
  caller: CallerContext,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const init = { method, ...json, headers: { 'content-type': 'application/json', ...headers } };
  const response = await app.fetch(new Request(`http://x/admin${path}`, init), { caller, requestId: 'r-1' });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

async function asked(caller = ann, model = 'open-1'): Promise<string> {
  const { body, status } = await ask(caller, 'POST', '/access-requests', { model, why: 'For the demo.' });
  expect([body.errors, status]).toEqual([undefined, 201]);
  return `/access-requests/${body.tenant}/${body.id}`;
}

describe('the catalogue', () => {
  test('names to anybody who signed in what may be asked for, and of it neither where it is nor what it costs', async () => {
    const { status, body } = await ask(ann, 'GET', '/catalogue');
    expect(status).toBe(200);
    expect(body.items).toEqual([
      { id: 'open-1', displayName: 'Open One', lifecycle: { status: 'active' } },
      { id: 'open-2', lifecycle: { status: 'active' } },
    ]);
  });
});

describe('who asks for access', () => {
  test('has one request of a model, however often it asks, and takes it back', async () => {
    const path = await asked();
    const again = await ask(ann, 'POST', '/access-requests', { model: 'open-1', why: 'For the demo.' });
    expect([again.status, again.headers.get('etag')]).toEqual([200, '"1"']);
    const better = await ask(ann, 'POST', '/access-requests', { model: 'open-1', why: 'For the\nboard.' });
    expect([better.status, better.headers.get('etag'), better.body.why]).toEqual([200, '"2"', 'For the\nboard.']);
    expect((await ask(ann, 'GET', '/access-requests')).body.items).toHaveLength(1);
    expect((await ask(ann, 'DELETE', path, undefined, { 'if-match': '"1"' })).status).toBe(412);
    expect((await ask(ann, 'DELETE', path, undefined, { 'if-match': '"2"' })).body.status).toBe('withdrawn');
    expect((await ask(ann, 'DELETE', path)).status).toBe(409);
    const reopened = await ask(ann, 'POST', '/access-requests', { model: 'open-1', why: 'After all.' });
    expect([reopened.status, reopened.body.status, reopened.body.decidedAt]).toEqual([200, 'open', undefined]);
  });

  test.each([
    ['of a model that may not be asked for', { model: 'secret', why: 'x' }, 'model', 'not-askable'],
    ['of one that is not there, alike', { model: 'nothing', why: 'x' }, 'model', 'not-askable'],
    ['of one that has ended', { model: 'ended', why: 'x' }, 'model', 'not-askable'],
    ['without a reason', { model: 'open-1' }, 'why', 'missing'],
    ['with too long a one', { model: 'open-1', why: 'x'.repeat(REQUEST_WHY_MAX_CHARS + 1) }, 'why', 'too-long'],
    ['with what cannot be seen', { model: 'open-1', why: 'a\u0007b' }, 'why', 'not-printable'],
    ['with a status of its own', { model: 'open-1', why: 'x', status: 'approved' }, 'status', 'unknown-member'],
    ['for somebody else', { model: 'open-1', why: 'x', principal: 'bob' }, 'principal', 'unknown-member'],
  ])('is refused a request %s', async (_, body, path, reason) => {
    const answer = await ask(ann, 'POST', '/access-requests', body);
    expect([answer.status, answer.body.errors]).toMatchObject([400, [{ path, reason }]]);
    expect((await ask(olga, 'GET', '/access-requests')).body.items).toEqual([]);
  });

  test('is told that it may use the model already, by a role of its own too', async () => {
    const chosen = await ask(who('ann', 'acme', 'chosen'), 'POST', '/access-requests', { model: 'open-2', why: 'x' });
    expect(chosen.body.errors).toMatchObject([{ path: 'model', reason: 'already-granted' }]);
    await asked(ann, 'open-2');
  });

  test('has a bounded number of open requests, and a key has none', async () => {
    for (let n = 0; n <= REQUESTS_PER_CALLER_MAX; n++)
      await writer.putModel({ ...modelDocument(`more-${n * 37}`), version: undefined, askable: true });
    for (let n = 0; n < REQUESTS_PER_CALLER_MAX; n++) await asked(ann, `more-${n * 37}`);
    const one = { model: 'open-1', why: 'x' };
    expect((await ask(ann, 'POST', '/access-requests', one)).body.errors).toMatchObject([
      { path: 'principal', reason: 'has-too-many-requests' },
    ]);
    expect((await ask({ ...ann, narrowed: {} }, 'POST', '/access-requests', one)).status).toBe(403);
  });

  test('sees its own requests alone, and learns of nobody else’s that they are there', async () => {
    const [mine, theirs] = [await asked(), await asked(bea)];
    expect((await ask(ann, 'GET', '/access-requests?tenant=globex')).body.items).toMatchObject([{ principal: 'ann' }]);
    const missing = theirs.replace(/[0-9a-f]$/, (last) => (last === '0' ? '1' : '0'));
    const [other, none] = [await ask(ann, 'GET', theirs), await ask(ann, 'GET', missing)];
    expect([other.status, other.body]).toEqual([404, none.body]);
    expect((await ask(who('bob'), 'GET', mine)).status).toBe(404);
    expect((await ask(who('bob'), 'DELETE', mine)).status).toBe(404);
    for (const verb of ['approve', 'decline'])
      expect((await ask(ann, 'POST', `${mine}/${verb}`, {})).status, verb).toBe(403);
    expect(await writer.holdings('globex')).toEqual([]);
  });
});

describe('who decides', () => {
  test('sees what is open, tries what it would grant, and grants it to who asked, both or neither', async () => {
    const path = await asked();
    const list = await ask(olga, 'GET', '/access-requests?status=open');
    expect(list.body.items).toMatchObject([
      { tenant: 'acme', principal: 'ann', model: 'open-1', why: 'For the demo.' },
    ]);
    const how = { grant: { actions: ['invoke', 'stream'], maxTokens: 500 }, note: 'Until the demo.' };
    const tried = await ask(olga, 'POST', `${path}/approve?dryRun=true`, how);
    expect(tried.body.changes.map((one: { item: string; does: string }) => [one.item, one.does])).toEqual([
      ['grant/acme/open-1', 'create'],
      [expect.stringMatching(/^request\/acme\//), 'change'],
    ]);
    // That a request is decided lets nobody do more: the grant does, and is what was asked for.
    expect(tried.body.findings).toEqual([]);
    expect((await ask(olga, 'GET', path)).body.status).toBe('open');
    const done = await ask(olga, 'POST', `${path}/approve`, how, { 'if-match': '"1"' });
    expect([done.status, done.body.status, done.body.note, done.body.plan]).toEqual([
      ...[200, 'approved', 'Until the demo.', expect.stringMatching(/^p-/)],
    ]);
    expect(await writer.showGrant('acme', 'open-1')).toMatchObject({
      ...{ principals: ['ann'], maxTokens: 500, actions: ['invoke', 'stream'], grantedBy: 'ops/olga' },
    });
    // And is known of as one thing, which one undo takes back.
    expect((await ask(olga, 'POST', `/changes/${done.body.plan}/undo`, {})).body.edits).toHaveLength(2);
    await expect(writer.showGrant('acme', 'open-1')).rejects.toMatchObject({ code: 'not_found' });
    expect((await ask(ann, 'GET', path)).body.status).toBe('open');
  });

  test('grants nothing where the grant is refused, and a request is decided once', async () => {
    const path = await asked();
    const bad = await ask(olga, 'POST', `${path}/approve`, { grant: { maxTokens: 0, colour: 1 } });
    expect([bad.status, bad.body.errors.map((one: { path: string }) => one.path).sort()]).toEqual([
      ...[400, ['colour', 'maxTokens']],
    ]);
    expect((await ask(olga, 'POST', `${path}/approve`, { grant: { principals: ['eve'] } })).body.errors).toMatchObject([
      { path: 'principals' },
    ]);
    expect((await ask(ann, 'GET', path)).body.status).toBe('open');
    const declined = await ask(olga, 'POST', `${path}/decline`, { note: 'Use open-2.' });
    expect(declined.body).toMatchObject({ status: 'declined', note: 'Use open-2.', decidedBy: 'ops/olga' });
    expect((await ask(olga, 'POST', `${path}/approve`, {})).status).toBe(409);
    expect(await writer.holdings('acme')).toHaveLength(1);
    // Who asked is told what was said, and not by whom of another tenant.
    const told = await ask(ann, 'GET', path);
    expect(told.body).toMatchObject({ note: 'Use open-2.', decidedBy: 'an operator' });
    expect(JSON.stringify(told.body)).not.toContain('olga');
  });

  test('names many who have the same in one term, since a grant has few', async () => {
    for (const name of ['ann', 'bob', 'cyd']) {
      const path = await asked(who(name));
      expect((await ask(olga, 'POST', `${path}/approve`, {})).status).toBe(200);
    }
    const more = await asked(who('dan'));
    await ask(olga, 'POST', `${more}/approve`, { grant: { maxTokens: 5 } });
    expect(await writer.showGrant('acme', 'open-1')).toMatchObject({
      ...{ principals: ['ann', 'bob', 'cyd'], also: [{ principals: ['dan'], maxTokens: 5 }] },
    });
  });

  test('may grant it to the whole tenant', async () => {
    const path = await asked(ann, 'open-2');
    await ask(olga, 'POST', `${path}/approve`, { to: 'tenant' });
    const { roles, also } = await writer.showGrant('acme', 'open-2');
    expect([roles, also?.map(({ roles, principals, maxTokens }) => [roles, principals, maxTokens])]).toEqual([
      ...[['chosen'], [[undefined, undefined, 100]]],
    ]);
  });

  test('of a tenant grants what the tenant holds for everyone, and nothing else; of another it sees nothing', async () => {
    const [path, theirs] = [await asked(), await asked(bea)];
    const refused = await ask(tom, 'POST', `${path}/approve`, {});
    expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
    expect((await ask(tom, 'GET', '/access-requests')).body.items).toMatchObject([{ principal: 'ann' }]);
    for (const [method, at] of [
      ['GET', ''],
      ['POST', '/approve'],
      ['POST', '/decline'],
    ] as const)
      expect((await ask(tom, method, `${theirs}${at}`, method === 'GET' ? undefined : {})).status).toBe(404);
    await writer.grant('acme', 'open-1', ['invoke'], { for: { roles: ['chosen'] } });
    expect((await ask(tom, 'POST', `${path}/approve`, {})).status).toBe(403);
    await writer.grant('acme', 'open-1', ['invoke'], { for: {} });
    expect((await ask(tom, 'POST', `${path}/approve`, { grant: { actions: ['stream'] } })).status).toBe(403);
    const done = await ask(tom, 'POST', `${path}/approve`, { grant: { actions: ['invoke'] } });
    expect([done.status, done.body.decidedBy]).toEqual([200, 'acme/tom']);
  });

  test.each([
    ['a model that the tenant holds', { model: 'open-2', actions: ['invoke'], maxTokens: 50 }, 'model'],
    ['another tenant', { tenant: 'globex' }, 'tenant'],
    ['more terms', { also: [{ actions: ['invoke'] }] }, 'also'],
  ])('names no other grant in it: %s', async (_, grant, path) => {
    await writer.grant('acme', 'open-2', ['invoke'], { for: {} });
    const at = await asked();
    for (const caller of [tom, olga]) {
      const { status, body } = await ask(caller, 'POST', `${at}/approve`, { grant });
      expect([status, body.errors]).toMatchObject([400, [{ path, reason: 'unknown-member' }]]);
    }
    expect((await ask(ann, 'GET', at)).body.status).toBe('open');
  });

  test('is none of those who only look', async () => {
    const path = await asked();
    expect((await ask(aki, 'GET', path)).status).toBe(200);
    expect((await ask(aki, 'POST', `${path}/approve`, {})).status).toBe(403);
    expect((await ask(aki, 'POST', `${path}/decline`, {})).status).toBe(403);
  });
});

test('a request is kept for a while after the last that was said of it, and its history for good', async () => {
  const path = await asked();
  time = START + (REQUEST_KEPT_DAYS - 1) * DAY;
  await ask(olga, 'POST', `${path}/decline`, {});
  time += DAY;
  expect((await ask(ann, 'GET', path)).body.keptUntil).toBe(
    new Date(START + (2 * REQUEST_KEPT_DAYS - 1) * DAY).toISOString().replace('.000', ''),
  );
  time = START + (2 * REQUEST_KEPT_DAYS - 1) * DAY;
  expect((await ask(ann, 'GET', path)).status).toBe(404);
  expect((await ask(ann, 'GET', '/access-requests')).body.items).toEqual([]);
  const audit = await ask(olga, 'GET', `/audit?of=request/acme&tenant=acme`);
  expect(audit.body.items.map((one: { change: string; by: string }) => [one.change, one.by])).toEqual([
    ['decline', 'ops/olga'],
    ['create', 'acme/ann'],
  ]);
});

test('pages by when they were asked', async () => {
  const names = ['zoe', 'ann', 'mia', 'bob', 'kim'];
  for (const name of names) {
    time += 1;
    await asked(who(name));
  }
  const first = await ask(olga, 'GET', '/access-requests?limit=3');
  const second = await ask(olga, 'GET', `/access-requests?limit=3&cursor=${first.body.next}`);
  const seen = [...first.body.items, ...second.body.items].map((one: { principal: string }) => one.principal);
  expect([seen, second.body.next]).toEqual([names, undefined]);
});
