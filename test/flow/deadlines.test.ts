import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { CallRecord } from '../../local/aws/calls.ts';
import { callOf, modelOf, textsOf } from '../unit/invoke/core.ts';
import { WalledPipeline } from './pipeline.ts';

/** Calls that our own deadlines end, over a Bedrock that falls silent: the model may still be running what it took. */

const nova = modelOf('nova-lite', 'amazon.nova-lite-v1:0');
const canvas = modelOf('nova-canvas', 'amazon.nova-canvas-v1:0');

let walled: WalledPipeline;

beforeAll(async () => {
  walled = await WalledPipeline.start();
});

afterEach(async () => {
  await fetch(`${walled.aws.url}/_local/faults`, { method: 'DELETE' });
});

afterAll(() => walled.close());

async function fault(value: object): Promise<void> {
  const body = JSON.stringify({ service: 'bedrock', fault: value });
  expect((await fetch(`${walled.aws.url}/_local/faults`, { method: 'POST', body })).status).toBe(204);
}

function lastCall(): CallRecord | undefined {
  return walled.aws.calls.after(0).at(-1);
}

/** Milliseconds: long enough for what does answer, on a busy machine too. */
const DEADLINES = { firstByteMs: 1_000, streamIdleMs: 1_000, callTotalMs: 20_000 };
const say = { messages: [{ role: 'user', content: [{ text: '12345678' }] }] };
const paint = { taskType: 'TEXT_IMAGE', imageGenerationConfig: { numberOfImages: 3 } };

test.each([
  ['its prompt is paid for', nova, 'converse', say, { input: 2, output: 0, cacheRead: 0, cacheWrite: 0 }],
  ['the images that it asked for are', canvas, 'invoke', paint, { images: 3, output: 0 }],
] as const)('U4 a call without an answer is ended, and %s', async (_, model, operation, body, tokens) => {
  await fault({ hang: true });
  const { run, meter } = walled.setUp({ deadlines: DEADLINES });
  await expect(run(callOf(operation, { models: [model], body }))).rejects.toMatchObject({ code: 'deadline' });
  expect(meter.lines.map(({ phase }) => phase)).toEqual(['started', 'finished']);
  const [finished] = meter.finishedLines();
  expect(finished).toMatchObject({ outcome: 'deadline', code: 'deadline', estimated: true, tokens });
  // It never answered, so that nothing is known by AWS's name for it.
  expect(finished).not.toHaveProperty('awsRequestId');
  await expect.poll(() => lastCall()?.outcome).toBe('aborted');
});

test('U4 a stream that falls silent is ended, and what came of it is paid for', async () => {
  await fault({ breakAfterEvents: 3, hang: true });
  const { run, meter } = walled.setUp({ deadlines: DEADLINES });
  const answer = await run(callOf('converse-stream', { models: [nova], body: say }));
  if (answer.kind !== 'stream') throw new Error('not a stream');
  await expect(textsOf(answer.events)).rejects.toMatchObject({ code: 'deadline', reason: 'stream-idle' });
  expect(meter.lines.map(({ phase }) => phase)).toEqual(['started', 'finished']);
  expect(meter.finishedLines()).toEqual([
    expect.objectContaining({ outcome: 'deadline', estimated: true, awsRequestId: lastCall()?.requestId }),
  ]);
  expect(meter.finishedLines()[0]?.tokens).toMatchObject({ input: 2 });
  expect(meter.finishedLines()[0]?.tokens.output).toBeGreaterThan(0);
});
