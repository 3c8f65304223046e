import type { Context } from 'hono';
import { Hono } from 'hono/tiny';
import type { CallerContext } from '../contract/context.ts';
import { asTollgateError, CODES, type Code, isTollgateError, TollgateError } from '../contract/errors.ts';
import { type Clock, DIMENSIONS, logLine, METRICS, type WriteLine } from '../contract/log.ts';
import type { AllowedModel } from '../contract/model.ts';
import { OPEN_PATHS } from '../contract/open-paths.ts';
import type { OpenContext } from '../seal/seal.ts';
import { type Run, USE_CASE_HEADER } from './call.ts';
import type { Direct } from './direct/direct.ts';
import { createCors } from './edge/cors.ts';
import type { Bindings, Served } from './edge/lambda.ts';
import type { EntriesOf } from './exchange.ts';
import {
  type Asked,
  type AskedHeaders,
  type Exchange,
  type Given,
  json,
  type TakeUp,
  type Traced,
} from './exchange.ts';
import { loggedField } from './names.ts';
import { ROUTES, type Route, type Serve } from './surfaces/routes.ts';
import { abilitiesOf, isServed } from './surfaces/served.ts';

export interface AppDeps {
  run: Run;
  /** Who calls, by what the event says, once that is proven. */
  open: OpenContext;
  /** Whether a call goes on with the caller's token, because a broker verifies it again. It is dropped otherwise. */
  keepToken: boolean;
  entries: EntriesOf;
  describe: Exchange['describe'];
  direct: Direct;
  counters: Exchange['counters'];
  answers: Exchange['answers'];
  storesResponses: boolean;
  sessionIds: Exchange['sessionIds'];
  costs: Exchange['costs'];
  /** Whose pages may call from a browser. */
  corsOrigins: readonly string[];
  /** Of which trace a request is part. */
  takeUp: TakeUp;
  clock: Clock;
  /** Where log lines go. */
  write: WriteLine;
}

interface Env {
  Bindings: Bindings & { asked: Asked; told: Record<string, string>; given?: Given };
  Variables: { caller: CallerContext; ran: boolean; traced: Traced | undefined };
}

/** What was known when a request was refused. */
interface About {
  ran?: boolean;
  caller?: CallerContext;
  /** The request's headers. */
  asked?: AskedHeaders;
  traced?: Traced | undefined;
}

/** Also those that nobody needs a token for. */
const SERVED = [...ROUTES, ...OPEN_PATHS.map((path) => ({ method: 'GET' as const, path }))];

const METHODS = [...new Set(ROUTES.map(({ method }) => method))].sort();

// Anybody can ask for what is not there.
const NOT_COUNTED: ReadonlySet<Code> = new Set(['not_found', 'unavailable']);

/**
 * The routes, and nothing else: what a route does is its surface's, and who calls is the context's. A path or a method
 * that is not here is 404.
 */
export function createApp(deps: AppDeps): Served {
  const app = new Hono<Env>();
  const cors = createCors(deps.corsOrigins, METHODS);

  app.get('/health', (c) => give(c, json({ status: 'ok' })));
  app.get('/openapi.json', async (c) => {
    const { openapi } = await import('./surfaces/openapi.ts');
    return give(c, json(await openapi(ROUTES)));
  });
  app.get('/docs', async (c) => {
    const [{ openapi }, { docsPage }] = await Promise.all([
      import('./surfaces/openapi.ts'),
      import('./surfaces/own/page.ts'),
    ]);
    return give(c, docsPage(await openapi(ROUTES)));
  });
  for (const route of ROUTES) app.on(route.method, route.path.replaceAll(/\{(\w+)\}/g, ':$1'), guarded(route));

  app.notFound(async (c) => {
    const { method, path } = c.req;
    const methods = METHODS.filter((one) => app.router.match(one, path)[0].length > 0);
    if (methods.length === 0) throw await notThere(path, method);
    c.env.told = { allow: methods.join(', ') };
    throw new TollgateError('not_found', {
      reason: 'method',
      message: `This path takes ${methods.join(' and ')} only.`,
    });
  });
  app.onError(async (error, c) => {
    const { asked, requestId } = c.env;
    const about = { ran: c.get('ran'), caller: c.get('caller'), asked: asked.headers, traced: c.get('traced') };
    return give(c, await refuse(asked.path, error, requestId, about));
  });

  /** A route of callers. Nothing of it is loaded for who is none. */
  function guarded({ load, serves }: Route) {
    let serve: Serve | undefined;
    return async (c: Context<Env>): Promise<Response> => {
      const exchange = await exchangeOf(c, serves);
      serve ??= await load();
      return give(c, await serve(exchange, ...Object.values(c.req.param())));
    };
  }

  /** @throws TollgateError `forbidden` or `unavailable`, before the registry or STS has heard of the call */
  async function exchangeOf(c: Context<Env>, serves: Route['serves']): Promise<Exchange> {
    const { authorizer, authorization, tenantId, sourceIp, requestId, waitUntil, left } = c.env;
    const traced = deps.takeUp(c.env.asked);
    c.set('traced', traced);
    const caller = await deps.open(authorizer, authorization);
    const now = deps.clock();
    const token = deps.keepToken ? authorization : undefined;
    c.set('caller', caller);
    // Lambda gave this environment to another tenant: what it remembers is not this caller's.
    if (tenantId !== undefined && tenantId !== caller.tenant)
      throw new TollgateError('forbidden', { reason: 'environment-of-another-tenant' });
    const networks = caller.narrowed?.networks;
    // Here, and not by the authorizer, whose answer is kept for whoever sends the same key next.
    if (networks !== undefined) (await import('../registry/gateway-keys/networks.ts')).assertWithin(networks, sourceIp);
    const tell = (headers: Readonly<Record<string, string | undefined>>): void => {
      for (const [name, value] of Object.entries(headers)) {
        if (value === undefined) delete c.env.told[name];
        else c.env.told[name] = value;
      }
    };
    const useCase = c.env.asked.headers.get(USE_CASE_HEADER);
    const fits = serves && { serves: (model: AllowedModel) => isServed(model, serves) };
    return {
      request: c.env.asked,
      caller,
      requestId,
      nowSeconds: Math.floor(now / 1000),
      run: (call) => {
        const pinned = isPinned(c.env.asked) && { pinned: true as const };
        c.set('ran', true);
        return deps.run({
          ...call,
          tell,
          ...pinned,
          ...(useCase === null ? {} : { useCase }),
          ...fits,
          ...(left && { left }),
          ...(traced && { trace: traced.call() }),
          ...(token === undefined ? {} : { token }),
        });
      },
      entries: deps.entries,
      describe: deps.describe,
      counters: deps.counters,
      answers: deps.answers,
      storesResponses: deps.storesResponses,
      sessionIds: deps.sessionIds,
      costs: deps.costs,
      abilities: (model) => abilitiesOf(model, ROUTES),
      direct: (wanted, region) => {
        if (useCase !== null) throw noUseCase();
        return deps.direct({ caller, token, requestId, wanted, region, waitUntil, tell });
      },
      waitUntil,
      broke: (error) => log('stream-broke', error, requestId),
    };
  }

  /**
   * A refusal within the pipeline has its usage record and is counted there, an undecided call where it went undecided;
   * every other refusal of a route is counted here. Each leaves this one line, whichever it is. How each surface says it is loaded
   * with the first: most starts never have one.
   */
  async function refuse(path: string, thrown: unknown, requestId: string, about: About = {}): Promise<Given> {
    const { ran, caller, asked, traced } = about;
    const error = asTollgateError(thrown);
    const metrics = ran || NOT_COUNTED.has(error.code) ? {} : { [METRICS.refused]: 1 };
    log('refused', error, requestId, metrics, about);
    if (ran !== true && caller !== undefined) traced?.refused?.(error, caller, requestId);
    const { errorAnswer } = await import('./surfaces/errors.ts');
    return errorAnswer(path, error, asked, requestId);
  }

  function log(event: string, error: TollgateError, requestId: string, metrics = {}, about: About = {}): void {
    const { code, status, reason, detail } = error;
    const field = error.field === undefined ? undefined : loggedField(error.field);
    const level = status >= 500 ? 'error' : 'info';
    const { caller, traced } = about;
    const who = caller && { tenant: caller.tenant, principal: caller.principal };
    const traceId = traced?.traceId;
    deps.write(
      logLine(
        deps.clock(),
        { event, level, requestId, traceId, ...who, code, reason, field, detail, ...traceOf(error) },
        metrics,
        { [DIMENSIONS.reason]: code },
      ),
    );
  }

  return {
    async serve(asked, bindings) {
      const env: Env['Bindings'] = { ...bindings, asked, told: {} };
      const said = { ...cors.headers(asked), ...callersId(asked) };
      try {
        const preflight = cors.preflight(asked);
        if (preflight !== undefined) return preflight;
        await app.fetch(routed(asked), env);
        const { status, headers, body } =
          env.given ?? (await refuse(asked.path, new Error('no route answered'), env.requestId));
        // Here, and not in each surface: on a new one they cannot be forgotten, nor on a refusal.
        return { status, headers: { ...headers, ...said, ...env.told }, body: asked.method === 'HEAD' ? '' : body };
      } catch (error) {
        // The router hands on only what is an Error.
        const { headers, ...refused } = await refuse(asked.path, error, bindings.requestId);
        return { ...refused, headers: { ...headers, ...said } };
      }
    },
    async refuse(path, error, requestId) {
      const slash = isTollgateError(error) && error.reason === 'trailing-slash';
      return refuse(path, slash ? await notThere(path, '', error.publicMessage) : error, requestId);
    },
    failed: (error, requestId) => log('failed-in-background', asTollgateError(error), requestId),
  };
}

/**
 * Whether the caller wants no other model's answer than that of the one it names.
 *
 * @throws TollgateError `invalid_request` for what is neither `on` nor `off`: a pin that is misspelt would be none
 */
function isPinned({ headers }: Asked): boolean {
  const value = headers.get(FALLBACK_HEADER)?.toLowerCase() ?? 'on';
  if (value !== 'on' && value !== 'off')
    throw new TollgateError('invalid_request', {
      field: FALLBACK_HEADER,
      reason: 'unknown-value',
      message: `The header ${FALLBACK_HEADER} must be on or off.`,
    });
  return value === 'off';
}

/** A grant that lists use cases hands out no credentials, so these would be free of what their caller asks for. */
function noUseCase(): TollgateError {
  return new TollgateError('invalid_request', {
    field: USE_CASE_HEADER,
    reason: 'unknown-use-case',
    message: `Credentials are for no use case: leave the header ${USE_CASE_HEADER} out.`,
  });
}

const FALLBACK_HEADER = 'x-tollgate-fallback';

/** Under which a caller keeps an id of its own for the call; OpenAI's clients use the second. */
const CALLERS_ID = ['x-request-id', 'x-client-request-id'];

/** The caller's own id, told again beside ours, so that its log and its proxies' can be joined to it. */
function callersId({ headers }: Asked): Record<string, string> {
  const id = CALLERS_ID.map((name) => headers.get(name)).find((value) => value !== null);
  return id != null && /^[\x21-\x7e]{1,128}$/.test(id) ? { 'x-client-request-id': id } : {};
}

// A name that can never resolve (RFC 6761 section 6.4): no Host header has a say in what is served.
const ORIGIN = 'https://gateway.invalid';

/** What the router looks at of a request, which is its method and its path. */
function routed({ method, path }: Asked): Request {
  return { method, url: `${ORIGIN}${path}` } as Request;
}

const DONE = new Response();

/** The answer goes beside the router, which wants a `Response`: copied into one and read out of it, it would cost twice. */
function give(c: Context<Env>, given: Given): Response {
  c.env.given = given;
  return DONE;
}

/** Says which path was meant, and what would work in its place. @param path as it arrived */
async function notThere(path: string, method: string, said: string = CODES.not_found.text): Promise<TollgateError> {
  const [{ nearest }, { rowOf }] = await Promise.all([import('./surfaces/nearest.ts'), import('./surfaces/paths.ts')]);
  const meant = nearest(path, method, SERVED);
  const shown = meant?.path.replaceAll(/\{\w+\}/g, '{id}');
  const hints = [meant && `Did you mean ${meant.method} ${shown}?`, rowOf(path).instead];
  return new TollgateError('not_found', {
    message: [said, ...hints.filter((hint) => hint !== undefined)].join(' '),
    ...(meant?.path.includes('{') === false && { meant: meant.path }),
  });
}

/**
 * Where an unexpected error came from. Never its message: a parser's quotes the text it could not read, which is a
 * caller's prompt.
 */
function traceOf({ code, cause }: TollgateError): { cause?: string; trace?: string[] } {
  if (code !== 'internal' || !(cause instanceof Error)) return {};
  const frames = (cause.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { cause: cause.name, trace: frames.slice(0, 8).map((line) => line.trim()) };
}
