import { setTimeout as after } from 'node:timers/promises';
import { Option } from 'commander';
import type { TenantId } from '../../contract/identity.ts';
import {
  API_KEY_SETTLE_MS,
  PLAN_BURST_MAX,
  PLAN_QUOTA_MAX,
  PLAN_RATE_MAX,
  PLAN_RATE_MIN,
  REGISTRY_TIMEOUT_MS,
} from '../../contract/limits/registry.ts';
import { QUOTA_PERIODS, type QuotaPeriod } from '../../contract/plan.ts';
import { parsePlan, type UnitPlan, type UsagePlan } from '../../registry/plan.ts';
import { asTenantId } from '../../registry/tenant.ts';
import type { Writer } from '../../registry/writer.ts';
import { type Answer, edited } from '../answer.ts';
import { namedByOption, type Said } from '../naming.ts';
import { warn } from '../print.ts';
import { accountOf, type Target } from '../target.ts';
import type { Noun } from '../verb.ts';
import type { UsagePlans } from './usage-plan.ts';

interface Options {
  tenant: string;
  rate?: number;
  burst?: number;
  quota?: number;
  per?: QuotaPeriod;
  unit?: string;
  remove?: true;
}

/** `tollgate tenant plan` */
export function registerPlan(noun: Noun): void {
  noun.verb<Options>('plan', {
    about: 'give the tenant a usage plan of its own in API Gateway, or its unit’s, change it, or take it away',
    args: '<tenant>',
    options: (verb) =>
      verb
        .option('--rate <calls>', 'calls a second in the long run, e.g. 50 or 0.5', count)
        .option('--burst <calls>', 'calls at once', count)
        .option('--quota <calls>', 'calls in a whole period', count)
        .addOption(new Option('--per <period>', 'the period of --quota, UTC').choices(QUOTA_PERIODS))
        .option('--unit <name>', 'count its calls by the plan that a unit of tollgate:units has on this stage’s API')
        .option('--remove', 'count its calls by the stage’s default plan again'),
    edits: true,
    run: async (
      { tenant: id, unit, remove, rate, burst, quota, per, dryRun = false },
      { target, registry, refuse },
    ) => {
      const given = [rate, burst, quota, per].filter((one) => one !== undefined);
      const elsewhere = [unit, remove].filter((one) => one !== undefined);
      const wrong =
        elsewhere.length === 0
          ? rate === undefined || burst === undefined
            ? 'say --rate and --burst, or --unit, or --remove'
            : (quota === undefined) !== (per === undefined) && '--quota and --per go together'
          : given.length + elsewhere.length > 1 && '--unit and --remove go alone';
      if (wrong) return refuse(wrong);
      const limit = quota === undefined ? {} : { quota: { limit: quota, period: per } };
      const asked = unit === undefined ? { rate, burst, ...limit } : { unit };
      const plan = remove ? null : await namedByOption(() => parsePlan(asked), PLAN_OPTIONS);
      const to = await target();
      const run = { tenant: asTenantId(id), to, registry: await registry(), plans: await openPlans(to), dryRun };
      return plan === null || 'unit' in plan ? take(run, plan) : give(run, plan);
    },
  });
}

/** What may be at fault in a plan, as the options say it. */
export const PLAN_OPTIONS: Readonly<Record<string, Said>> = {
  'plan.rate': { name: '--rate', hint: `a number of calls a second from ${PLAN_RATE_MIN} to ${PLAN_RATE_MAX}` },
  'plan.burst': { name: '--burst', hint: `a whole number of calls from 1 to ${PLAN_BURST_MAX}` },
  'plan.unit': { name: '--unit', hint: 'a unit’s prefix and stage, such as labs-dev' },
  'plan.quota.limit': { name: '--quota', hint: `a whole number of calls from 1 to ${PLAN_QUOTA_MAX}` },
};

interface Run {
  tenant: TenantId;
  to: Target;
  registry: Writer;
  plans: UsagePlans;
  /** Nothing is given or taken. */
  dryRun: boolean;
}

/** API Gateway first: a call counted by a key that it does not have is refused. */
async function give({ tenant, to, registry, plans, dryRun }: Run, plan: UsagePlan): Promise<Answer> {
  await registry.showTenant(tenant);
  const api = await plans.api();
  const isNew = !dryRun && (await plans.put(api, tenant, plan));
  if (isNew && to.kind === 'stage') await after(API_KEY_SETTLE_MS);
  const change = await registry.planTenant(tenant, plan);
  const what = `tenant ${tenant}: ${sentence(plan)}`;
  const done = `written; in force within ${api.authorizerTtlSeconds} s`;
  return edited({ id: tenant, tenant, change, what, done, more: { plan } });
}

/**
 * Counts it by another's plan: the registry first, and its own key goes when no remembered answer of the authorizer names it any more.
 *
 * @param plan null: the stage's default
 */
async function take({ tenant, registry, plans, dryRun }: Run, plan: UnitPlan | null): Promise<Answer> {
  const api = await plans.api();
  if (plan !== null) await plans.checkUnit(api, plan.unit);
  const change = await registry.planTenant(tenant, plan);
  const by = plan === null ? 'the stage’s default plan' : `the plan of unit ${plan.unit}`;
  const counted = change.changed ? [`counted by ${by}`] : [];
  const answer = (keyRemoved: boolean, last: string): Answer => {
    const changed = { ...change, changed: change.changed || keyRemoved || dryRun };
    return edited({
      id: tenant,
      tenant,
      change: changed,
      what: `tenant ${tenant}`,
      done: [...counted, last].join('; '),
    });
  };
  if (dryRun) return answer(false, 'its API key and usage plan, if it has them, go');
  // An authorizer may have begun to read just before the edit.
  const ms = change.entry.updatedAt + api.authorizerTtlSeconds * 1_000 + REGISTRY_TIMEOUT_MS - Date.now();
  if (ms > 0) {
    warn(
      `tenant ${tenant}: its API key goes in ${Math.ceil(ms / 1_000)} s; ending this now does no harm, run it again`,
    );
    await after(ms);
  }
  const { plan: now } = await registry.showTenant(tenant);
  if (now !== undefined && !('unit' in now))
    return answer(false, 'was given a plan again meanwhile; its API key stays');
  const removed = await plans.remove(tenant);
  return answer(removed, removed ? 'its API key and usage plan are gone' : 'nothing to take away');
}

async function openPlans({ clientConfig, region, stage }: Target): Promise<UsagePlans> {
  const [{ APIGatewayClient }, { usagePlans }, account] = await Promise.all([
    import('@aws-sdk/client-api-gateway'),
    import('./usage-plan.ts'),
    accountOf(clientConfig, '--stage'),
  ]);
  return usagePlans(new APIGatewayClient(clientConfig), { account, region, stage });
}

function sentence({ rate, burst, quota }: UsagePlan): string {
  return `${rate} calls a second, ${burst} at once${quota === undefined ? '' : `, ${quota.limit} a ${quota.period}`}`;
}

/** Not a number is said by the registry, which names the member. */
function count(text: string): number {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
}
