import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Target } from '../../contract/model.ts';
import { arnsOf, pathIdOf } from '../../policies/kinds.ts';
import { sessionPolicy } from '../../policies/session.ts';
import { allows } from '../unit/policies/evaluator.ts';
import { others } from './entry.ts';
import { target, targets } from './targets.ts';

/** What a session may do that is for two grants together. */

const ACTIONS = [
  ...['Retrieve', 'RetrieveAndGenerate', 'Rerank', 'InvokeModel', 'InvokeModelWithResponseStream'],
  ...['GetInferenceProfile', 'ApplyGuardrail', 'InvokeAgent', 'CountTokens'],
].map((name) => `bedrock:${name}`);

const model = fc.oneof(targets['bedrock-model'], targets['bedrock-profile']);

describe('the session of an answer from a knowledge base', () => {
  test('P1: allows an action on an ARN if and only if it is of the one grant or of the other, and nothing of a third', () => {
    let allowed = 0;
    fc.assert(
      fc.property(targets['bedrock-knowledge-base'], model, target, fc.boolean(), (base, answering, third, streams) => {
        const answers = { ...answering, ...inRegion(answering, base.region) } as Target;
        fc.pre(pathIdOf(answers, 'generate') !== undefined);
        const actions = streams ? (['generate', 'stream'] as const) : (['generate'] as const);
        const { document } = sessionPolicy(base, ['generate'], {}, [{ target: answers, actions }]);
        const arns = new Set([
          ...arnsOf(base),
          ...arnsOf(answers),
          ...others(base, third),
          ...others(answers, third),
          '*',
        ]);
        for (const resource of arns)
          for (const action of ACTIONS)
            for (const context of [{}, { 'bedrock:InferenceProfileArn': answers.arn }]) {
              const shown = { ...context, 'aws:RequestedRegion': base.region };
              const own = isOwn(action, resource, base, answers, streams, 'bedrock:InferenceProfileArn' in context);
              expect(allows(document, { action, resource, context: shown }), `${action} ${resource}`).toBe(own);
              if (own) allowed++;
            }
      }),
      { numRuns: 200 },
    );
    expect(allowed).toBeGreaterThan(500);
  });

  test('P5: what takes no resource is bound to where it is called', () => {
    fc.assert(
      fc.property(targets['bedrock-knowledge-base'], (base) => {
        const { document } = sessionPolicy(base, ['generate']);
        const ask = (region: string) => ({
          action: 'bedrock:RetrieveAndGenerate',
          resource: '*',
          context: { 'aws:RequestedRegion': region },
        });
        expect(allows(document, ask(base.region))).toBe(true);
        expect(allows(document, ask('ap-south-1'))).toBe(false);
        expect(allows(sessionPolicy(base, ['invoke']).document, ask(base.region))).toBe(false);
      }),
    );
  });
});

function isOwn(
  action: string,
  resource: string,
  base: Target,
  model: Target,
  streams: boolean,
  throughProfile: boolean,
): boolean {
  // It takes no resource: whatever it were asked on.
  if (action === 'bedrock:RetrieveAndGenerate') return true;
  if (action === 'bedrock:Retrieve') return resource === base.arn;
  const isProfile = model.kind === 'bedrock-profile';
  if (action === 'bedrock:GetInferenceProfile') return isProfile && resource === model.arn;
  if (action !== 'bedrock:InvokeModel' && !(streams && action === 'bedrock:InvokeModelWithResponseStream'))
    return false;
  if (resource === model.arn) return true;
  return isProfile && throughProfile && model.modelArns.includes(resource);
}

/** The same model in another region. */
function inRegion({ region, arn, ...item }: Target, to: string): Partial<Target> {
  const moved = { region: to, arn: arn.replace(`:${region}:`, `:${to}:`) };
  return 'modelId' in item && item.modelId === arn ? ({ ...moved, modelId: moved.arn } as Partial<Target>) : moved;
}
