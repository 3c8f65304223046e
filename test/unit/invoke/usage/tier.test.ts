import { describe, expect, test } from 'vitest';
import type { TargetOf } from '../../../../contract/model.ts';
import type { Operation } from '../../../../invoke/call.ts';
import { answeredTier, askedTier } from '../../../../invoke/usage/tier.ts';
import { modelOf, requestOf } from '../core.ts';

const { target } = modelOf('nova');
const provisioned: TargetOf<'bedrock-model'> = {
  kind: 'bedrock-model',
  modelId: 'arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abcdefghijkl',
  region: 'us-east-1',
  arn: 'arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abcdefghijkl',
};
const TIERS = [
  ['default', 'on-demand'],
  ['priority', 'priority'],
  ['flex', 'flex'],
  ['reserved', 'provisioned'],
] as const;
const withHeader = (operation: Operation, tier: string) => ({
  ...requestOf(operation),
  headers: { 'x-amzn-bedrock-service-tier': tier },
});

describe('the tier that a call asks for', () => {
  test.each(TIERS)('%s is %s', (name, tier) => {
    expect(askedTier(requestOf('converse', { serviceTier: { type: name } }), target)).toBe(tier);
    expect(askedTier(requestOf('converse-stream', { serviceTier: { type: name } }), target)).toBe(tier);
    expect(askedTier(withHeader('invoke', name), target)).toBe(tier);
    expect(askedTier(withHeader('invoke-with-response-stream', name), target)).toBe(tier);
  });

  test.each([
    ['nothing', {}],
    ['a tier that is null', { serviceTier: null }],
    ['a tier without a type', { serviceTier: {} }],
    ['text that names the member', { messages: [{ content: [{ text: 'serviceTier' }] }] }],
  ])('%s is on demand', (_, body) => {
    expect(askedTier(requestOf('converse', body), target)).toBe('on-demand');
  });

  test('is found behind an escape too, which the model would read', () => {
    const body = Buffer.from('{"\\u0073erviceTier":{"type":"priority"}}');
    expect(askedTier(requestOf('converse', body), target)).toBe('priority');
  });

  test.each(['turbo', 'constructor', 'Priority', 7])('%j is refused, because its price is not known', (type) => {
    expect(() => askedTier(requestOf('converse', { serviceTier: { type } }), target)).toThrow(
      expect.objectContaining({ code: 'invalid_request', field: 'serviceTier.type', reason: 'tier-not-known' }),
    );
    expect(() => askedTier(withHeader('invoke', String(type)), target)).toThrow(
      expect.objectContaining({ code: 'invalid_request', field: 'x-amzn-bedrock-service-tier' }),
    );
  });

  test.each(['converse', 'invoke'] as const)('is refused of %s by the name that the caller gave it', (operation) => {
    const body = { serviceTier: { type: 'turbo' } };
    const headers = { 'x-amzn-bedrock-service-tier': 'turbo' };
    const asked = { ...requestOf(operation, body), headers, tierField: 'service_tier' };
    const refusal = expect.objectContaining({
      field: 'service_tier',
      message: expect.stringContaining('service_tier'),
    });
    expect(() => askedTier(asked, target)).toThrow(refusal);
  });

  test('is that of a call which counts tokens never', () => {
    const body = { input: { converse: {} }, serviceTier: { type: 'priority' } };
    expect(askedTier(requestOf('count-tokens', body), target)).toBe('on-demand');
  });
});

test.each(TIERS)('an answer that names %s was sold as %s', (name, tier) => {
  expect(answeredTier(target, name)).toBe(tier);
});

test.each([undefined, null, '', 'turbo', 7])('an answer that names %j does not say', (name) => {
  expect(answeredTier(target, name)).toBeUndefined();
});

test('capacity that is paid by the hour is that, whatever is asked for or answered', () => {
  expect(askedTier(requestOf('converse', { serviceTier: { type: 'flex' } }), provisioned)).toBe('provisioned');
  expect(askedTier(requestOf('invoke'), provisioned)).toBe('provisioned');
  expect(answeredTier(provisioned, 'default')).toBe('provisioned');
  expect(answeredTier(provisioned, undefined)).toBe('provisioned');
});
