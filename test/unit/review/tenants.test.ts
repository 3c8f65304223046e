import { beforeEach, expect, test } from 'vitest';
import type { TenantId } from '../../../contract/identity.ts';
import { readSnapshotOf, type Snapshot } from '../../../registry/snapshot.ts';
import { createWriter } from '../../../registry/writer.ts';
import { withinQuestions } from '../../../review/tenants.ts';
import { modelDocument } from '../registry/documents.ts';
import { memoryItems } from '../registry/memory-items.ts';

const NOW = Date.UTC(2026, 10, 21);
const IDS = ['t1', 't2', 't3', 't4'] as TenantId[];
/** One policy for an action, asked of the one model there is and its three actions. */
const A_GRANT = 3;

let snapshot: Snapshot;

/** @param more of each grant: what makes its policy another one, or does not */
async function granted(more: (index: number) => object): Promise<Snapshot> {
  const items = memoryItems();
  const writer = createWriter({ items, clock: () => NOW, actor: 'test' });
  await writer.putModel({ ...modelDocument('m'), version: undefined });
  for (const [index, id] of IDS.entries()) {
    await writer.putTenant({ id, costCenter: 'CC-1' });
    await writer.grant(id, 'm', ['invoke'], { restrictions: more(index) });
  }
  return readSnapshotOf(IDS, items, () => NOW);
}

beforeEach(async () => {
  snapshot = await granted((index) => ({ expiresAt: `2027-01-0${index + 1}` }));
});

test.each([
  ['all where there is time for all', 4 * A_GRANT, 4],
  ['as many as fit', 3 * A_GRANT, 3],
  ['no part of one', 2 * A_GRANT + 1, 2],
  ['one where not even one fits, so that a review comes to an end', 1, 1],
])('of tenants whose policies differ %s', (_, most, found) => {
  expect(withinQuestions(snapshot, IDS, most)).toEqual(IDS.slice(0, found));
});

test('a policy that many have is tried once, whatever our code alone demands beside it', async () => {
  const shared = await granted((index) => ({ maxTokens: 10 + index }));
  expect(withinQuestions(shared, IDS, A_GRANT)).toEqual(IDS);
  expect(withinQuestions(shared, [], A_GRANT)).toEqual([]);
});
