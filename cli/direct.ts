import type { IAMClient } from '@aws-sdk/client-iam';
import { type Command, InvalidArgumentError } from 'commander';
import { TollgateError } from '../contract/errors.ts';
import { parseTenantId, type TenantId } from '../contract/identity.ts';
import { placesOf } from '../contract/places.ts';
import { isSpokeRole } from '../contract/spokes.ts';
import { parseRevocations, stillMatter, withRevocation } from '../policies/read-revocations.ts';
import { REVOCATIONS_POLICY, type Revocation, revocationPolicy } from '../policies/revocation.ts';
import { listed, shown } from './answer.ts';
import { warn } from './print.ts';
import { openRegistry } from './registry.ts';
import type { Target } from './target.ts';
import { nounOf } from './verb.ts';

/** Two operators who revoke at once overwrite each other, and IAM has no conditional write: each looks again. */
const ATTEMPTS = 3;

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, {
    name: 'direct',
    about: 'credentials that tenants were handed: revoke, revoked, tidy',
    more: '\nThey are handed out for grants that say so: tollgate grant acme nova-lite --direct',
  });

  noun.verb<{ tenant?: string; all?: true; role?: string }>('revoke', {
    about: 'end the credentials handed out until now; calls through the gateway go on',
    args: '[tenant]',
    options: (verb) => withRole(verb.option('--all', 'every tenant’s')),
    edits: true,
    run: async ({ tenant, all, role, dryRun = false }, { target: of, refuse }) => {
      if ((tenant === undefined) === (all === undefined)) return refuse('name a tenant by --tenant, or say --all');
      const one = tenant === undefined ? null : parseTenantId(tenant, '--tenant');
      const where = await of();
      const revocation = await revoke(where, role, one, dryRun);
      if (role === undefined) await tellOfSpokes(where, one);
      const says = `credentials of ${whose(revocation)} issued before ${iso(revocation)}`;
      const document = { verb: 'direct revoke', ...rowOf(revocation), ...(dryRun ? { dryRun } : {}) };
      return shown(whose(revocation), document, () =>
        dryRun ? `would be revoked: ${says}` : `revoked: ${says}; IAM may need some minutes`,
      );
    },
  });

  noun.verb<{ role?: string }>('revoked', {
    about: 'revocations that can still refuse something',
    options: withRole,
    run: async ({ role }, { target: of }) => {
      const { revocations, now } = await (await openRole(await of(), role)).read();
      const rows = stillMatter(revocations, now).map(rowOf);
      return listed({
        head: ['tenant', 'issued before'],
        rows: rows.map(({ tenant, before }) => [tenant ?? '(all)', before]),
        documents: rows,
      });
    },
  });

  noun.verb<{ role?: string }>('tidy', {
    about: 'take revocations away that can refuse nothing any more; before the stack is deleted, for instance',
    options: withRole,
    edits: true,
    run: async ({ role: named, dryRun = false }, { target: of }) => {
      const role = await openRole(await of(), named);
      const { revocations, now } = await role.read();
      const kept = stillMatter(revocations, now);
      if (!dryRun) await role.write(kept);
      const document = { verb: 'direct tidy', takenAway: revocations.length - kept.length, kept: kept.length };
      return shown('', document, () => `${document.takenAway} taken away, ${document.kept} kept`);
    },
  });
}

function withRole(verb: Command): Command {
  return verb.option(
    '--role <arn>',
    'of a role of another account, as whoever has credentials of that account',
    spokeRole,
  );
}

function spokeRole(arn: string): string {
  if (isSpokeRole(arn)) return arn;
  throw new InvalidArgumentError('It must be the ARN of a role tollgate-<stage>-spoke-<name>.');
}

/** What was handed out of another account, that account alone can end. */
async function tellOfSpokes(target: Target, tenant: TenantId | null): Promise<void> {
  const registry = await openRegistry(target);
  const [{ entries: tenants }, { entries: models }] = await Promise.all([
    registry.listTenants(),
    registry.listModels(),
  ]);
  const own = tenants.filter(({ id }) => tenant === null || id === tenant).flatMap(({ spokeRole = [] }) => spokeRole);
  const shared = models.flatMap((model) => placesOf(model).flatMap(({ role = [] }) => role));
  for (const role of new Set([...own, ...shared].flat()))
    warn(
      `what was handed out of ${role} goes on: with credentials of its account, tollgate direct revoke --role ${role}`,
    );
}

async function revoke(
  target: Target,
  named: string | undefined,
  tenant: TenantId | null,
  dryRun: boolean,
): Promise<Revocation> {
  const role = await openRole(target, named);
  const first = await role.read();
  // The first moment that is later than everything issued so far: IAM's times are whole seconds, cut and not rounded.
  const revocation: Revocation = { tenant, before: first.now + 1 };
  if (dryRun) return revocation;
  let { revocations } = first;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    await role.write(withRevocation(revocations, revocation, first.now));
    ({ revocations } = await role.read());
    if (revocations.some((one) => one.before >= revocation.before && (one.tenant ?? tenant) === tenant))
      return revocation;
  }
  throw new TollgateError('conflict', {
    reason: 'changed-meanwhile',
    message: 'Somebody else revokes at the same time, and the one overwrote the other; try again.',
  });
}

interface InvokerRole {
  /** @returns what is revoked, and AWS's own time in whole seconds: the operator's clock may be wrong */
  read(): Promise<{ revocations: Revocation[]; now: number }>;
  write(revocations: readonly Revocation[]): Promise<void>;
}

/** The role whose sessions are handed out, by the name that the template gives it. @param spoke another account's in its place */
async function openRole({ roleName, clientConfig }: Target, spoke: string | undefined): Promise<InvokerRole> {
  const iam = await import('@aws-sdk/client-iam');
  const client = new iam.IAMClient(clientConfig);
  const RoleName = spoke === undefined ? roleName('invoker') : spoke.slice(spoke.indexOf('/') + 1);
  const name = { RoleName, PolicyName: REVOCATIONS_POLICY };
  const time = answerTime(client);
  const get = async (): Promise<Revocation[]> => {
    try {
      const { PolicyDocument = '' } = await client.send(new iam.GetRolePolicyCommand(name));
      return parseRevocations(decodeURIComponent(PolicyDocument));
    } catch (error) {
      // The role has no such policy, or there is no such role; writing tells the two apart.
      if (isAbsent(error)) return [];
      throw error;
    }
  };
  return {
    async read() {
      const revocations = await get();
      return { revocations, now: time() };
    },
    async write(revocations) {
      const document = JSON.stringify(revocationPolicy(revocations));
      if (revocations.length > 0)
        await client.send(new iam.PutRolePolicyCommand({ ...name, PolicyDocument: document }));
      else
        await client.send(new iam.DeleteRolePolicyCommand(name)).catch((error: unknown) => {
          if (!isAbsent(error)) throw error;
        });
    },
  };
}

/** The `Date` of the last answer, in whole seconds since 1970. */
function answerTime(client: IAMClient): () => number {
  let seconds = Number.NaN;
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args).catch((error: { $response?: unknown }) => {
        seconds = dateOf(error.$response) ?? seconds;
        throw error;
      });
      seconds = dateOf(result.response) ?? seconds;
      return result;
    },
    { step: 'deserialize', name: 'answerTime', priority: 'high' },
  );
  return () => {
    if (Number.isFinite(seconds)) return seconds;
    throw new TollgateError('unavailable', { reason: 'no-time', message: 'IAM did not say what time it is.' });
  };
}

function dateOf(response: unknown): number | undefined {
  const { headers } = (response ?? {}) as { headers?: Record<string, string> };
  const ms = Date.parse(headers?.date ?? '');
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000);
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && /^NoSuchEntity(Exception)?$/.test(error.name);
}

function whose({ tenant }: Revocation): string {
  return tenant ?? 'all tenants';
}

function rowOf(one: Revocation): { tenant: string | null; before: string } {
  return { tenant: one.tenant, before: iso(one) };
}

function iso({ before }: Revocation): string {
  return new Date(before * 1000).toISOString().replace('.000Z', 'Z');
}
