import { isTollgateError } from '../contract/errors.ts';
import { readUsed, type Used } from '../metering/report/used.ts';
import { explain } from './print.ts';
import { openCounters, openStore } from './store.ts';
import type { Target } from './target.ts';

/** Whom it hits when something is taken away: what the ledger knows of the last days. */

/** @param of a tenant, a model, or one of both */
export async function usedOf(target: Target, of: { tenant?: string; model?: string }): Promise<Used> {
  try {
    const [store, counters] = await Promise.all([openStore(target), openCounters(target)]);
    return await readUsed({ store, counters, now: Date.now() }, of);
  } catch (error) {
    // Whoever may edit the registry need not be one who may read the ledger: that is no reason to leave a model in use.
    if (isTollgateError(error, 'bad_setting')) throw error;
    return { uses: undefined, principals: [], unknown: explain(error) };
  }
}
