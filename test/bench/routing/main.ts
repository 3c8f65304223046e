/**
 * `node test/bench/routing/main.ts`: what becomes of the same calls by Tollgate's routing, by AWS's Bedrock Connect Helper and by an
 * SDK's retries, in a simulation. Seeded: it prints the same tables each time, those of docs/regions.md.
 */
import { compare, SCENARIOS, tableOf } from './scenarios.ts';

for (const name of Object.keys(SCENARIOS) as (keyof typeof SCENARIOS)[])
  process.stdout.write(`${name}\n\n${tableOf(await compare(name))}\n\n`);
