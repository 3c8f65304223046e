import { ADMIN_PAGE, ADMIN_PAGE_MAX, ADMIN_TARGETS_MAX_MINUTES, ADMIN_TENANTS_MAX } from '../contract/limits/admin.ts';
import { USAGE_ROWS_MAX } from '../contract/limits/metering.ts';
import { DIMENSIONS } from '../metering/report/groups.ts';
import type { Parameter } from './asked.ts';
import type { Route } from './route.ts';
import SCHEMAS from './schemas.json' with { type: 'json' };

const ABOUT: Readonly<Record<Parameter, string>> = {
  limit: `Entries of a page, 1 to ${ADMIN_PAGE_MAX}; ${ADMIN_PAGE} unless given.`,
  cursor: 'The `next` of the page before.',
  prefix: 'Ids that begin so.',
  q: 'Part of an id or of a display name, in letters of either case.',
  label: 'A label that a tenant has: `team` or `team=blue`.',
  status: 'Of a model, tenant, key or request: `active`, `deprecated`, `suspended`, `revoked`, `open`.',
  tenant: 'Of this tenant.',
  tenants: `Of any of these, with commas between; at most ${ADMIN_TENANTS_MAX}.`,
  model: 'Of this model.',
  bundle: 'Of this bundle.',
  principal: 'One caller of the tenant.',
  outcome: 'That ended so, or stands so: `ok`, `denied`, `in-flight`, `unsettled`.',
  request: 'Of this x-request-id.',
  by: `Of edits: part of the name of who edited. Of a report: what it adds up by, a list of ${DIMENSIONS.join(', ')}, or none of them: \`none\`.`,
  of: 'One entry, or a kind: `grant/acme/nova-lite`, `model`.',
  plan: 'Edits of this plan, as `/admin/changes` told it.',
  since: 'From then on, UTC.',
  until: 'Up to then, UTC.',
  at: 'As it was then, UTC.',
  from: 'The first day of UTC, `2026-11-01`; that of `to` unless given.',
  to: 'The last day, today unless given.',
  period: 'And by these: `day`, `week`, `month`; `total` unless given.',
  top: `Rows of a report, 1 to ${USAGE_ROWS_MAX}, the costliest; the others are added up.`,
  format: '`json` unless given, or `csv`.',
  version: 'As it was in this version.',
  with: 'The version to compare with.',
  after: 'Edits of a greater number alone.',
  minutes: `Of calls that began so long ago at most, 1 to ${ADMIN_TARGETS_MAX_MINUTES}.`,
  action: 'To do what: `invoke`, `stream`, ...; `invoke` unless given.',
  roles: 'The caller’s roles, separated by commas; whichever the grant asks for unless given.',
  prune: 'What the body does not name goes, too.',
  dryRun: 'Says what would be done, and does nothing.',
};

/** By resource the schema of its body, of schemas.json. */
const BODIES: Readonly<Record<string, string>> = {
  models: 'model',
  tenants: 'tenant',
  bundles: 'bundle',
  aliases: 'alias',
  grants: 'grant',
  budgets: 'budget',
  clients: 'client',
  defaults: 'defaults',
  evaluations: 'evaluation',
};

/** The API as OpenAPI 3.1, from the same table that serves it. */
export function openapi(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = `/admin${route.path.replaceAll(/:(\w+)/g, '{$1}')}`;
    const operations = paths[path] ?? {};
    paths[path] = operations;
    operations[route.method] = operationOf(route);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Tollgate: the registry', version: '1' },
    // The folder above the document's: the paths are not the host's, where a stage's name or a base path is before them.
    servers: [{ url: '..' }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { ...SCHEMAS, problem: PROBLEM },
    },
  };
}

function operationOf({ method, path, about, resource, verb, parameters = [] }: Route): object {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = parameters.map((name) => ({
    name,
    in: 'query',
    description: ABOUT[name],
    schema: { type: 'string' },
  }));
  const headers =
    verb === 'write'
      ? ['If-Match', 'Idempotency-Key'].map((name) => ({ name, in: 'header', schema: { type: 'string' } }))
      : [];
  const body = BODIES[resource];
  const takes = method === 'put' || method === 'patch' || method === 'post';
  return {
    summary: about,
    tags: [resource],
    parameters: [...inPath, ...inQuery, ...headers],
    ...(takes
      ? {
          requestBody: {
            content: {
              'application/json': {
                schema:
                  method !== 'post' && body !== undefined
                    ? { $ref: `#/components/schemas/${body}` }
                    : { type: 'object' },
              },
            },
          },
        }
      : {}),
    responses: {
      200: { description: 'Done.', content: { 'application/json': { schema: { type: 'object' } } } },
      default: {
        description: 'Refused.',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/problem' } } },
      },
    },
  };
}

/** RFC 9457. */
const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'instance'],
  properties: {
    ...Object.fromEntries(['type', 'title', 'detail', 'code', 'instance'].map((name) => [name, { type: 'string' }])),
    status: { type: 'integer' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'reason'],
        properties: { path: { type: 'string' }, reason: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
};
