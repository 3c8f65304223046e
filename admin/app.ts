import { type Context, Hono } from 'hono';
import type { CallerContext } from '../contract/context.ts';
import { TollgateError } from '../contract/errors.ts';
import type { TenantId } from '../contract/identity.ts';
import { PRINCIPAL_MAX_CHARS } from '../contract/limits/contract.ts';
import type { Clock } from '../contract/log.ts';
import type { KeyWriter } from '../registry/gateway-keys/writer.ts';
import type { Items } from '../registry/items.ts';
import { type Rights, rightsOf } from '../registry/rights.ts';
import { createWriter } from '../registry/writer.ts';
import { documentOf, queryOf, versionWanted } from './asked.ts';
import { createLimit } from './limit.ts';
import { HttpProblem, problemAnswer } from './problem.ts';
import { answeredOnce } from './repeat.ts';
import type { Act, CounterReader, Reply, Route, UsageReader } from './route.ts';
import { ROUTES } from './routes.ts';
import { absent, type Stage } from './stage.ts';

export interface AdminDeps {
  items: Items;
  /** Under the name of whoever edits. Absent: the stage has no keys. */
  keys?: (actor: string) => KeyWriter;
  /** The bucket of usage, opened when it is first asked for. Absent: nothing is told of use. */
  usage?: () => Promise<UsageReader>;
  /** The counters of budgets. Absent: nothing is told of where they stand. */
  counters?: () => Promise<CounterReader>;
  /** Absent: nothing is told of more than entries. */
  stage?: Stage;
  clock: Clock;
}

export interface AdminBindings {
  caller: CallerContext;
  requestId: string;
}

/** The registry’s API: Hono over a table of routes, each behind the caller’s rights. */
export function createAdmin({
  items,
  keys,
  usage = noUsage,
  counters = noUsage,
  stage,
  clock,
}: AdminDeps): Hono<{ Bindings: AdminBindings }> {
  const limit = createLimit(clock);
  const app = new Hono<{ Bindings: AdminBindings }>();

  async function run(route: Route, c: Context<{ Bindings: AdminBindings }>): Promise<Response> {
    const { caller } = c.env;
    const actor = `${caller.tenant}/${caller.principal}`.slice(0, PRINCIPAL_MAX_CHARS);
    const rights = rightsOf(caller);
    const params = c.req.param() as Record<string, string>;
    authorise(route, rights, caller.tenant, route.tenantOf?.(params));
    const wait = limit(actor, route.cost);
    if (wait > 0) throw new HttpProblem(429, 'Too many requests of this caller.', { 'retry-after': String(wait) });
    const query = queryOf(new URL(c.req.url).searchParams, route.parameters ?? []);
    const edits = route.verb === 'write';
    const body = edits ? await documentOf(c.req.raw) : {};
    const edit = { items, clock, actor, ...(query.dryRun === true ? { dryRun: true } : {}) };
    const act: Act = {
      ...{ rights, caller, params, query, body, clock, wanted: edits ? versionWanted(c.req.raw.headers) : undefined },
      writer: createWriter(edit),
      writerOf: (seen) => createWriter({ ...edit, seen }),
      keys: keys?.(actor),
      ...{ items, usage, counters, stage },
    };
    const answer = async (): Promise<Response> => responseOf(await route.run(act));
    const key = c.req.header('idempotency-key');
    if (!edits || key === undefined) return answer();
    const request = `${c.req.method} ${c.req.url}\n${JSON.stringify(body)}`;
    return answeredOnce({ caller: `${caller.tenant}\n${caller.principal}`, key, request }, items, clock, answer);
  }

  for (const route of ROUTES)
    app.on(route.method.toUpperCase(), `/admin${route.path}`, async (c) => {
      try {
        return await run(route, c);
      } catch (error) {
        const conditional = c.req.header('if-match') !== undefined || c.req.header('if-none-match') !== undefined;
        return problemAnswer(error, c.env.requestId, conditional);
      }
    });
  app.notFound((c) => problemAnswer(noRoute(c.req.method, c.req.path), c.env.requestId, false));
  app.onError((error, c) => problemAnswer(error, c.env.requestId, false));
  return app;
}

/** @throws TollgateError `not_found` */
async function noUsage(): Promise<never> {
  throw absent('usage', 'no-usage', 'This stage’s API tells nothing of use.');
}

/** @throws TollgateError `forbidden`, with the same words whatever there is */
function authorise(route: Route, rights: Rights, own: TenantId, tenant: string | undefined): void {
  const { resource, verb, narrows, own: forAll } = route;
  if (resource === 'me') return;
  const scope = rights.scopeOf(resource, verb);
  const allowed =
    (scope === undefined && forAll) ||
    scope === 'all' ||
    (scope === 'own' && (tenant === undefined ? narrows === true : tenant === own));
  if (allowed) return;
  throw new TollgateError('forbidden', {
    reason: 'not-delegated',
    message: `None of this caller’s roles lets it ${verb === 'read' ? 'see' : 'change'} ${resource}${tenant === undefined ? '' : ' of that tenant'}.`,
  });
}

function responseOf({ status = 200, body, headers = {} }: Reply): Response {
  if (body === undefined) return new Response(null, { status: status === 200 ? 204 : status, headers });
  const [text, type] = typeof body === 'string' ? [body, 'text/plain'] : [JSON.stringify(body), 'application/json'];
  return new Response(text, { status, headers: { 'content-type': type, ...headers } });
}

function noRoute(method: string, path: string): HttpProblem {
  const others = ROUTES.filter((route) => matches(route.path, path)).map((route) => route.method.toUpperCase());
  if (others.length === 0)
    return new HttpProblem(404, 'There is no such path; GET /admin/openapi.json lists those that there are.');
  const allow = [...new Set(others)].join(', ');
  return new HttpProblem(405, `${method} is not for this path; it takes ${allow}.`, { allow });
}

function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [`/admin${pattern}`.split('/'), path.split('/')];
  return wanted.length === given.length && wanted.every((part, index) => part.startsWith(':') || part === given[index]);
}
