import { describe, expect, test } from 'vitest';
import { Html, html } from '../../../cli/page/html.ts';
import { reviewPage } from '../../../cli/review/page.ts';
import { demands, reviewText, verdict } from '../../../cli/review/text.ts';
import { invokerRolePolicy, invokerTrustPolicy } from '../../../policies/roles.ts';
import { readSnapshot } from '../../../registry/snapshot.ts';
import { createWriter } from '../../../registry/writer.ts';
import { assemble, isOpen, type Review, recordOf } from '../../../review/gather.ts';
import { reviewJson } from '../../../review/json.ts';
import { lastRecord, type PastReview, recordKey, writeRecord } from '../../../review/record.ts';
import type { Roles } from '../../../review/roles.ts';
import { grantDocument, tenantDocument } from '../registry/documents.ts';
import { memoryItems } from '../registry/memory-items.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const ACCOUNT = '111122223333';
const HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>\'&amp;</details>';

const ROLES: Roles = {
  source: 'deployed',
  assumers: ['tollgate-dev-invoke'],
  functions: [],
  notes: [],
  invoker: {
    name: 'tollgate-dev-invoker',
    arn: `arn:aws:iam::${ACCOUNT}:role/tollgate-dev-invoker`,
    trust: invokerTrustPolicy({ trustedRoleArn: `arn:aws:iam::${ACCOUNT}:role/tollgate-dev-invoke` }),
    policies: [
      {
        name: 'models',
        document: invokerRolePolicy({ partition: 'aws', account: ACCOUNT, regions: ['us-east-1', 'us-west-2'] }),
      },
    ],
  },
};

async function world(
  prepare: (writer: ReturnType<typeof createWriter>, items: ReturnType<typeof memoryItems>) => Promise<unknown>,
  actor = 'ops',
) {
  const items = memoryItems();
  let now = NOW - 1_000_000;
  const writer = createWriter({ items, clock: () => now++, actor });
  await prepare(writer, items);
  return readSnapshot(items, () => NOW);
}

async function reviewed(
  prepare: (writer: ReturnType<typeof createWriter>, items: ReturnType<typeof memoryItems>) => Promise<unknown>,
  more: Partial<{ previous: PastReview; since: string; roles: Roles; actor: string; by: string }> = {},
): Promise<Review> {
  const { previous, since, roles = ROLES, actor, by = 'reviewer' } = more;
  const snapshot = await world(prepare, actor);
  return assemble({ now: NOW, by, stage: 'dev', region: 'us-east-1', snapshot, roles, previous, since, notes: [] });
}

const model = (id: string, more: object = {}) => ({
  id,
  target: {
    kind: 'bedrock-profile',
    modelId: `us.amazon.${id}:0`,
    region: 'us-east-1',
    arn: `arn:aws:bedrock:us-east-1:${ACCOUNT}:inference-profile/us.amazon.${id}:0`,
    modelArns: ['us-east-1', 'us-west-2'].map((region) => `arn:aws:bedrock:${region}::foundation-model/amazon.${id}:0`),
  },
  lifecycle: { status: 'active' },
  prices: [],
  ...more,
});

async function demo(writer: ReturnType<typeof createWriter>): Promise<void> {
  await writer.putTenant({ id: 'acme', costCenter: 'cc', displayName: 'Acme' });
  await writer.putTenant({ id: 'globex', costCenter: 'cc' });
  await writer.putModel(model('nova'));
  await writer.putModel(model('titan'));
  await writer.grant('acme', 'nova', ['invoke']);
}

describe('the page', () => {
  test('hostile names, reasons and editors stay text: no element or attribute of theirs', async () => {
    const review = await reviewed(
      async (writer) => {
        await writer.putTenant({ id: 'acme', costCenter: 'cc', displayName: HOSTILE });
        await writer.putModel(model('nova', { displayName: HOSTILE }));
        await writer.grant('acme', 'nova', ['invoke'], { restrictions: { roles: [HOSTILE, 'a\u202eb'] } });
      },
      { actor: HOSTILE, by: HOSTILE, roles: { ...ROLES, notes: [HOSTILE] } },
    );
    const page = reviewPage(review);
    expect(page).toContain('&#60;script&#62;alert(1)');
    expect(page).not.toMatch(/<script|<img|onerror=alert\(2\)>|\u202e/);
    const elements = new Set([...page.matchAll(/<\/?([a-z0-9]+)/g)].map(([, name]) => name));
    expect(elements).not.toContain('script');
    // Everything opened by this page is closed by it: a value that closed one would leave the counts apart.
    for (const name of ['details', 'table', 'tr', 'td', 'th', 'code', 'pre', 'span', 'ul', 'li', 'main', 'p'])
      expect(page.split(`</${name}>`).length, name).toBe(page.split(new RegExp(`<${name}[ >]`)).length);
  });

  test('needs nothing from anywhere, and lets nothing run', async () => {
    const page = reviewPage(await reviewed(demo));
    expect(page).not.toMatch(/\b(src|srcset|data|action|formaction|poster)=|url\(|@import|<link|<base|javascript:/i);
    for (const [, href = ''] of page.matchAll(/href="([^"]*)"/g)) {
      expect(href).toMatch(/^#/);
      expect(page, href).toContain(`id="${href.slice(1)}"`);
    }
    expect(page).toContain("default-src 'none'");
  });

  test('every table has a caption and says which header is whose', async () => {
    const page = reviewPage(await reviewed(demo));
    const tables = page.split('<table').slice(1);
    expect(tables.length).toBeGreaterThan(3);
    for (const table of tables) {
      expect(table).toMatch(/<caption>[^<]+<\/caption>/);
      expect(table).not.toMatch(/<th(?! scope="(col|row)")[ >]/);
    }
  });

  test('says who may what, and why not', async () => {
    const review = await reviewed(async (writer, items) => {
      await demo(writer);
      for (const id of ['spoilt', 'zeta']) {
        await writer.putTenant({ id, costCenter: 'cc' });
        await writer.grant(id, 'titan');
      }
      items.edit({ pk: 'TENANT#spoilt', sk: 'BUDGETS' }, { v: 1 });
      await writer.suspendTenant('zeta');
    });
    const matrix = /<table class="matrix">.*?<\/table>/s.exec(reviewPage(review))?.[0] ?? '';
    const rows = [...matrix.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
      [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell = '']) => cell.replace(/<[^>]*>/g, ' ').trim()),
    );
    expect(rows).toEqual([
      ['Tenant', 'nova', 'titan'],
      ['acme  Acme', '✓ invoke', 'no'],
      ['globex', 'no', 'no'],
      ['spoilt  refused: its budgets cannot be read', 'no', 'grant unusable'],
      ['zeta  suspended', 'no', 'no: tenant-suspended'],
    ]);
  });
});

test('of many tenants the page has an index, and rows as data: nothing runs but its own script, and no value is markup', async () => {
  const review = await reviewed(async (writer, items) => {
    await writer.putModel(model('nova', { displayName: HOSTILE }));
    await writer.putModel(model('titan'));
    for (let n = 0; n < 2_001; n++)
      items.edit({ pk: `TENANT#t${n}`, sk: 'TENANT' }, tenantDocument(`t${n}`, { displayName: HOSTILE }));
    for (let n = 0; n < 250; n++)
      items.edit({ pk: `TENANT#t${n}`, sk: 'GRANT#nova' }, grantDocument(`t${n}`, 'nova', { grantedBy: HOSTILE }));
  });
  const page = reviewPage(review);
  const [own, ...others] = page.match(/<script>/g) ?? [];
  expect([own, ...others]).toEqual(['<script>']);
  const tables = [...page.matchAll(/<script type="application\/json">(.*?)<\/script>/gs)].map(([, text = '']) => {
    expect(text).not.toContain('<');
    return JSON.parse(text) as { names: string[]; rows: number[][] };
  });
  const rowsOf = (length: number) => tables.filter(({ rows }) => rows.length === length).length;
  // Every tenant, and every grant.
  expect([2_001, 250].map(rowsOf)).toEqual([1, 1]);
  expect(tables.some(({ names }) => names.includes(HOSTILE))).toBe(true);
  expect(page).not.toContain(HOSTILE);
  expect(page).not.toContain('<img');
  expect(page.length).toBeLessThan(600_000);
});

describe('the verdict', () => {
  test('a sound registry is closed', async () => {
    const review = await reviewed(demo);
    expect(isOpen(review)).toBe(false);
    expect(verdict(review)).toMatch(/^No tenant can reach a model without a grant \(1 session, 1 session policy/);
  });

  test('a trust policy that lets somebody else in is open, on the page, in the text and in JSON', async () => {
    const [first, ...rest] = [ROLES.invoker.trust.Statement].flat();
    const trust = {
      Statement: [first, ...rest].map((one) => ({ ...one, Principal: { AWS: ACCOUNT } })),
    } as Roles['invoker']['trust'];
    const review = await reviewed(demo, { roles: { ...ROLES, invoker: { ...ROLES.invoker, trust } } });
    expect(isOpen(review)).toBe(true);
    expect(reviewText(review)).toMatch(/^A TENANT COULD REACH.*role tollgate-dev-invoker .*another-role/s);
    expect(reviewPage(review)).toMatch(/class="verdict bad".*role tollgate-dev-invoker/s);
    expect(reviewJson(review)).toMatchObject({ closed: false });
  });

  test('a role too narrow for what was granted is said, and is not open', async () => {
    const document = invokerRolePolicy({ partition: 'aws', account: ACCOUNT, regions: ['us-east-1'] });
    const invoker = { ...ROLES.invoker, policies: [{ name: 'models', document }] };
    const review = await reviewed(demo, { roles: { ...ROLES, invoker } });
    expect(isOpen(review)).toBe(false);
    expect(verdict(review)).toMatch(/; 1 granted call would be denied$/);
    expect(review.findings).toMatchObject([{ kind: 'broken', tenant: 'acme', reached: 'nova' }]);
  });
});

describe('what changed', () => {
  test('is everything after the earlier review, and which session policies differ from it', async () => {
    const before = await reviewed(demo);
    const previous = recordOf(before);
    const changed = async (writer: ReturnType<typeof createWriter>) => {
      await demo(writer);
      await writer.grant('acme', 'titan', ['stream']);
      await writer.revoke('acme', 'nova');
    };
    const last = before.changes.at(-1)?.at ?? '';
    const review = await reviewed(changed, { previous: { ...previous, at: last } });
    expect(review.changes.map(({ item, change }) => `${change} ${item}`)).toEqual([
      'create GRANT#acme#titan',
      'revoke GRANT#acme#nova',
    ]);
    expect(review.policyChanges).toEqual([
      { session: 'acme nova invoke', change: 'gone' },
      { session: 'acme titan stream', change: 'new' },
    ]);
    expect(reviewPage(review)).toContain('GRANT#acme#nova');
  });

  test('an edit whose clock was slow is after the review that had not seen it, by the log’s number', async () => {
    const previous = recordOf(await reviewed(demo));
    expect(previous.edit).toBe(5);
    const late = async (writer: ReturnType<typeof createWriter>, items: ReturnType<typeof memoryItems>) => {
      await demo(writer);
      await createWriter({ items, clock: () => NOW - 9_000_000, actor: 'ops' }).suspendTenant('globex');
    };
    const review = await reviewed(late, { previous });
    expect(review.changes).toMatchObject([{ item: 'TENANT#globex', change: 'suspend', edit: 6 }]);
    expect(reviewText(review)).toContain('suspended false → true');
  });

  test('without an earlier review it is every edit, and that is said', async () => {
    const review = await reviewed(demo);
    expect(review.since).toEqual({ at: null, why: 'no earlier review was recorded' });
    expect(review.changes).toHaveLength(5);
    expect(review.policyChanges).toBeNull();
  });
});

describe('the record of a review', () => {
  const store = () => {
    const objects = new Map<string, string>();
    return {
      objects,
      async *list(prefix: string) {
        for (const key of [...objects.keys()].sort()) if (key.startsWith(prefix)) yield key;
      },
      read: async (key: string) => objects.get(key) ?? null,
      put: async (key: string, body: string | Uint8Array) =>
        !objects.has(key) && Boolean(objects.set(key, String(body))),
    };
  };
  const record = (at: string) => ({
    at,
    by: 'reviewer',
    counts: { tenants: 1, models: 1, grants: 1, findings: 0 },
    policies: { 'acme nova invoke': 'ab' },
  });

  test('the latest is found, or the latest of a time', async () => {
    const kept = store();
    expect(await lastRecord(kept)).toBeUndefined();
    for (const at of ['2026-11-21T09:00:00.000Z', '2026-11-22T09:00:00.000Z']) await writeRecord(kept, record(at));
    kept.objects.set('reviews/notes.txt', 'mine');
    expect((await lastRecord(kept))?.at).toBe('2026-11-22T09:00:00.000Z');
    expect((await lastRecord(kept, '2026-11-21T10:00:00.000Z'))?.at).toBe('2026-11-21T09:00:00.000Z');
    expect(await lastRecord(kept, '2026-11-20T10:00:00.000Z')).toBeUndefined();
  });

  test('none is written over', async () => {
    const kept = store();
    await writeRecord(kept, record('2026-11-21T09:00:00.000Z'));
    await expect(writeRecord(kept, record('2026-11-21T09:00:00.000Z'))).rejects.toMatchObject({ code: 'conflict' });
  });

  test.each([
    '{',
    '{"v":2}',
    '{"v":1,"at":"soon","by":"x","policies":{}}',
    '{"v":1,"at":"2026-11-21","by":"x","policies":{"a":1}}',
    '{"v":1,"at":"2026-11-21","by":"x","edit":-1,"policies":{}}',
  ])('%s is not taken for one', async (body) => {
    const kept = store();
    kept.objects.set(recordKey('2026-11-21T09:00:00.000Z'), body);
    await expect(lastRecord(kept)).rejects.toMatchObject({ code: 'bad_entry' });
  });
});

test('only html`` makes markup', () => {
  expect(String(html`<b title="${'"'}">${['<', html`<i></i>`, 1]}</b>`)).toBe('<b title="&#34;">&#60;<i></i>1</b>');
  // @ts-expect-error: its key is its own module's
  expect(() => new Html(Symbol('html'), '<b>')).toThrow(TypeError);
});

test('a grant’s demands are told with who holds each of them up', () => {
  expect(demands({ id: 'm', actions: ['invoke'], maxTokens: 5, regions: ['us-east-1'] })).toEqual([
    'maxTokens 5 (our code alone)',
    'regions us-east-1 (our code and IAM)',
  ]);
  expect(demands({ guardrail: { arn: 'a', version: '1' } })[0]).toMatch(
    /^guardrail a version 1 \(IAM, which one; our code/,
  );
  expect(demands({ direct: true })[0]).toMatch(/^direct \(.*IAM alone; no budget/);
});
