import type { Lifecycle } from '../../contract/model.ts';
import { targetsOf } from '../../contract/places.ts';
import { baseModelOf } from '../../policies/kinds.ts';
import type { ModelEntry } from '../model.ts';
import type { AwsLifecycle, Catalog } from './catalog.ts';

/**
 * The lifecycle of an entry whose models AWS has announced the end of. A model of several places ends with the last of them.
 * An operator's own end that is earlier stays; one that is later is not to be had.
 *
 * @returns undefined where the entry says so already
 */
export function endOf(catalog: Catalog, entry: ModelEntry): Lifecycle | undefined {
  const { lifecycle: before } = entry;
  if (before.status !== 'active' && before.status !== 'deprecated') return undefined;
  const ends = targetsOf(entry).map((target) => lifecycleOf(catalog, baseModelOf(target), target.region));
  if (!ends.every((end) => end?.legacy === true)) return undefined;
  const sunsetAt = Math.min(before.sunsetAt ?? Number.POSITIVE_INFINITY, lastOf(ends, 'endAt'));
  // Never after the sunset (RFC 9745 section 4). Without a date it is that of the edit, which whoever writes it fills in.
  const announcedAt = before.deprecatedAt ?? lastOf(ends, 'legacyAt');
  const after: Lifecycle = { ...before, status: 'deprecated' };
  if (Number.isFinite(announcedAt)) after.deprecatedAt = Math.min(announcedAt, sunsetAt);
  if (Number.isFinite(sunsetAt)) after.sunsetAt = sunsetAt;
  const isSame =
    before.status === after.status && before.deprecatedAt === after.deprecatedAt && before.sunsetAt === after.sunsetAt;
  return isSame ? undefined : after;
}

/** @returns infinity where one of them has no such date */
function lastOf(ends: readonly (AwsLifecycle | undefined)[], date: 'endAt' | 'legacyAt'): number {
  return Math.max(...ends.map((end) => end?.[date] ?? Number.POSITIVE_INFINITY));
}

/** A model ends in all regions at once, so any region's word of it will do; that of the place is the best. */
export function lifecycleOf({ models }: Catalog, id: string, region: string): AwsLifecycle | undefined {
  const found = models.filter((model) => model.id === id);
  return (found.find((model) => model.region === region) ?? found[0])?.lifecycle;
}
