import { readFileSync, writeFileSync } from 'node:fs';
import { doctorPolicy } from '../cli/doctor/rights.ts';
import { fieldsPage } from '../invoke/surfaces/fields-document.ts';
import { ROUTES } from '../invoke/surfaces/routes.ts';
import { OPTIONS, resourcesOf, stackOf } from '../test/infra/synth.ts';
import { withCosts } from './cost/page.ts';
import { withPolicy } from './doctor-policy.ts';
import { definitions, fileSchema } from './registry-schema.ts';
import { withSettings } from './settings-table.ts';
import { withAttributes } from './traces-table.ts';

/** `npm run docs`: what is made of the code's own tables and schemas. A test says when one is out of date. */
const documents = [...new Set(ROUTES.map(({ document }) => document))];
const tables = (await Promise.all(documents.map((load) => load()))).map((document) => document.tables ?? {});
writeFileSync(new URL('fields.md', import.meta.url), fieldsPage(Object.assign({}, ...tables)));

const written = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
writeFileSync(new URL('registry.schema.json', import.meta.url), written(fileSchema()));
writeFileSync(new URL('../admin/schemas.json', import.meta.url), written(definitions()));

const deploy = new URL('deploy.md', import.meta.url);
writeFileSync(deploy, withSettings(readFileSync(deploy, 'utf8')));

const cost = new URL('cost.md', import.meta.url);
const options = OPTIONS.map(([name, given]) => [name, resourcesOf(stackOf(given).stack)] as const);
writeFileSync(cost, withCosts(readFileSync(cost, 'utf8'), options));

const doctor = new URL('doctor.md', import.meta.url);
writeFileSync(doctor, withPolicy(readFileSync(doctor, 'utf8'), doctorPolicy()));

const traces = new URL('traces.md', import.meta.url);
writeFileSync(traces, withAttributes(readFileSync(traces, 'utf8')));
