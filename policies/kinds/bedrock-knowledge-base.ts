import type { TargetOf } from '../../contract/model.ts';
import { agentRuntimeKind } from './agent-runtime.ts';
import { allowAny, type Kind, NO_RESOURCE } from './kind.ts';

const GENERATE = 'bedrock:RetrieveAndGenerate';

const asked = agentRuntimeKind({
  name: 'a knowledge base of Bedrock',
  resourceType: 'knowledge-base',
  id: /^[0-9A-Za-z]{10}$/,
  actions: ['bedrock:Retrieve'],
  silent: true,
});

/**
 * A knowledge base that is asked for passages, or for an answer that a model makes of them, by the grant of that model
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html: Retrieve, on knowledge-base;
 * RetrieveAndGenerate takes no resource; https://docs.aws.amazon.com/bedrock/latest/userguide/inference-prereq.html: whoever runs a
 * profile reads it).
 */
export const bedrockKnowledgeBase: Kind<TargetOf<'bedrock-knowledge-base'>> = {
  ...asked,
  role: [
    ...asked.role,
    { actions: [GENERATE], on: [NO_RESOURCE] },
    { actions: ['bedrock:GetInferenceProfile'], on: ['application-inference-profile', 'inference-profile'] },
  ],
  pathId: (target, purpose) => asked.pathId?.(target, purpose === 'generate' ? 'invoke' : purpose),

  statements(target, wanted, parse) {
    if (!wanted.has('generate')) return asked.statements(target, wanted, parse);
    return [...asked.statements(target, new Set(['invoke']), parse), allowAny(GENERATE, target)];
  },
};
