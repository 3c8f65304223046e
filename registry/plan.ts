import * as v from 'valibot';
import { PLAN_BURST_MAX, PLAN_QUOTA_MAX, PLAN_RATE_MAX, PLAN_RATE_MIN } from '../contract/limits/registry.ts';
import { STAGE } from '../contract/names.ts';
import { QUOTA_PERIODS, type Quota } from '../contract/plan.ts';
import { parseWith } from './fields.ts';
import type { Document } from './items.ts';

/** What API Gateway lets a tenant call, as far as it keeps to it: its usage plan (docs/usage-plans.md). */
export interface UsagePlan {
  /** Calls a second in the long run. May be a fraction: `0.5` is a call every two seconds. */
  rate: number;
  /** Calls at once after a silence: what the token bucket holds. */
  burst: number;
  /** Absent: as many as the rate lets through. */
  quota?: Quota;
}

/** The plan of a unit of the organisation, which was deployed with its key: all its tenants' calls are counted together. */
export interface UnitPlan {
  unit: string;
}

export type TenantPlan = UsagePlan | UnitPlan;

const finite = v.pipe(v.number('not-a-number'), v.finite('not-finite'));

const whole = (max: number) =>
  v.pipe(finite, v.integer('not-whole'), v.minValue(1, 'too-small'), v.maxValue(max, 'too-large'));

const limits = v.strictObject({
  // By which the two forms are told apart.
  unit: v.exactOptional(v.never()),
  rate: v.pipe(finite, v.minValue(PLAN_RATE_MIN, 'too-small'), v.maxValue(PLAN_RATE_MAX, 'too-large')),
  burst: whole(PLAN_BURST_MAX),
  quota: v.exactOptional(
    v.strictObject({ limit: whole(PLAN_QUOTA_MAX), period: v.picklist(QUOTA_PERIODS, 'not-a-period') }),
  ),
});

const ofUnit = v.strictObject({ unit: v.pipe(v.string('not-text'), v.regex(STAGE, 'not-a-unit')) });

export const tenantPlan = v.variant('unit', [ofUnit, limits], 'not-a-plan');

/** @throws TollgateError `bad_entry` naming the member, e.g. `plan.quota.limit` */
export function parsePlan(plan: unknown): TenantPlan {
  return parseWith(v.object({ plan: tenantPlan }), { plan }).plan;
}

/** The written form, its members always in this order. */
export function planDocument(plan: TenantPlan): Document {
  if ('unit' in plan) return { unit: plan.unit };
  const { rate, burst, quota } = plan;
  return { rate, burst, ...(quota === undefined ? {} : { quota: { limit: quota.limit, period: quota.period } }) };
}
