import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { AllowedModel } from '../../contract/model.ts';
import type { CallRecord } from '../../local/aws/calls.ts';
import { callOf, modelOf, textsOf } from '../unit/invoke/core.ts';
import { WalledPipeline } from './pipeline.ts';

/** Calls that our own deadlines end, over models that fall silent: what they took may still be running. */

const nova = modelOf('nova-lite', 'amazon.nova-lite-v1:0');
const canvas = modelOf('nova-canvas', 'amazon.nova-canvas-v1:0');
const mixtral: AllowedModel = {
  ...modelOf('mixtral-8x7b'),
  target: {
    kind: 'sagemaker-endpoint',
    endpointName: 'mixtral-8x7b',
    region: 'us-east-1',
    arn: 'arn:aws:sagemaker:us-east-1:111122223333:endpoint/mixtral-8x7b',
  },
};

let walled: WalledPipeline;

beforeAll(async () => {
  walled = await WalledPipeline.start();
});

afterEach(async () => {
  await fetch(`${walled.aws.url}/_local/faults`, { method: 'DELETE' });
});

afterAll(() => walled.close());

async function fault(value: object): Promise<void> {
  for (const service of ['bedrock', 'sagemaker']) {
    const body = JSON.stringify({ service, fault: value });
    expect((await fetch(`${walled.aws.url}/_local/faults`, { method: 'POST', body })).status).toBe(204);
  }
}

function lastCall(): CallRecord | undefined {
  return walled.aws.calls.after(0).at(-1);
}

/** Milliseconds: long enough for what does answer, on a busy machine too. */
const DEADLINES = { firstByteMs: 1_000, streamIdleMs: 1_000, callTotalMs: 20_000 };
const say = { messages: [{ role: 'user', content: [{ text: '12345678' }] }] };
const chat = { messages: [{ role: 'user', content: '12345678' }] };
const paint = { taskType: 'TEXT_IMAGE', imageGenerationConfig: { numberOfImages: 3 } };

test.each([
  ['its prompt is paid for', nova, 'converse', say, { input: 2, output: 0, cacheRead: 0, cacheWrite: 0 }],
  ['the images that it asked for are', canvas, 'invoke', paint, { images: 3, output: 0 }],
  ['what a container was sent is', mixtral, 'invocations', chat, { output: 0 }],
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

const TOTAL = { ...DEADLINES, streamIdleMs: 20_000, callTotalMs: 1_500 };

test.each([
  ['at the idle deadline', 'stream-idle', 'converse-stream', nova, say, DEADLINES],
  ['at the deadline of the whole call', 'call-total', 'converse-stream', nova, say, TOTAL],
  ['of a container, too', 'stream-idle', 'invocations-response-stream', mixtral, { ...chat, stream: true }, DEADLINES],
  [
    'of a container, of its call',
    'call-total',
    'invocations-response-stream',
    mixtral,
    { ...chat, stream: true },
    TOTAL,
  ],
] as const)('U4 a stream that falls silent is ended %s, and what came of it is paid for', async (...row) => {
  const [, reason, operation, model, body, deadlines] = row;
  await fault({ breakAfterEvents: 3, hang: true });
  const { run, meter } = walled.setUp({ deadlines });
  const answer = await run(callOf(operation, { models: [model], body }));
  if (answer.kind !== 'stream') throw new Error('not a stream');
  await expect(textsOf(answer.events)).rejects.toMatchObject({ code: 'deadline', reason });
  expect(meter.lines.map(({ phase }) => phase)).toEqual(['started', 'finished']);
  expect(meter.finishedLines()).toEqual([
    expect.objectContaining({ outcome: 'deadline', estimated: true, awsRequestId: lastCall()?.requestId }),
  ]);
  expect(meter.finishedLines()[0]?.tokens.input).toBeGreaterThan(1);
  expect(meter.finishedLines()[0]?.tokens.output).toBeGreaterThan(0);
});
