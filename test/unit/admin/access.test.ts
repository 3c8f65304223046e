import { beforeEach, expect, test } from 'vitest';
import { modelDocument } from '../registry/documents.ts';
import { type Around, around } from './around.ts';

let stage: Around;

beforeEach(async () => {
  stage = around();
  for (const id of ['open', 'for-leads', 'for-ann', 'for-ann-who-leads'])
    await stage.writer.putModel({ ...modelDocument(id), version: undefined });
  await stage.writer.putTenant({ id: 'acme', costCenter: 'CC-1' });
  const granted = { open: {}, 'for-leads': { roles: ['lead'] }, 'for-ann': { principals: ['ann'] } };
  const both = { 'for-ann-who-leads': { roles: ['lead', 'head'], principals: ['ann'] } };
  for (const [model, to] of Object.entries({ ...granted, ...both }))
    await stage.writer.grant('acme', model, ['invoke'], { restrictions: to });
});

test.each([
  ['', ['for-ann', 'for-ann-who-leads', 'for-leads', 'open']],
  ['?principal=ann', ['for-ann', 'for-ann-who-leads', 'for-leads', 'open']],
  ['?principal=ann&roles=', ['for-ann', 'open']],
  ['?principal=ann&roles=other', ['for-ann', 'open']],
  ['?principal=ann&roles=other,head', ['for-ann', 'for-ann-who-leads', 'open']],
  ['?principal=bob', ['for-leads', 'open']],
  ['?principal=bob&roles=other', ['open']],
  ['?roles=other', ['for-ann', 'open']],
])('what a caller could use is told by its name and its roles, where they are known: %s', async (query, models) => {
  const { body } = await stage.ask('admin', `/access/acme${query}`);
  expect(body.items.map(({ model }: { model: string }) => model).sort()).toEqual(models);
});
