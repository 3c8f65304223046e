import { SYNC_AT_ONCE } from '../contract/limits/sync.ts';

/** Runs `one` for each, some at once: the control planes of AWS take a few requests a second. In the order of `list`. */
export async function eachOf<Given, Made>(
  list: readonly Given[],
  one: (given: Given) => Promise<Made>,
): Promise<Made[]> {
  const made: Made[] = [];
  const entries = list.entries();
  // Every worker takes from the same iterator.
  const work = async (): Promise<void> => {
    for (const [index, given] of entries) made[index] = await one(given);
  };
  await Promise.all(Array.from({ length: SYNC_AT_ONCE }, work));
  return made;
}
