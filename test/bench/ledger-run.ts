/** Aggregates what is in a folder, once: `node ledger-run.ts FOLDER`. Prints what it took and what came out. */

import { hourKey } from '../../metering/ledger/layout.ts';
import { readUsageCsv } from '../../metering/ledger/usage-file.ts';
import { createAggregation } from '../../metering/run/run.ts';
import { hourOf } from '../../metering/window.ts';
import { createFileStore } from './file-store.ts';
import { LEDGER_HOUR } from './ledger-hour.ts';

const store = createFileStore(process.argv[2] ?? '');
const models = [0, 1, 2, 3].map((i) => ({
  id: `model-${i}`,
  prices: [{ version: '1', from: 0, usdPerMillion: { input: '3', output: '15', cacheRead: '0.3' } }],
}));
const aggregate = createAggregation({
  store,
  prices: { prices: async (ids) => new Map(models.filter(({ id }) => ids.includes(id)).map((m) => [m.id, m])) },
  metrics: null,
  invocations: null,
  counters: null,
  release: null,
  tellEnds: null,
  clock: () => LEDGER_HOUR + 3 * 3_600_000,
  write: () => undefined,
});
const began = performance.now();
await aggregate();
const seconds = (performance.now() - began) / 1_000;
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
const rows = readUsageCsv((await store.read(hourKey(hourOf(LEDGER_HOUR), 'usage.csv'))) ?? '');
const sum = (of: (row: (typeof rows)[number]) => number | bigint) =>
  rows.reduce((total, row) => total + Number(of(row)), 0);
const found = {
  calls: sum((row) => row.invocations + row.unsettled),
  invocations: sum((row) => row.invocations),
  unsettled: sum((row) => row.unsettled),
  input: sum((row) => row.tokens.input),
  output: sum((row) => row.tokens.output),
  cacheRead: sum((row) => row.tokens.cacheRead),
  reasoning: sum((row) => row.tokens.reasoning),
};
const cpuSeconds = (userCPUTime + systemCPUTime) / 1_000_000;
process.stdout.write(
  `${JSON.stringify({ seconds, cpuSeconds, residentMiB: maxRSS / 1_024, rows: rows.length, found })}\n`,
);
