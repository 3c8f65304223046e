import { describe, expect, test } from 'vitest';
import { UNSETTLED_LISTED } from '../../../../contract/limits/metering.ts';
import { readCsv } from '../../../../metering/csv.ts';
import { UnsettledList } from '../../../../metering/ledger/unsettled.ts';
import { NINE, started } from '../support.ts';

describe('the list of unsettled calls', () => {
  test('keeps the earliest, bounded, each once, whatever order they come in', () => {
    const calls = Array.from({ length: 3 * UNSETTLED_LISTED }, (_, i) =>
      started({ invocationId: `c${i}`, at: NINE + i }),
    );
    const [forwards, backwards] = [new UnsettledList(), new UnsettledList()];
    for (const record of [...calls, ...calls]) forwards.add(record);
    for (const record of calls.toReversed()) backwards.add(record);
    const ids = readCsv(forwards.csv()).map((row) => row.invocation_id);
    expect(ids).toEqual(calls.slice(0, UNSETTLED_LISTED).map(({ invocationId }) => invocationId));
    expect(backwards.csv()).toBe(forwards.csv());
  });
});
