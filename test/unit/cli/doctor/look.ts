import { createAsk } from '../../../../cli/doctor/ask.ts';
import { examine, type Row, type Sight } from '../../../../cli/doctor/check.ts';
import { CHECKS } from '../../../../cli/doctor/checks.ts';
import { readDeployed } from '../../../../cli/doctor/deployed.ts';
import { once } from '../../../../cli/registry.ts';
import type { Target } from '../../../../cli/target.ts';
import { resourcesOf, stackOf } from '../../../infra/synth.ts';
import type { FakeAws } from './aws.ts';

export const NOW = Date.parse('2026-11-29T12:00:00Z');
export const plain = resourcesOf(stackOf().stack);

/** All that the doctor says of a stage, or of one check, with every client of AWS as it is. */
export async function look(aws: FakeAws, only?: string): Promise<Map<string, Row>> {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
  const clientConfig = { region: 'us-east-1', credentials, maxAttempts: 1, requestHandler: aws.requestHandler };
  const target = {
    ...{
      kind: 'stage',
      stage: 'dev',
      region: 'us-east-1',
      table: 'tollgate-dev-registry',
      countersTable: 'tollgate-dev-counters',
    },
    ...{
      bucket: async () => 'tollgate-dev-usage-111122223333-us-east-1',
      roleName: (what: string) => `tollgate-dev-${what}-us-east-1`,
    },
    clientConfig,
  } as unknown as Target;
  const ask = createAsk({
    credentials: async () => credentials,
    region: 'us-east-1',
    endpoint: undefined,
    fetch: aws.fetch,
    clock: Date.now,
  });
  const none = async () => ({ entries: [], unusable: [] });
  const registry = { listTenants: none, listModels: none, listGrants: none, listBudgets: none };
  const sight: Sight = {
    ...{ target, ask, clock: Date.now, fetch: aws.fetch, dataDir: '/nowhere', endpoint: undefined },
    deployed: once(() => readDeployed(ask, target.table, { account: '111122223333', region: 'us-east-1' })),
    registry: async () => registry as never,
  };
  const rows = await Promise.all(
    CHECKS.filter(({ id, on }) => on.includes('stage') && (only ?? id) === id).map((check) =>
      examine(check, sight, 20_000),
    ),
  );
  return new Map(rows.flatMap((row) => (row === undefined ? [] : [[row.check, row]])));
}

export const notOk = (rows: Map<string, Row>) =>
  [...rows.values()].filter(({ state }) => state !== 'ok').map(({ check, found }) => `${check}: ${found.join('; ')}`);
