/**
 * `node test/bench/sessions.ts`: how often a role is assumed, by tenants, models and execution environments. A simulation:
 * calls arrive at random (seeded, so that a run repeats), each goes to an environment that is free, the one used last first,
 * as Lambda does; each environment has the credential cache that invoke has, with a simulated clock. Prints the table of
 * docs/scaling.md.
 */
import { parsePrincipal, parseTenantId } from '../../contract/identity.ts';
import { SESSIONS_MAX } from '../../contract/limits/server.ts';
import { CREDENTIALS_RENEW_BEFORE_MS, SESSION_SECONDS } from '../../contract/limits/sessions.ts';
import { type Credentials, createCredentials } from '../../invoke/pipeline/credentials.ts';
import { sessionPolicy } from '../../policies/session.ts';

/** Caches that filled together renew together: a whole round of it has as many renewals wherever it begins. */
const RENEWED_AFTER_SECONDS = SESSION_SECONDS - CREDENTIALS_RENEW_BEFORE_MS / 1_000;

/** AssumeRole calls a second that an account has in a region, not to be raised. */
export const STS_A_SECOND = 600;

export interface Load {
  callsPerSecond: number;
  tenants: number;
  /** Services or people of each tenant that call with a token of their own. */
  principals: number;
  /** Models that each tenant calls. */
  models: number;
  /** Seconds that a call takes: in Lambda it has an environment to itself for so long. */
  callSeconds: number;
  /** Undefined: one call at a time in an environment, as in Lambda. Otherwise so many processes that take all calls. */
  processes?: number;
}

export interface Assumed {
  /** AssumeRole calls a second, once every cache has filled: the mean after the first session's time. */
  perSecond: number;
  environments: number;
}

/** Mulberry32, by Tommy Ettinger, in the public domain: small, and the same everywhere. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const ROLE = 'arn:aws:iam::111122223333:role/invoker';

/**
 * @param seconds that are simulated after the caches have filled
 */
export async function simulate(load: Load, { seed = 1, seconds = RENEWED_AFTER_SECONDS } = {}): Promise<Assumed> {
  const next = random(seed);
  let now = 0;
  let issued = 0;
  const environment = (): Credentials =>
    createCredentials({
      roleArn: ROLE,
      // As the container is given more room than a function's environment.
      ...(load.processes === undefined ? {} : { max: SESSIONS_MAX }),
      clock: () => now,
      async issue() {
        issued++;
        const text = String(issued);
        return {
          accessKeyId: text,
          secretAccessKey: text,
          sessionToken: text,
          expiresAt: now + SESSION_SECONDS * 1_000,
        };
      },
    });
  const scopes = scopesOf(load);
  const free = Array.from({ length: load.processes ?? 0 }, environment);
  const busy: { until: number; credentials: Credentials }[] = [];
  let environments = free.length;
  const warmUp = SESSION_SECONDS * 1_000;
  const end = warmUp + seconds * 1_000;
  let before = 0;
  while (now < end) {
    // Arrivals of a Poisson process.
    const at = now + (-Math.log(1 - next()) / load.callsPerSecond) * 1_000;
    if (now < warmUp && at >= warmUp) before = issued;
    now = at;
    const scope = scopes[Math.floor(next() * scopes.length)];
    if (scope === undefined) throw new Error('no tenant calls');
    if (load.processes !== undefined) {
      await free[Math.floor(next() * free.length)]?.(scope);
      continue;
    }
    while (busy[0] !== undefined && busy[0].until <= now)
      free.push((busy.shift() as (typeof busy)[number]).credentials);
    const credentials = free.pop() ?? environment();
    environments = Math.max(environments, free.length + busy.length + 1);
    await credentials(scope);
    busy.push({ until: now + load.callSeconds * 1_000, credentials });
  }
  return { perSecond: (issued - before) / seconds, environments };
}

function scopesOf({ tenants, principals, models }: Load): Parameters<Credentials>[0][] {
  const each = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  const policies = each(models).map((model) => {
    const modelId = `vendor.model-${model}-v1:0`;
    const arn = `arn:aws:bedrock:us-east-1::foundation-model/${modelId}`;
    return sessionPolicy({ kind: 'bedrock-model', modelId, region: 'us-east-1', arn }, ['invoke']);
  });
  return each(tenants).flatMap((t) =>
    each(principals).flatMap((p) =>
      policies.map((policy) => ({
        tenant: parseTenantId(`tenant-${t}`),
        principal: parsePrincipal(`service-${p}`),
        costCenter: 'CC',
        policy,
        audit: { requestId: 'simulated', model: 'simulated' },
      })),
    ),
  );
}

/** The rows of docs/scaling.md. */
export const LOADS: readonly Load[] = [
  { callsPerSecond: 10, tenants: 20, principals: 2, models: 3, callSeconds: 3 },
  { callsPerSecond: 100, tenants: 20, principals: 2, models: 3, callSeconds: 3 },
  { callsPerSecond: 100, tenants: 200, principals: 5, models: 3, callSeconds: 3 },
  { callsPerSecond: 1_000, tenants: 200, principals: 5, models: 3, callSeconds: 3 },
  { callsPerSecond: 1_000, tenants: 200, principals: 5, models: 3, callSeconds: 3, processes: 4 },
  { callsPerSecond: 1_000, tenants: 200, principals: 50, models: 3, callSeconds: 3 },
  { callsPerSecond: 1_000, tenants: 200, principals: 50, models: 3, callSeconds: 3, processes: 4 },
];

if (import.meta.main) {
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  print('| calls/s | tenants x principals x models | environments | AssumeRole/s | of 600/s |');
  print('| ---: | --- | ---: | ---: | ---: |');
  for (const load of LOADS) {
    const { perSecond, environments } = await simulate(load);
    const { callsPerSecond, tenants, principals, models, processes } = load;
    const where = processes === undefined ? `${environments} of Lambda` : `${processes} tasks`;
    const share = `${((100 * perSecond) / STS_A_SECOND).toFixed(1)} %`;
    print(
      `| ${callsPerSecond} | ${tenants} x ${principals} x ${models} | ${where} | ${perSecond.toFixed(1)} | ${share} |`,
    );
  }
}
