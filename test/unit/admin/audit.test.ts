import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createAdmin } from '../../../admin/app.ts';
import type { CallerContext } from '../../../contract/context.ts';
import { MARKS, parsePrincipal, parseTenantId } from '../../../contract/identity.ts';
import { ADMIN_READ_MS } from '../../../contract/limits/admin.ts';
import { historyPartition, modelKey } from '../../../registry/keys.ts';
import { createWriter } from '../../../registry/writer.ts';
import { modelDocument } from '../registry/documents.ts';
import { type MemoryItems, memoryItems } from '../registry/memory-items.ts';

const START = Date.UTC(2026, 5, 1);
const OLDER = 3;

let items: MemoryItems;
let app: ReturnType<typeof createAdmin>;
let plan: string;

/** Edits 1 to 7: two of a plan, a model, a tenant, a grant, another tenant's, and a grant that changes. Before the log, three. */
beforeEach(async () => {
  items = memoryItems();
  app = createAdmin({ items, clock: () => START });
  const writer = createWriter({ items, clock: () => START, actor: 'ops/olga' });
  const file = await writer.apply({ models: ['m2', 'm3'].map((id) => ({ ...modelDocument(id), version: undefined })) });
  ({ plan = '' } = await file.make({ named: true }));
  await writer.putModel({ ...modelDocument('m1'), version: undefined });
  await writer.putTenant({ id: 'acme', costCenter: 'CC-1' });
  await writer.grant('acme', 'm1', ['invoke']);
  await createWriter({ items, clock: () => START, actor: 'ops/aki' }).putTenant({ id: 'globex', costCenter: 'CC-2' });
  await writer.grant('acme', 'm1', ['invoke', 'stream']);
  for (let n = 0; n < OLDER; n++) {
    const at = `2026-01-0${n + 1}T00:00:00.000Z`;
    const old = { v: 1, kind: 'model', change: 'create', at, by: 'old', before: null, after: modelDocument('m1') };
    items.edit({ pk: historyPartition(modelKey('m1')), sk: `${at}#000000001` }, old);
  }
});

const caller = (role: keyof typeof MARKS): CallerContext => ({
  ...{ tenant: parseTenantId('acme'), principal: parsePrincipal('ann'), roles: [MARKS[role]] },
  ...{ costCenter: 'CC-1', exp: START / 1000 + 900, models: [], budgets: [] },
});

async function ask(role: keyof typeof MARKS, path: string, method = 'GET') {
  const init = method === 'GET' ? {} : { method, body: '{}', headers: { 'content-type': 'application/json' } };
  const answer = await app.fetch(new Request(`http://x/admin${path}`, init), { caller: caller(role), requestId: 'r' });
  // biome-ignore lint/suspicious/noExplicitAny: an answer may be anything
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as any };
}

const namesOf = ({ body }: { body: { items: { edit?: number; at: string }[] } }) =>
  body.items.map(({ edit, at }) => edit ?? at.slice(0, 10));

describe('the trail', () => {
  test.each([1, 2, 4, 100])(
    'is read whole by pages of %i, each edit once, those of before the log at its end',
    async (limit) => {
      const seen: unknown[] = [];
      let cursor = '';
      do {
        const page = await ask('admin', `/audit?limit=${limit}${cursor}`);
        expect(page.body.items.length).toBeLessThanOrEqual(limit);
        seen.push(...namesOf(page));
        cursor = page.body.next === undefined ? '' : `&cursor=${page.body.next}`;
      } while (cursor !== '');
      expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1, '2026-01-03', '2026-01-02', '2026-01-01']);
    },
  );

  test('is looked through for half as long as API Gateway waits, and goes on from there when it is asked for more', async () => {
    let now = START;
    // Each look at it is a third of that.
    const passing = () => {
      now += ADMIN_READ_MS / 3;
      return now;
    };
    app = createAdmin({ items, clock: passing });
    const [pages, seen]: [number[], unknown[]] = [[], []];
    let cursor = '';
    do {
      const page = await ask('admin', `/audit?tenant=globex${cursor}`);
      pages.push(page.body.items.length);
      seen.push(...namesOf(page));
      cursor = page.body.next === undefined ? '' : `&cursor=${page.body.next}`;
    } while (cursor !== '');
    expect(seen).toEqual([6]);
    expect(pages.length).toBeGreaterThan(2);
    expect(pages).toContain(0);
  });

  test('of a later page reads nothing of those before it', async () => {
    const { body } = await ask('admin', '/audit?limit=4');
    const [reads, range] = [[] as (string | undefined)[], items.range.bind(items)];
    items.range = (pk, options) => {
      reads.push(options?.to);
      return range(pk, options);
    };
    expect(namesOf(await ask('admin', `/audit?limit=1&cursor=${body.next}`))).toEqual([3]);
    expect(reads[0]).toMatch(/^0*3$/);
  });

  test.each([
    ['of=grant/acme', [7, 5]],
    ['by=aki', [6]],
    ['tenant=globex', [6]],
    ['of=tenant&by=olga', [4]],
  ])('is filtered: %s', async (query, edits) => {
    expect(namesOf(await ask('admin', `/audit?${query}`))).toEqual(edits);
  });

  test('after an edit looks at nothing of before it, whoever’s that is', async () => {
    const scanned = vi.spyOn(items, 'scan');
    expect(namesOf(await ask('tenant-admin', '/audit?after=6'))).toEqual([7]);
    expect(namesOf(await ask('admin', '/audit?after=6&by=nobody'))).toEqual([]);
    expect(namesOf(await ask('admin', '/audit?after=6&tenant=initech'))).toEqual([]);
    expect(scanned).not.toHaveBeenCalled();
  });

  test('is filtered by plan', async () => {
    expect(namesOf(await ask('admin', `/audit?plan=${plan}`))).toEqual([2, 1]);
  });

  test.each(['x', 'MQ%3D%3D', Buffer.from('-1').toString('base64url'), Buffer.from('1+2+3').toString('base64url')])(
    'is not read from a cursor that is none: %s',
    async (cursor) => expect((await ask('admin', `/audit?cursor=${cursor}`)).status).toBe(400),
  );

  test('has each edit under its number, with before and after', async () => {
    const { body } = await ask('auditor', '/audit/7');
    expect(body).toMatchObject({ edit: 7, item: 'grant/acme/m1', by: 'ops/olga' });
    expect(body.differences).toEqual([{ path: 'actions', before: ['invoke'], after: ['invoke', 'stream'] }]);
  });

  test.each(['/audit/0', '/audit/8', '/audit/x', '/audit/999999999'])('has none at %s', async (path) => {
    expect((await ask('admin', path)).status).toBe(404);
  });

  test('is read alone', async () => {
    const read = vi.spyOn(items, 'batch');
    expect((await ask('admin', '/audit/4')).body.edit).toBe(4);
    expect(read.mock.calls.flatMap(([keys]) => keys)).toHaveLength(1);
  });

  test('of a tenant is told to its own administrator, and another’s is as one that there is not', async () => {
    expect((await ask('tenant-admin', '/audit/7')).status).toBe(200);
    const [other, none] = await Promise.all([ask('tenant-admin', '/audit/6'), ask('tenant-admin', '/audit/8')]);
    const told = ({ status, body }: typeof other) => [status, body.code, body.detail.replace(/\d/, 'N')];
    expect(told(other)).toEqual(told(none));
    expect((await ask('finance', '/audit/7')).status).toBe(403);
  });

  test('of another tenant is looked for no further than its number, whoever asks', async () => {
    const scanned = vi.spyOn(items, 'scan');
    await ask('tenant-admin', '/audit/1');
    expect(scanned).not.toHaveBeenCalled();
  });
});

describe('to take back', () => {
  test('says what it would do, and does nothing, on dryRun', async () => {
    const { body } = await ask('admin', '/audit/7/undo?dryRun=true', 'POST');
    expect(body).toEqual({
      changes: [
        {
          ...{ item: 'grant/acme/m1', does: 'change' },
          differences: [{ path: 'actions', before: ['invoke', 'stream'], after: ['invoke'] }],
        },
      ],
    });
    expect(namesOf(await ask('admin', '/audit?limit=1'))).toEqual([7]);
    const done = await ask('admin', '/audit/7/undo', 'POST');
    expect([done.status, done.headers.get('x-tollgate-edit')]).toEqual([200, '8']);
  });

  test('a whole plan likewise', async () => {
    const { body } = await ask('admin', `/changes/${plan}/undo?dryRun=true`, 'POST');
    expect(body.changes.map(({ item, does }: { item: string; does: string }) => [item, does])).toEqual([
      ['model/m3', 'remove'],
      ['model/m2', 'remove'],
    ]);
    expect(namesOf(await ask('admin', '/audit?limit=1'))).toEqual([7]);
  });

  test('is refused of what was changed since', async () => {
    expect((await ask('admin', '/audit/5/undo?dryRun=true', 'POST')).status).toBe(409);
  });
});
