import { createHash } from 'node:crypto';
import type { CountedBy, TenantId } from '../contract/identity.ts';
import { stageName } from '../contract/names.ts';

/** Where a stage of Tollgate is deployed; with it, a tenant's id is unique in AWS. */
export interface DeployedStage {
  /** Twelve digits. In a template the account is known only when it is deployed, so it stands in the value as it is. */
  readonly account: string;
  readonly region: string;
  readonly stage: string;
}

/** Every value begins with this, so that whoever finds a key in an account knows whose it is. */
const PREFIX = 'tollgate';

/**
 * The value of an API Gateway API key: the tenant's own, or the one that the tenants without a usage plan share. It names a
 * usage plan and opens nothing: the API takes keys from the authorizer alone, so a value that somebody knows or guesses is of
 * no use to them, and it is therefore derived and stored nowhere.
 *
 * @param whose null for the stage's default key
 * @returns 84 letters and digits (API Gateway takes 20 to 128), different for different stages, tenants and units: the account as
 *   it is, and SHA-256 over a JSON list, which no two of them share: the default's `null` and a unit's object are no text
 */
export function usageKey({ account, region, stage }: DeployedStage, whose: CountedBy): string {
  const named = createHash('sha256')
    .update(JSON.stringify([region, stage, whose]))
    .digest('hex');
  return `${PREFIX}${account}${named}`;
}

/** The name of a stage's API key and usage plan for its tenants without one of their own. */
export function defaultPlanName(stage: string): string {
  return stageName(stage, 'default');
}

/** The name of the API key and usage plan that the tenants of a unit share. */
export function unitPlanName(stage: string, unit: string): string {
  return stageName(stage, `unit.${unit}`);
}

/** The name of a tenant's API key and usage plan. No stage's name holds a dot, so none of them is another's. */
export function tenantPlanName(stage: string, tenant: TenantId): string {
  return stageName(stage, `tenant.${tenant}`);
}
