import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { TollgateError } from '../contract/errors.ts';
import { CHECK_LAPTOP_MS, CHECK_STAGE_MS, IDENTITY_MS } from '../contract/limits/doctor.ts';
import { documentsCsv } from './answer.ts';
import { createAsk } from './doctor/ask.ts';
import { examine, type Row, type Sight, within } from './doctor/check.ts';
import { readDeployed } from './doctor/deployed.ts';
import { rowsText } from './doctor/text.ts';
import { counted } from './print.ts';
import { once } from './registry.ts';
import { callerIdentity, type Target } from './target.ts';
import { type At, verbOf } from './verb.ts';

export function register(program: Command, target: () => Promise<Target>): void {
  verbOf<{ json?: true }>(program, target, 'doctor', {
    about: 'what is wrong with the gateway, and how to mend it; reads only; exits 1 if something is',
    options: (verb) => verb.addOption(new Option('--json', 'the same as --format json').implies({ format: 'json' })),
    run: async (_, at) => {
      const where = await at.target();
      const rows = await look(where, at);
      const bad = rows.filter(({ state }) => state === 'wrong' || state === 'unread');
      return {
        text: (width) => rowsText(rows, width),
        json: () => rows.map(documentOf),
        csv: () => documentsCsv(rows.map(documentOf)),
        ids: () => rows.filter(({ state }) => state !== 'ok').map(({ check }) => check),
        ...(bad.length === 0 ? {} : { failure: failureOf(bad) }),
      };
    },
  });
}

/** Everything side by side, each within its time; what is not there has no row. */
async function look(target: Target, at: At): Promise<Row[]> {
  const { CHECKS } = await import('./doctor/checks.ts');
  const limit = target.kind === 'local' ? CHECK_LAPTOP_MS : CHECK_STAGE_MS;
  const sight = await sightOf(target, at);
  // No such stage is no row, but the end of the command.
  if (target.kind === 'stage') await sight.deployed().catch(endsIfMissing);
  const checks = CHECKS.filter(({ on }) => on.includes(target.kind));
  // All at once: else what one of them loads would be on the clock of another.
  await Promise.all(checks.map((check) => check.loads?.()));
  const rows = await Promise.all(checks.map((check) => examine(check, sight, limit)));
  return rows.filter((row) => row !== undefined);
}

function endsIfMissing(error: unknown): void {
  if (error instanceof TollgateError) throw error;
}

async function sightOf(target: Target, at: At): Promise<Sight> {
  // Without credentials, or a network, there is nothing to say of a stage: the command ends and says so.
  const { Account: account = '' } =
    target.kind === 'stage' ? await within(callerIdentity(target.clientConfig), IDENTITY_MS) : {};
  const { STSClient } = await import('@aws-sdk/client-sts');
  const { config } = new STSClient(target.clientConfig);
  const endpoint = target.clientConfig.endpoint ?? (process.env.AWS_ENDPOINT_URL || undefined);
  const ask = createAsk({
    credentials: once(async () => await config.credentials()),
    region: target.region,
    endpoint,
    fetch: globalThis.fetch,
    clock: Date.now,
  });
  return {
    target,
    ask,
    endpoint,
    deployed: once(() => readDeployed(ask, target.table, { account, region: target.region })),
    registry: at.registry,
    clock: Date.now,
    fetch: globalThis.fetch,
    dataDir: resolve(process.env.TOLLGATE_DATA || '.tollgate'),
  };
}

function documentOf({ check, state, found, mend }: Row): object {
  return { check, state, found: found.join('; '), mend: [...new Set(mend)].join('; ') };
}

function failureOf(bad: readonly Row[]): TollgateError {
  const wrong = bad.filter(({ state }) => state === 'wrong').length;
  const unread = bad.length - wrong;
  const parts = [
    ...(wrong > 0 ? [`${counted(wrong, 'check')} found what is wrong`] : []),
    ...(unread > 0 ? [`${counted(unread, 'check')} could not be made`] : []),
  ];
  return new TollgateError('internal', { reason: 'not-well', message: parts.join(', ') });
}
