import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FinishedUsage, NO_TOKENS } from '../../contract/usage.ts';
import { passTraces } from '../../invoke/edge/trace.ts';
import type { TakeUp } from '../../invoke/exchange.ts';
import { createPost } from '../../invoke/providers/post.ts';
import { openTraces } from '../../invoke/traces/open.ts';

/** Microseconds of a core that a call takes for its trace, with a collector and without: `node test/bench/spans.ts` */

const CALLS = 20_000;
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const record: FinishedUsage = {
  ...({ v: 1, phase: 'finished', surface: 'openai', action: 'invoke', outcome: 'ok', code: '' } as const),
  ...{ invocationId: 'c6b4b1d6', requestId: 'b0d1f1a2-4a88-4f0f-9c6e-2a6f0f6f3f11', at: 1_795_966_113_000 },
  ...{ tenant: 'acme', principal: 'app', costCenter: 'CC-100', model: 'nova-lite' },
  ...{ nativeModel: 'amazon.nova-lite-v1:0', region: 'us-east-1', estimated: false, durationMs: 800, firstByteMs: 300 },
  tokens: { ...NO_TOKENS, input: 900, output: 150 },
};
const answer = Buffer.from(JSON.stringify({ output: 'word '.repeat(150), stopReason: 'end_turn', usage: {} }));

const collector = createServer((req, res) => void req.resume().on('end', () => res.end('{}')));
await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
const traces = openTraces({
  otel: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}` },
  stage: 'bench',
  prices: { prices: async () => new Map() },
  signedAs: { credentials: () => Promise.reject(), region: async () => 'us-east-1' },
  post: createPost(),
  clock: Date.now,
  write: (line) => void process.stderr.write(`${line}\n`),
});

async function run(takeUp: TakeUp, headers: Record<string, string>, flush?: () => Promise<void>): Promise<number> {
  const asked = {
    ...{ method: 'POST', path: '/v1/chat/completions', query: new URLSearchParams(), body: () => answer },
    headers: {
      get: (name: string) => headers[name] ?? null,
      [Symbol.iterator]: () => Object.entries(headers)[Symbol.iterator](),
    },
  };
  const began = process.cpuUsage();
  for (let i = 0; i < CALLS; i++) {
    const { span } = takeUp(asked)?.call() ?? {};
    span?.came(answer);
    span?.finished(record);
    if (i % 400 === 399) await flush?.();
  }
  const { user, system } = process.cpuUsage(began);
  return (user + system) / CALLS;
}

const rows: [string, () => Promise<number>][] = [
  ['off, no traceparent', () => run(passTraces, {})],
  ['off, traceparent', () => run(passTraces, { traceparent: TRACEPARENT })],
  [
    'on, batches of 400, the collector’s own work included',
    () => run(traces.takeUp, { traceparent: TRACEPARENT }, traces.flush),
  ],
];
for (const [, measure] of rows) await measure();
for (const [name, measure] of rows) process.stdout.write(`${(await measure()).toFixed(2).padStart(8)} µs  ${name}\n`);
collector.closeAllConnections();
collector.close();
