import { isTollgateError } from '../contract/errors.ts';
import { RECENT_DAYS } from '../contract/limits/metering.ts';
import { formatMoney } from '../metering/money.ts';
import {
  type ModelUse,
  type PrincipalUse,
  principalsUse,
  recentUse,
  together,
  type Use,
} from '../metering/report/recent.ts';
import { counted, explain } from './print.ts';
import { openCounters, openStore } from './store.ts';
import type { Target } from './target.ts';

/** Whom it hits when something is taken away: what the ledger knows of the last days. */

export interface Used {
  /** By tenant and model; undefined: it could not be read, and why. */
  uses: ModelUse[] | undefined;
  principals: PrincipalUse[];
  /** Why it is not known. */
  unknown?: string;
}

/** Tenants whose callers are told one by one; of more it would be a report. */
const TENANTS_MAX = 20;

/** Callers that are named in a line. */
const NAMED_MAX = 5;

/** @param of a tenant, a model, or one of both */
export async function usedOf(target: Target, of: { tenant?: string; model?: string }): Promise<Used> {
  try {
    const lately = { now: Date.now() };
    const uses = await recentUse(await openStore(target), of, lately);
    const tenants = [...new Set(uses.map(({ tenant }) => tenant))];
    const few = tenants.length > 0 && tenants.length <= TENANTS_MAX;
    const principals = few ? await principalsUse(await openCounters(target), tenants, of.model, lately) : [];
    return { uses, principals };
  } catch (error) {
    // Whoever may edit the registry need not be one who may read the ledger: that is no reason to leave a model in use.
    if (isTollgateError(error, 'bad_setting')) throw error;
    return { uses: undefined, principals: [], unknown: explain(error) };
  }
}

/** A line for each tenant, and one for all of them. */
export function usedLines({ uses, principals, unknown }: Used): string[] {
  const lately = `the last ${RECENT_DAYS} days`;
  if (uses === undefined) return [`what was used in ${lately} is not known: ${unknown}`];
  const all = together(uses);
  if (all === undefined) return [`not used in ${lately}, as far as the ledger goes`];
  const byTenant = [...Map.groupBy(uses, ({ tenant }) => tenant)];
  const lines = byTenant.slice(0, TENANTS_MAX).map(([tenant, of]) => {
    const sum = together(of);
    const callers = principals.filter((one) => one.tenant === tenant);
    return sum === undefined ? '' : `${tenant}: ${useText(sum)}${callersText(callers)}`;
  });
  const more = byTenant.length - lines.length;
  return [
    `used in ${lately}: ${useText(all)}`,
    ...(byTenant.length > 1 || principals.length > 0 ? lines : []),
    ...(more > 0 ? [`and ${counted(more, 'tenant')} more`] : []),
  ];
}

export function useText({ calls, cost, lastDay }: Use): string {
  return `${counted(calls, 'call')}, ${cost === null ? 'cost not known' : `$${formatMoney(cost)}`}, last on ${lastDay}`;
}

function callersText(callers: readonly PrincipalUse[]): string {
  if (callers.length === 0) return '';
  const names = [...new Set(callers.map(({ principal }) => principal || 'others'))];
  const more = names.length - NAMED_MAX;
  return ` (${names.slice(0, NAMED_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''})`;
}
