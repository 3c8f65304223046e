import { TollgateError } from '../../../contract/errors.ts';
import type { Json } from '../../../contract/json.ts';

/**
 * What of a body names something of the account's, or could in a later version of the API: it would be reached by rights that are not
 * the caller's. So these lists say what may be there, and whatever else is there is refused by its name.
 */
export interface Members {
  /** Down to where nothing names anything: there it is whatever the caller likes. Of a list, each of its items. */
  readonly [name: string]: Members | typeof ANY;
}

const ANY = null;
const any = (...names: readonly string[]): Members => Object.fromEntries(names.map((name) => [name, ANY]));

const FILES: Members = { ...any('name', 'useCase'), source: any('sourceType', 'byteContent') };

/** API_agent-runtime_InlineSessionState, without places in S3. */
const STATE: Members = {
  ...any('sessionAttributes', 'promptSessionAttributes', 'returnControlInvocationResults', 'invocationId'),
  ...any('conversationHistory'),
  files: FILES,
};

/** API_agent-runtime_SessionState; which knowledge bases they are is looked at apart. */
export const SESSION_STATE: Members = {
  ...STATE,
  knowledgeBaseConfigurations: {
    ...any('knowledgeBaseId'),
    retrievalConfiguration: { vectorSearchConfiguration: any('numberOfResults', 'overrideSearchType', 'filter') },
  },
};

/**
 * API_agent-runtime_InvokeInlineAgent, without keys, functions, knowledge bases, guardrails, agents beside it and models beside its own:
 * its tools are those that hand back control to the caller, and those that Bedrock has.
 */
export const INLINE_AGENT: Members = {
  ...any('agentName', 'foundationModel', 'instruction', 'inputText', 'endSession', 'enableTrace'),
  ...any('idleSessionTTLInSeconds', 'agentCollaboration', 'orchestrationType'),
  actionGroups: {
    ...any('actionGroupName', 'description', 'functionSchema'),
    ...any('parentActionGroupSignature', 'parentActionGroupSignatureParams'),
    actionGroupExecutor: any('customControl'),
    apiSchema: any('payload'),
  },
  bedrockModelConfigurations: { performanceConfig: any('latency') },
  inlineSessionState: STATE,
  promptCreationConfigurations: any('previousConversationTurnsToInclude', 'excludePreviousThinkingSteps'),
  promptOverrideConfiguration: {
    promptConfigurations: {
      ...any('promptType', 'promptCreationMode', 'promptState', 'basePromptTemplate', 'parserMode'),
      ...any('inferenceConfiguration', 'additionalModelRequestFields'),
    },
  },
  streamingConfigurations: any('streamFinalResponse', 'applyGuardrailInterval'),
};

/** @throws TollgateError `invalid_request` naming the member, e.g. `actionGroups[0].actionGroupExecutor.lambda` */
export function checkClosed(value: Json | undefined, members: Members, at = ''): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkClosed(item, members, `${at}[${index}]`);
    return;
  }
  if (value === null || typeof value !== 'object') return;
  for (const [name, inner] of Object.entries(value)) {
    const field = at === '' ? name : `${at}.${name}`;
    if (!Object.hasOwn(members, name)) throw anotherResource(field);
    const allowed = members[name] ?? ANY;
    if (allowed !== ANY) checkClosed(inner, allowed, field);
  }
}

export function anotherResource(field: string): TollgateError {
  return new TollgateError('invalid_request', {
    field,
    reason: 'another-resource',
    message: `${field} is not taken here: it may name something that this grant does not hold.`,
  });
}
