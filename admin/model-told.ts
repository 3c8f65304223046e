import { ADMIN_READ_MS, ADMIN_TARGETS_MAX_MINUTES } from '../contract/limits/admin.ts';
import { targetsOf } from '../contract/places.ts';
import type { Counters } from '../metering/budgets/counters.ts';
import { formatMoney } from '../metering/money.ts';
import { holdersIn, impactOf, impactRows, insteadDocument, rankOf } from '../metering/report/impact.ts';
import { letterOf } from '../metering/report/letter.ts';
import { together } from '../metering/report/recent.ts';
import { readUsed, type Used } from '../metering/report/used.ts';
import { targetStates } from '../metering/run/target-states.ts';
import { isoMilliseconds } from '../registry/fields.ts';
import { FINDINGS } from '../registry/sync/findings.ts';
import { editDifferences, propose } from '../registry/sync/propose.ts';
import { decoded, encoded } from './page.ts';
import type { Act, CounterReader, Reply } from './route.ts';
import { absent, stageOf } from './stage.ts';

/** What a model’s entry does not say of it: who would miss it, how its places answer, and what AWS says of it otherwise. */

/** Who would miss a model. */
export async function impact(act: Act): Promise<Reply> {
  const { writer, params, query } = act;
  const impact = await impactOf(() => usedOf(act, params.model ?? ''), writer, params.model ?? '');
  const { limit = 0, cursor } = query;
  const rows = impactRows(impact);
  const after = cursor === undefined ? '' : decoded(cursor);
  const left = rows.filter((row) => rankOf(row) > after);
  const page = left.slice(0, limit);
  const last = page.at(-1);
  const { used } = impact;
  const all = together(used.uses ?? []);
  const holders = holdersIn(impact);
  const { subject, text } = letterOf({ ...impact, holders }, { named: NAMED });
  return {
    body: {
      ...insteadDocument(impact),
      total: {
        holders: holders.length,
        // null: what was used is not known.
        users: used.uses === undefined ? null : new Set(used.uses.map(({ tenant }) => tenant)).size,
        calls: used.uses === undefined ? null : (all?.calls ?? 0),
        cost: all?.cost == null ? null : formatMoney(all.cost),
        lastDay: all?.lastDay ?? null,
      },
      ...(used.unknown === undefined ? {} : { unknown: used.unknown }),
      items: page,
      letter: { subject, text },
      ...(last === undefined || page.length === left.length ? {} : { next: encoded(rankOf(last)) }),
    },
  };
}

/** How its places answer. */
export async function targets(act: Act): Promise<Reply> {
  const { writer, params, query, clock } = act;
  const model = await writer.showModel(params.model ?? '');
  const [store, counters] = await Promise.all([act.usage(), act.counters()]);
  const now = clock();
  const since = now - (query.minutes ?? ADMIN_TARGETS_MAX_MINUTES) * 60_000;
  let cut = false;
  const enough = () => {
    cut ||= clock() - now > ADMIN_READ_MS;
    return cut;
  };
  const items = await targetStates(model, { store, counters: whole(counters), now, since, enough });
  return { body: { since: isoMilliseconds(since), complete: !cut, items } };
}

/** What AWS says otherwise. */
export async function proposals(act: Act): Promise<Reply> {
  const { catalog: read, region } = stageOf(act);
  if (read === undefined) throw absent('sync', 'no-sync', 'This stage does not look at what AWS has (tollgate:sync).');
  const { entries } = await act.writer.listModels();
  const called = entries.flatMap((entry) => targetsOf(entry).map((target) => target.region));
  const regions = [...new Set([await region(), ...called])];
  const { catalog, unread } = await read(regions, entries);
  const { drafts, edits, findings } = propose(catalog, entries);
  return {
    body: {
      regions,
      unread,
      counts: { new: drafts.length, changed: edits.length, toDecide: findings.length },
      edits: edits.map((edit) => ({
        ...{ model: edit.entry.id, version: edit.entry.version, widens: edit.widens },
        differences: editDifferences(edit),
        document: { ...edit.document, version: edit.entry.version },
      })),
      drafts: drafts.map(({ entry, document }) => ({
        ...{ model: entry.id, name: entry.displayName ?? null, regions: targetsOf(entry).map((one) => one.region) },
        document,
      })),
      findings: findings.map((finding) => ({ ...finding, says: FINDINGS[finding.reason] })),
    },
  };
}

/** Which places cool is one item of its partition, which alone this API may ask. */
function whole({ partition }: CounterReader): Pick<Counters, 'counts'> {
  return {
    async counts({ pk, sk }) {
      const found = (await partition(pk)).find(({ key }) => key.sk === sk);
      return found?.counts ?? { numbers: new Map(), sets: new Map() };
    },
  };
}

/** Of those whom a letter is to, by name; of more it says how many. */
const NAMED = 50;

/** Who may see the registry need not see the ledger, and a stage may have none yet: then it is said that it is not known. */
async function usedOf(act: Act, model: string): Promise<Used> {
  try {
    const [store, counters] = await Promise.all([act.usage(), act.counters()]);
    return await readUsed({ store, counters, now: act.clock() }, { model });
  } catch (error) {
    return { uses: undefined, principals: [], unknown: (error as Error).name };
  }
}
