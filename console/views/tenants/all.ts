import { api } from '../../api.ts';
import type { Query } from '../../http.ts';
import type { Bundle, Grant, Model } from './entries.ts';

/** Lists that are read to their end: models and bundles of a stage, grants of some tenants. */

/** Pages that are read at most: a thousand entries each. */
const PAGES_MAX = 20;

/** Tenants whose grants the API lists at once. */
const TENANTS_AT_ONCE = 100;

async function all<T>(path: string, query: Query, signal: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const { body } = await api.get<{ items: T[]; next?: string }>(path, { ...query, limit: 1000, cursor }, signal);
    items.push(...body.items);
    cursor = body.next;
    if (cursor === undefined) break;
  }
  return items;
}

export const allModels = (signal: AbortSignal) => all<Model>('/admin/models', {}, signal);
export const allBundles = (signal: AbortSignal) => all<Bundle>('/admin/bundles', {}, signal);

/** @param tenants as many as there are; asked for a hundred at once */
export async function grantsOf(tenants: readonly string[], signal: AbortSignal): Promise<Grant[]> {
  const parts = Array.from({ length: Math.ceil(tenants.length / TENANTS_AT_ONCE) }, (_, part) =>
    tenants.slice(part * TENANTS_AT_ONCE, (part + 1) * TENANTS_AT_ONCE).join(','),
  );
  return (await Promise.all(parts.map((some) => all<Grant>('/admin/grants', { tenants: some }, signal)))).flat();
}
