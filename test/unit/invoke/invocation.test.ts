import { describe, expect, test } from 'vitest';
import { TollgateError } from '../../../contract/errors.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { beginInvocation } from '../../../invoke/pipeline/invocation.ts';
import { NO_USAGE } from '../../../invoke/usage/usage.ts';
import { callOf, memoryMeter, modelOf, NOW } from './core.ts';

function inRegion(region: string): AllowedModel {
  const arn = `arn:aws:bedrock:${region}::foundation-model/amazon.nova-lite-v1:0`;
  return { ...modelOf('nova'), target: { kind: 'bedrock-model', modelId: 'amazon.nova-lite-v1:0', region, arn } };
}

/** What is published of a call that goes from one region to the next, and then ends. */
function published(regions: string[], end: 'ok' | 'throttled'): unknown[] {
  const meter = memoryMeter();
  let ids = 0;
  const invocation = beginInvocation(callOf('converse'), { meter, clock: () => NOW, newId: () => `id-${++ids}` });
  const throttled = new TollgateError('upstream_throttled');
  // As it is decided, before it is known where it goes.
  invocation.concerns(inRegion('us-east-1'));
  for (const [index, region] of regions.entries()) {
    if (index > 0) invocation.retried(throttled, () => NO_USAGE);
    invocation.concerns(inRegion(region));
    invocation.started();
  }
  if (end === 'ok') invocation.finished('ok', NO_USAGE);
  else invocation.failed(throttled, () => NO_USAGE);
  return meter.published.map((metrics) => (metrics as Record<string, unknown>).FailedOver);
}

describe('a call that was answered elsewhere than it was sent first', () => {
  test.each([
    ['is counted, once, on its last line', ['us-east-1', 'us-west-2', 'eu-west-1'], 'ok', [undefined, undefined, 1]],
    ['is not one that was sent to the same place again', ['us-east-1', 'us-east-1'], 'ok', [undefined, undefined]],
    ['is not one that was sent elsewhere at once', ['us-west-2'], 'ok', [undefined]],
    ['is not one that nobody answered', ['us-east-1', 'us-west-2'], 'throttled', [undefined, undefined]],
  ] as const)('%s', (_, regions, end, expected) => {
    expect(published([...regions], end)).toEqual(expected);
  });
});
