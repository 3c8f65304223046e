import { invalid } from '../../error.ts';
import { isObject, type JsonObject, listAt, objectOf } from '../../read.ts';

/**
 * What Claude refuses of a request whose form is right, in its own words
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html): what a client did not know is
 * to be seen here, and not on AWS.
 */

const BUDGET_MIN = 1_024;
const TOP_P_MIN = 0.95;
const INTERLEAVED = 'interleaved-thinking-2025-05-14';

/** What the rules are about, as Claude's own body names it. @throws AwsError ValidationException */
export function checkClaude(body: JsonObject): void {
  const betas = listAt(body.anthropic_beta, 'anthropic_beta');
  const { type = 'disabled', budget_tokens: budget } = objectOf(body.thinking ?? {}, 'thinking');
  if (type === 'disabled') return;
  if (type === 'enabled') checkBudget(budget, body.max_tokens, betas.includes(INTERLEAVED));
  const { temperature, top_p, top_k, tool_choice } = body;
  if (typeof temperature === 'number' && temperature !== 1)
    throw invalid('`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.');
  if (typeof top_p === 'number' && top_p < TOP_P_MIN)
    throw invalid('`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.');
  if (top_k !== undefined && top_k !== null) throw invalid('`top_k` must be unset when thinking is enabled.');
  if (isObject(tool_choice) && (tool_choice.type === 'any' || tool_choice.type === 'tool'))
    throw invalid('Thinking may not be enabled when tool_choice forces tool use.');
}

/** The same of Converse, which has some of it in members of its own, and passes the rest. */
export function checkClaudeConverse(body: JsonObject): void {
  const { maxTokens, temperature, topP } = objectOf(body.inferenceConfig ?? {}, 'inferenceConfig');
  const { toolChoice } = objectOf(body.toolConfig ?? {}, 'toolConfig');
  const further = objectOf(body.additionalModelRequestFields ?? {}, 'additionalModelRequestFields');
  const choice = Object.keys(isObject(toolChoice) ? toolChoice : {})[0];
  checkClaude({
    max_tokens: maxTokens,
    temperature,
    top_p: topP,
    ...(choice === undefined ? {} : { tool_choice: { type: choice } }),
    ...further,
    thinking: further.thinking ?? further.reasoning_config,
  });
}

/** Between tools' results Claude may think for longer than one answer is. */
function checkBudget(budget: unknown, maxTokens: unknown, interleaved: boolean): void {
  if (budget === undefined) throw invalid('thinking.enabled.budget_tokens: Field required');
  if (typeof budget !== 'number' || !Number.isInteger(budget) || budget < BUDGET_MIN)
    throw invalid('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024');
  if (typeof maxTokens === 'number' && budget >= maxTokens && !interleaved)
    throw invalid('`max_tokens` must be greater than `thinking.budget_tokens`.');
}
