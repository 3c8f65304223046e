import { describe, expect, test } from 'vitest';
import { type CallerContext, decodeContext, encodeContext } from '../../../contract/context.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { callOf, modelOf, NOW } from '../invoke/core.ts';

const context = (models: object[]): CallerContext => ({
  ...callOf('converse').caller,
  models: models as AllowedModel[],
});
const travelled = (model: object) => decodeContext(encodeContext(context([model])), NOW).models;

const restricted: AllowedModel = {
  ...modelOf('nova'),
  guardrail: { arn: 'arn:aws:bedrock:us-east-1:111122223333:guardrail/demo', version: '1' },
  maxTokens: 256,
  regions: ['us-east-1'],
  roles: ['writer'],
  expiresAt: 1_800_000_000,
};

describe('restrictions in the authorizer context', () => {
  test('arrive as they were sent', () => {
    expect(travelled(restricted)).toEqual([restricted]);
    expect(travelled(modelOf('nova'))).toEqual([modelOf('nova')]);
    const spoken = { ...modelOf('nova'), dialects: ['anthropic', 'converse'], container: 'tgi' };
    expect(travelled(spoken)).toEqual([spoken]);
    const named = {
      ...modelOf('nova'),
      aliases: [
        { alias: 'any', weight: 1, by: 'request' },
        { alias: 'small', weight: 95, atEnd: 'switch' },
      ],
      fallbacks: ['claude'],
    };
    expect(travelled(named)).toEqual([named]);
  });

  test('so do guardrails of several regions, use cases, and whose a guardrail is', () => {
    const one = { arn: 'arn:aws:bedrock:us-east-1:111122223333:guardrail/demo', version: '1', mode: 'async' };
    const several = [one, { ...one, arn: one.arn.replace('us-east-1', 'eu-west-1') }];
    const held = {
      ...modelOf('nova'),
      guardrail: several,
      guardedBy: 'stage',
      useCases: { drafts: one, all: several },
    };
    expect(travelled(held)).toEqual([held]);
  });

  test('so do several places, and the target that is the first one’s is not sent twice', () => {
    const { target } = modelOf('nova');
    const west = { ...target, region: 'us-west-2' };
    const places = [{ target }, { target: west, group: 'normal', weight: 2, priceRegion: 'us-east-1', drained: true }];
    const placed = { ...modelOf('nova'), places, routing: { distribution: 'equal', maxAttempts: 3 } };
    expect(travelled(placed)).toEqual([placed]);
    const { models } = encodeContext(context([placed]));
    expect(models.split(JSON.stringify(target))).toHaveLength(2);
  });

  test.each([
    ['a guardrail that is text', { guardrail: 'demo' }],
    ['a guardrail without a version', { guardrail: { arn: 'x' } }],
    ['a guardrail with a third member', { guardrail: { arn: 'x', version: '1', trace: 'y' } }],
    ['a guardrail that is null', { guardrail: null }],
    ['a guardrail in a mode of a later version', { guardrail: { arn: 'x', version: '1', mode: 'later' } }],
    ['no guardrail in a list', { guardrail: [] }],
    ['a list of guardrails in a list', { guardrail: [[{ arn: 'x', version: '1' }]] }],
    ['use cases that are none', { useCases: {} }],
    ['use cases in a list', { useCases: ['drafts'] }],
    ['a use case without a guardrail', { useCases: { drafts: null } }],
    ['a guardrail of whom nobody knows', { guardedBy: 'region' }],
    ['what a call said that it is for', { useCase: 'drafts' }],
    ['a cap of nothing', { maxTokens: 0 }],
    ['a cap that is text', { maxTokens: '5' }],
    ['no regions in a list', { regions: [] }],
    ['a region that is empty', { regions: [''] }],
    ['roles that are text', { roles: 'writer' }],
    ['an expiry that is text', { expiresAt: '2027-01-01' }],
    ['an expiry with a fraction', { expiresAt: 1.5 }],
    ['a dialect that nobody speaks', { dialects: ['klingon'] }],
    ['no dialect in a list', { dialects: [] }],
    ['a container that nobody knows', { container: 'docker' }],
    ['places that are none', { target: undefined, places: [] }],
    ['places that are text', { target: undefined, places: 'us-east-1' }],
    ['a place without a target', { target: undefined, places: [{ group: 'primary' }] }],
    ['a place’s member of a later version', { target: undefined, places: [{ ...modelOf('nova'), zone: 'a' }] }],
    ['a group of a later version', { places: [{ target: modelOf('nova').target, group: 'spare' }] }],
    ['routing of a later version', { routing: { retries: 3 } }],
    ['neither target nor places', { target: undefined }],
    ['fallbacks that are text', { fallbacks: 'claude' }],
    ['no fallback in a list', { fallbacks: [] }],
    ['an alias without a weight', { aliases: [{ alias: 'claude' }] }],
    ['an alias that is shared by what nobody knows', { aliases: [{ alias: 'claude', weight: 1, by: 'weekday' }] }],
    ['an alias of an end that nobody knows', { aliases: [{ alias: 'claude', weight: 1, atEnd: 'later' }] }],
    ['an alias of a later version', { aliases: [{ alias: 'claude', weight: 1, sticky: true }] }],
    ['a restriction of a later version', { weekdays: 'only' }],
    ['a member of every object', { constructor: 'x' }],
  ])('T2: %s refuses the whole context', (_, change) => {
    expect(() => travelled({ ...modelOf('nova'), ...change })).toThrow(
      expect.objectContaining({ code: 'forbidden', reason: 'context-member' }),
    );
  });
});
