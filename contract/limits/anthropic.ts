/** The surface in Anthropic's format. */

/** Models in one page of the list, unless it is asked for otherwise, and at most; Anthropic's own numbers. */
export const MODELS_PAGE = 20;
export const MODELS_PAGE_MAX = 1_000;
