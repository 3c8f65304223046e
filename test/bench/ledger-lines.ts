/**
 * Writes an hour of usage lines as raw objects: `node ledger-lines.ts FOLDER CALLS`. As a stream, and in a process of its
 * own, so that nothing of it is in the memory that is measured. Prints what the ledger must find, added up independently.
 */
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { FinishedUsage, StartedUsage } from '../../contract/usage.ts';
import { usageLine } from '../../metering/emf.ts';
import { LEDGER_HOUR } from './ledger-hour.ts';

const [folder = '', count = '0'] = process.argv.slice(2);
const CALLS = Number(count);
/** As Firehose delivers them: 64 MB of lines to an object. */
const CALLS_PER_OBJECT = 40_000;
const expected = { calls: CALLS, invocations: 0, unsettled: 1, input: 0, output: 0, cacheRead: 0, reasoning: 0 };

const raw = join(folder, 'raw/dt=2026-11-21/hour=09');
mkdirSync(raw, { recursive: true });
for (let from = 0; from < CALLS; from += CALLS_PER_OBJECT) {
  const name = `${String(from).padStart(9, '0')}.jsonl.gz`;
  const lines = Readable.from(linesFrom(from, Math.min(CALLS, from + CALLS_PER_OBJECT)));
  await pipeline(lines, createGzip({ level: 1 }), createWriteStream(join(raw, name)));
}
process.stdout.write(`${JSON.stringify(expected)}\n`);

/** Both lines of each call; every hundredth end comes twice, and the last call has none. */
function* linesFrom(from: number, to: number): Generator<string> {
  for (let i = from; i < to; i++) {
    const started = startedLine(i);
    const begin = `${usageLine(started)}\n`;
    if (i === CALLS - 1) {
      yield begin;
      continue;
    }
    const end = `${usageLine(finishedLine(started, i))}\n`;
    yield begin + end + (i % 100 === 0 ? end : '');
  }
}

/** Members in the order in which the invoke function has them. */
function startedLine(i: number): StartedUsage {
  const tenant = `tenant-${i % 50}`;
  return {
    v: 1,
    invocationId: `${i.toString(16).padStart(8, '0')}-6f1c-4f0e-9a51-6f1c4f0e9a51`,
    at: LEDGER_HOUR + (i % 3_600_000),
    requestId: `${i.toString(16).padStart(8, '0')}-0b3d-4c9e-8d21-0b3d4c9e8d21`,
    tenant,
    principal: `${tenant}-service-${i % 7}`,
    costCenter: `cc-${i % 50}`,
    model: `model-${i % 4}`,
    nativeModel: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    region: 'us-east-1',
    surface: 'bedrock',
    action: 'invoke',
    phase: 'started',
  };
}

function finishedLine(started: StartedUsage, i: number): FinishedUsage {
  const reasoning = i % 10 === 0 ? i % 97 : 0;
  const tokens = { input: i % 9_973, output: i % 1_009, cacheRead: i % 5 === 0 ? 1_000 : 0, cacheWrite: 0 };
  expected.invocations++;
  expected.input += tokens.input;
  expected.output += tokens.output;
  expected.cacheRead += tokens.cacheRead;
  expected.reasoning += reasoning;
  return {
    ...started,
    phase: 'finished',
    outcome: 'ok',
    code: '',
    tokens: reasoning === 0 ? tokens : { ...tokens, reasoning },
    estimated: false,
    awsRequestId: `${i.toString(16).padStart(8, '0')}-9c5a-4b7e-a1d2-9c5a4b7ea1d2`,
    durationMs: i % 5_000,
    firstByteMs: i % 500,
  };
}
