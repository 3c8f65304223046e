import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Principal, TenantId } from '../../contract/identity.ts';
import type { CallRecord } from '../../local/aws/calls.ts';
import { sessionNames } from '../../policies/name.ts';
import { type Many, startMany } from './many.ts';
import { RawUsage } from './raw-usage.ts';
import { Stack } from './stack.ts';

/** Each call has a principal of its own, and with it a session name: one call in the list is one line in raw/. */
const CALLS = 240;
const AT_ONCE = 16;
const TENANT = 'tenant-0';

let many: Many;
let stack: Stack;
let raw: RawUsage;

beforeAll(async () => {
  many = await startMany();
  stack = many.stack;
});

afterAll(async () => {
  raw?.close();
  await stack.stop();
  await many.remove();
});

const modelCalls = (calls: readonly CallRecord[]) => calls.filter(({ service }) => service === 'bedrock');

test('a gateway that is killed in the middle of calls has each of them in its list and announced in raw/', async () => {
  const subjects = Array.from({ length: CALLS }, (_, i) => `service ${i}`);
  const tokens = await Promise.all(subjects.map((subject) => many.tokenOf(TENANT, subject)));
  // Some are still with the model when it ends.
  await stack.fault({ service: 'bedrock', times: 8, fault: { hang: true } });
  let next = 0;
  const callers = Array.from({ length: AT_ONCE }, async () => {
    while (next < CALLS) {
      const i = next++;
      await many.chat(tokens[i] ?? '', 'nova-lite', `call ${i}`, i % 2 === 0).catch(() => {});
    }
  });
  await expect
    .poll(async () => modelCalls(await stack.calls()).length, { interval: 5, timeout: 30_000 })
    .toBeGreaterThan(60);
  const seen = await stack.calls();
  await stack.kill();
  await Promise.all(callers);

  stack = await Stack.start({ dataDir: stack.dataDir, port: stack.port });
  raw = new RawUsage(stack);
  const calls = await stack.calls();
  expect(calls.slice(0, seen.length).map(({ seq, operation }) => [seq, operation])).toEqual(
    seen.map(({ seq, operation }) => [seq, operation]),
  );
  expect(calls.map(({ seq }) => seq)).toEqual(calls.map((_, i) => i + 1));
  const before = modelCalls(calls);
  expect(before.length).toBeLessThan(CALLS);
  expect(before.filter(({ outcome }) => outcome === null)).toEqual([]);
  expect(before.filter(({ outcome }) => outcome === 'aborted').length).toBeGreaterThanOrEqual(8);

  const records = await raw.records();
  const announced = new Set(
    records
      .filter(({ phase }) => phase === 'started')
      .map(({ tenant, principal }) => sessionNames(tenant as TenantId, principal as Principal).sessionName),
  );
  expect(before.filter(({ caller }) => !announced.has(caller?.sessionName ?? ''))).toEqual([]);
  // What ended before is on the bill with what the model counted, or has no end and is unsettled; it is never something else.
  const counted = new Map(before.map(({ requestId, usage }) => [requestId, usage]));
  for (const record of records)
    if (record.phase === 'finished' && record.awsRequestId !== undefined)
      expect(counted.get(record.awsRequestId)).toMatchObject({
        inputTokens: record.tokens.input,
        outputTokens: record.tokens.output,
      });
  const lines = readFileSync(join(stack.dataDir, 'calls.jsonl'), 'utf8').trim().split('\n');
  expect(lines.every((line) => typeof (JSON.parse(line) as CallRecord).seq === 'number')).toBe(true);
});
