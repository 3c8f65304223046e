import type { IAMClient } from '@aws-sdk/client-iam';
import type { Command } from 'commander';
import { TollgateError } from '../contract/errors.ts';
import { parseTenantId, type TenantId } from '../contract/identity.ts';
import {
  parseRevocations,
  REVOCATIONS_POLICY,
  type Revocation,
  revocationPolicy,
  stillMatter,
  withRevocation,
} from '../policies/revocation.ts';
import { type Format, formatOption, print, printJson, table } from './print.ts';
import type { Target } from './target.ts';

/** Two operators who revoke at once overwrite each other, and IAM has no conditional write: each looks again. */
const ATTEMPTS = 3;

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = program
    .command('direct')
    .description('credentials that tenants were handed: revoke, revoked, tidy')
    .addHelpText('after', '\nThey are handed out for grants that say so: tollgate grant acme nova-lite --direct');

  noun
    .command('revoke')
    .description('end the credentials handed out until now; calls through the gateway go on')
    .option('--tenant <tenant>', "one tenant's")
    .option('--all', "every tenant's")
    .action(async ({ tenant, all }: { tenant?: string; all?: true }) => {
      if ((tenant === undefined) === (all === undefined))
        return noun.error('error: name a tenant by --tenant, or say --all', { exitCode: 2 });
      const revocation = await revoke(await target(), tenant === undefined ? null : parseTenantId(tenant, '--tenant'));
      print(`revoked: credentials of ${whose(revocation)} issued before ${iso(revocation)}; IAM may need some minutes`);
    });

  noun
    .command('revoked')
    .description('revocations that can still refuse something')
    .addOption(formatOption())
    .action(async ({ format }: { format: Format }) => {
      const role = await openRole(await target());
      const { revocations, now } = await role.read();
      const rows = stillMatter(revocations, now).map((one) => ({ tenant: one.tenant, before: iso(one) }));
      if (format === 'json') printJson(rows);
      else
        print(
          table(
            ['tenant', 'issued before'],
            rows.map(({ tenant, before }) => [tenant ?? '(all)', before]),
          ),
        );
    });

  noun
    .command('tidy')
    .description('take revocations away that can refuse nothing any more; before the stack is deleted, for instance')
    .action(async () => {
      const role = await openRole(await target());
      const { revocations, now } = await role.read();
      const kept = stillMatter(revocations, now);
      await role.write(kept);
      print(`${revocations.length - kept.length} taken away, ${kept.length} kept`);
    });
}

async function revoke(target: Target, tenant: TenantId | null): Promise<Revocation> {
  const role = await openRole(target);
  const first = await role.read();
  // The first moment that is later than everything issued so far: IAM's times are whole seconds, cut and not rounded.
  const revocation: Revocation = { tenant, before: first.now + 1 };
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

/** The role whose sessions are handed out, by the name that the template gives it. */
async function openRole({ roleName, clientConfig }: Target): Promise<InvokerRole> {
  const iam = await import('@aws-sdk/client-iam');
  const client = new iam.IAMClient(clientConfig);
  const name = { RoleName: roleName('invoker'), PolicyName: REVOCATIONS_POLICY };
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

function iso({ before }: Revocation): string {
  return new Date(before * 1000).toISOString().replace('.000Z', 'Z');
}
