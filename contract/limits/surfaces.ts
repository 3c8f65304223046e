/** What a request is translated into, where the form that it comes in says less than the model wants to know. */

/** Tokens. Claude reasons with no fewer (https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html). */
export const REASONING_LEAST_TOKENS = 1_024;

/**
 * Tokens that a model which wants a number may reason with, for efforts that are words. Anthropic advises to begin at the least
 * and says that more than 32,000 is for work in batches.
 */
export const REASONING_TOKENS: Readonly<Record<string, number>> = {
  minimal: REASONING_LEAST_TOKENS,
  low: 2_048,
  medium: 8_192,
  high: 16_384,
  xhigh: 32_000,
  max: 32_000,
};

/** Characters of a document's name; Bedrock's own bound is 200, and what tells two of one name apart must fit behind. */
export const DOCUMENT_NAME_MAX_CHARS = 150;

/**
 * Converse's requestMetadata: pairs, and characters of each name and value
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html).
 */
export const METADATA_MAX = 16;
export const METADATA_MAX_CHARS = 256;

/** Characters of a tool's name and of a call's id: Converse's bound, and OpenAI's for the name. */
export const TOOL_NAME_MAX_CHARS = 64;
