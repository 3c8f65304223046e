import { writeFileSync } from 'node:fs';
import { fieldsPage } from '../invoke/surfaces/fields-document.ts';
import { ROUTES } from '../invoke/surfaces/routes.ts';

/** `npm run docs`: the pages that are made of the code's own tables. A test says when one is out of date. */
const documents = [...new Set(ROUTES.map(({ document }) => document))];
const tables = (await Promise.all(documents.map((load) => load()))).map((document) => document.tables ?? {});
writeFileSync(new URL('fields.md', import.meta.url), fieldsPage(Object.assign({}, ...tables)));
