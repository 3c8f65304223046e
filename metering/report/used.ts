import { RECENT_DAYS } from '../../contract/limits/metering.ts';
import type { Counters } from '../budgets/counters.ts';
import type { UsageStore } from '../ledger/store.ts';
import { formatMoney } from '../money.ts';
import { type ModelUse, type PrincipalUse, principalsUse, recentUse, together, type Use } from './recent.ts';

/** What the ledger knows of the last days, in words. */

export interface Used {
  /** By tenant and model; undefined: it could not be read, and why. */
  uses: ModelUse[] | undefined;
  principals: PrincipalUse[];
  /** Why it is not known. */
  unknown?: string;
}

/** Tenants that are told one by one, and their callers; of more it would be a report. */
export const TENANTS_MAX = 20;

/** Callers that are named in a line. */
const NAMED_MAX = 5;

/** Where it is read from. */
export interface UsedSources {
  store: Pick<UsageStore, 'read'>;
  counters: Pick<Counters, 'query'>;
  /** Milliseconds since 1970. */
  now: number;
}

/**
 * @param of a tenant, a model, or one of both
 * @throws whatever the store throws; TollgateError `unavailable`
 */
export async function readUsed(
  { store, counters, now }: UsedSources,
  of: { tenant?: string; model?: string },
): Promise<Used> {
  const lately = { now };
  const uses = await recentUse(store, of, lately);
  const tenants = [...new Set(uses.map(({ tenant }) => tenant))];
  const few = tenants.length > 0 && tenants.length <= TENANTS_MAX;
  return { uses, principals: few ? await principalsUse(counters, tenants, of.model, lately) : [] };
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
    ...(more > 0 ? [`and ${more} ${more === 1 ? 'tenant' : 'tenants'} more`] : []),
  ];
}

export function useText({ calls, cost, lastDay }: Use): string {
  return `${calls} ${calls === 1 ? 'call' : 'calls'}, ${cost === null ? 'cost not known' : `$${formatMoney(cost)}`}, last on ${lastDay}`;
}

function callersText(callers: readonly PrincipalUse[]): string {
  if (callers.length === 0) return '';
  const names = [...new Set(callers.map(({ principal }) => principal || 'others'))];
  const more = names.length - NAMED_MAX;
  return ` (${names.slice(0, NAMED_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''})`;
}
