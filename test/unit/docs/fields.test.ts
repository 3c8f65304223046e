import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fieldsPage } from '../../../invoke/surfaces/fields-document.ts';
import { ROUTES } from '../../../invoke/surfaces/routes.ts';

test('docs/fields.md is what the tables say: npm run docs writes it', async () => {
  const documents = await Promise.all(ROUTES.map(({ document }) => document()));
  const page = readFileSync(new URL('../../../docs/fields.md', import.meta.url), 'utf8');
  expect(page).toBe(fieldsPage(Object.assign({}, ...documents.map(({ tables }) => tables ?? {}))));
});

test('each route is described, once', async () => {
  for (const { method, path, document } of ROUTES)
    expect((await document()).documented, `${method} ${path}`).toHaveProperty([`${method} ${path}`]);
});
