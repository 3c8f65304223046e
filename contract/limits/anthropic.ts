/** The surface in Anthropic's format. */

/** Models in one page of the list, unless it is asked for otherwise, and at most; Anthropic's own numbers. */
export const MODELS_PAGE = 20;
export const MODELS_PAGE_MAX = 1_000;

/** Characters of a document's name: Bedrock's own bound is 200, and what tells two of one title apart stands behind it. */
export const DOCUMENT_NAME_MAX_CHARS = 150;

/**
 * Characters of a value of requestMetadata
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html).
 */
export const METADATA_MAX_CHARS = 256;
