import { ENDS_WITHIN_DAYS } from '../../contract/limits/doctor.ts';
import { targetsOf } from '../../contract/places.ts';
import { DAY_MS } from '../../metering/window.ts';
import { baseModelOf } from '../../policies/kinds.ts';
import { notPassed } from '../../registry/evaluation/standing.ts';
import type { Unusable } from '../../registry/kinds.ts';
import type { ModelEntry } from '../../registry/model.ts';
import type { Catalog } from '../../registry/sync/catalog.ts';
import { FINDINGS } from '../../registry/sync/findings.ts';
import { propose } from '../../registry/sync/propose.ts';
import type { Access } from '../../sync/access.ts';
import type { Unread } from '../../sync/read.ts';
import { BOTH, type Check, type Problem, warn, wrong } from './check.ts';

export interface RegistrySeen {
  tenants: number;
  models: number;
  unusable: readonly Unusable[];
}

export const registry: Check<RegistrySeen> = {
  id: 'registry',
  on: BOTH,
  needs: ['dynamodb:Query'],
  loads: () =>
    Promise.all([
      import('@aws-sdk/client-dynamodb'),
      import('../../registry/table.ts'),
      import('../../registry/writer.ts'),
    ]),
  async read({ registry }) {
    const writer = await registry();
    const [tenants, models, grants] = await Promise.all([
      writer.listTenants(),
      writer.listModels(),
      writer.listGrants(),
    ]);
    return {
      tenants: tenants.entries.length,
      models: models.entries.length,
      unusable: [...tenants.unusable, ...models.unusable, ...grants.unusable],
    };
  },
  judge: ({ tenants, models, unusable }) => ({
    ok: `${tenants} tenants, ${models} models, each can be used`,
    problems: unusable.map(({ pk, sk, field, reason }) =>
      wrong(`${pk} ${sk} cannot be used: ${field}: ${reason}`, 'put it anew, or tollgate <noun> rollback'),
    ),
  }),
};

export interface ModelsSeen {
  entries: readonly ModelEntry[];
  catalog: Catalog;
  unread: readonly Unread[];
  access: readonly Access[];
  useCase: boolean | undefined;
}

/** Whether every model that can be called is there, in each of its regions, and until when. */
export const models: Check<ModelsSeen> = {
  id: 'models',
  on: BOTH,
  needs: [
    'dynamodb:Query',
    'bedrock:ListFoundationModels',
    'bedrock:GetFoundationModel',
    'bedrock:ListInferenceProfiles',
    'bedrock:GetInferenceProfile',
    'bedrock:GetFoundationModelAvailability',
    'bedrock:GetUseCaseForModelAccess',
    'sagemaker:ListEndpoints',
    'sagemaker:DescribeEndpoint',
  ],
  loads: () =>
    Promise.all([import('@aws-sdk/client-bedrock'), import('../../sync/read.ts'), import('../../sync/access.ts')]),
  async read({ target: { clientConfig }, registry }) {
    const [{ entries: all }, { readCatalog }, { readAccess, hasUseCase }] = await Promise.all([
      (await registry()).listModels(),
      import('../../sync/read.ts'),
      import('../../sync/access.ts'),
    ]);
    const entries = all.filter(({ lifecycle }) => lifecycle.status === 'active' || lifecycle.status === 'deprecated');
    const targets = entries.flatMap(targetsOf);
    const regions = [...new Set(targets.map(({ region }) => region))];
    // Amazon's own need neither agreement nor form.
    const others = new Map(
      targets
        .map((target) => ({ id: baseModelOf(target), region: target.region }))
        .filter(({ id }) => id !== '' && !id.startsWith('amazon.'))
        .map((one) => [`${one.id} ${one.region}`, one]),
    );
    const [{ catalog, unread }, access, useCase] = await Promise.all([
      readCatalog({ clientConfig, regions, entries }),
      readAccess(clientConfig, [...others.values()]),
      [...others.values()].some(({ id }) => id.startsWith('anthropic.'))
        ? hasUseCase(clientConfig, regions[0] ?? '')
        : undefined,
    ]);
    return { entries, catalog, unread, access, useCase };
  },
  judge({ entries, catalog, unread, access, useCase }, now) {
    const { edits, findings } = propose(catalog, entries);
    const missing = access.filter((one) => one.missing.length > 0);
    const denied = missing.filter((one) => one.missing.some((what) => what.startsWith('unread')));
    const problems: Problem[] = [
      ...findings.map(({ model, target, region, reason, detail }) =>
        wrong(
          `${model}: ${target} in ${region} ${FINDINGS[reason]}${detail === '' ? '' : `: ${detail}`}`,
          `tollgate model show ${model}; tollgate model sync`,
        ),
      ),
      ...missing
        .filter((one) => !denied.includes(one))
        .map(({ model, region, missing }) =>
          wrong(
            `${model} in ${region}: ${missing.join(', ')}`,
            'Bedrock’s console, Model access: agree to it in the account',
          ),
        ),
      ...denied.map(({ model, region, missing }) =>
        warn(`${model} in ${region}: ${missing.join(', ')}`, 'allow bedrock:GetFoundationModelAvailability'),
      ),
      ...(useCase === false
        ? [
            wrong(
              'Anthropic’s form (the use case) is not filled in for this account',
              'Bedrock’s console: open one of Anthropic’s models, and fill it in',
            ),
          ]
        : []),
      ...edits.map(({ entry }) =>
        warn(`${entry.id}: AWS says otherwise when it ends, or where it runs`, 'tollgate model sync, then --apply'),
      ),
      ...unread.map(({ what, region, reason }) =>
        warn(`${what} of ${region} could not be read: ${reason}`, 'allow the rights of docs/doctor.md'),
      ),
      ...entries.flatMap((entry): Problem[] => {
        const why = notPassed(entry)?.message;
        return why === undefined ? [] : [warn(why, `tollgate eval show ${entry.id}`)];
      }),
      ...entries.flatMap(({ id, lifecycle: { sunsetAt, successor } }): Problem[] => {
        if (sunsetAt === undefined) return [];
        const days = Math.floor((sunsetAt * 1_000 - now) / DAY_MS);
        if (days > ENDS_WITHIN_DAYS) return [];
        const when = new Date(sunsetAt * 1_000).toISOString().slice(0, 10);
        return [
          warn(
            `${id} ${days < 0 ? 'ended' : 'ends'} on ${when}${successor === undefined ? ', and has no successor' : ''}`,
            `tollgate model impact ${id} says whom it hits`,
          ),
        ];
      }),
    ];
    return { ok: `${entries.length} can be called, each is there in its regions`, problems };
  },
};
