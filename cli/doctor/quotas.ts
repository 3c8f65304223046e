import { targetsOf } from '../../contract/places.ts';
import { baseModelOf } from '../../policies/kinds.ts';
import type { BudgetsEntry } from '../../registry/budget.ts';
import { type Check, type Problem, STAGE, warn, wrong } from './check.ts';

interface Quota {
  name: string;
  region: string;
  value: number;
}

export interface QuotasSeen {
  /** Of Bedrock, those of calls and tokens a minute. */
  quotas: Quota[];
  /** Names of models as AWS has them in its quotas: `Claude Sonnet 4.5`. */
  models: { id: string; name: string; region: string }[];
  budgets: readonly BudgetsEntry[];
}

const PER_MINUTE = /\b(requests|tokens) per minute for (.+)$/i;

/** What AWS lets the account have of each model, against what budgets let tenants have in a minute. */
export const quotas: Check<QuotasSeen> = {
  id: 'quotas',
  on: STAGE,
  needs: ['dynamodb:Query', 'servicequotas:ListServiceQuotas', 'bedrock:GetFoundationModel'],
  async read({ target, registry, ask }) {
    const writer = await registry();
    const [{ entries }, { entries: budgets }] = await Promise.all([writer.listModels(), writer.listBudgets()]);
    const used = entries
      .filter(({ lifecycle }) => lifecycle.status === 'active')
      .flatMap((entry) => targetsOf(entry).map((one) => ({ id: entry.id, base: baseModelOf(one), region: one.region })))
      .filter(({ base }) => base !== '');
    if (used.length === 0) return undefined;
    const [{ GetFoundationModelCommand }, { bedrockIn }] = await Promise.all([
      import('@aws-sdk/client-bedrock'),
      import('../../sync/read.ts'),
    ]);
    const name = async ({ id, base, region }: (typeof used)[number]) => {
      const client = bedrockIn(target.clientConfig, region);
      const { modelDetails } = await client.send(new GetFoundationModelCommand({ modelIdentifier: base }));
      return { id, region, name: modelDetails?.modelName ?? base };
    };
    const regions = [...new Set(used.map(({ region }) => region))];
    const [named, found] = await Promise.all([
      Promise.all(used.map(name)),
      Promise.all(
        regions.map(async (region): Promise<Quota[]> => {
          const list: Quota[] = [];
          let NextToken: string | undefined;
          do {
            const input = {
              ServiceCode: 'bedrock',
              MaxResults: 100,
              ...(NextToken === undefined ? {} : { NextToken }),
            };
            const page = await ask('servicequotas', 'ListServiceQuotas', input, region);
            for (const { QuotaName = '', Value = 0 } of page.Quotas ?? [])
              if (PER_MINUTE.test(QuotaName)) list.push({ name: QuotaName, region, value: Value });
            NextToken = page.NextToken;
          } while (NextToken !== undefined);
          return list;
        }),
      ),
    ]);
    return { quotas: found.flat(), models: named, budgets };
  },
  judge({ quotas, models, budgets }) {
    const raise = 'Service Quotas, Amazon Bedrock: ask for more; or let budgets allow less';
    const problems = models.flatMap(({ id, name, region }): Problem[] => {
      const own = quotas.filter((quota) => quota.region === region && isOf(quota.name, name));
      const most = (what: string) =>
        Math.max(
          -1,
          ...own.filter(({ name }) => name.toLowerCase().includes(`${what} per minute`)).map(({ value }) => value),
        );
      return (['requests', 'tokens'] as const).flatMap((what): Problem[] => {
        const quota = most(what);
        if (quota === 0)
          return [wrong(`${id} in ${region}: the account may make no call (${what} a minute: 0)`, raise)];
        const allowed = allowedAMinute(budgets, what, id);
        if (quota < 0 || allowed <= quota) return [];
        return [
          warn(
            `${id} in ${region}: AWS lets the account have ${quota} ${what} a minute, and one budget alone allows ${allowed}`,
            raise,
          ),
        ];
      });
    });
    return { ok: `${quotas.length} quotas a minute looked at; no budget allows more than AWS does`, problems };
  },
};

/** Quotas name a model as `Anthropic Claude Sonnet 4.5 V1`: the whole name, not that of a longer one. */
function isOf(quota: string, model: string): boolean {
  const [, , named = ''] = PER_MINUTE.exec(quota) ?? [];
  const words = (text: string) =>
    ` ${text
      .toLowerCase()
      .replaceAll(/[^a-z0-9.]+/g, ' ')
      .trim()} `;
  const rest = words(named).split(words(model))[1];
  // What may follow is a version, `v1`, and no other model’s name.
  return rest !== undefined && /^(v\d+(\.\d+)?)?\s*$/.test(rest.trim());
}

/** The most that a budget lets a tenant have of the model in a minute. */
function allowedAMinute(budgets: readonly BudgetsEntry[], unit: 'requests' | 'tokens', model: string): number {
  const limits = budgets
    .flatMap(({ budgets }) => budgets)
    .filter(
      (one) =>
        one.period === 'minute' &&
        one.unit === unit &&
        (one.per !== 'model' || one.only === undefined || one.only === model),
    )
    .map(({ limit }) => Number(limit));
  return Math.max(0, ...limits);
}
