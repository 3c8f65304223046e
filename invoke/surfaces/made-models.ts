/**
 * Models that make something else than a conversation in a body that is known here, by the beginnings of their names, the
 * longest first. Which body that is, is said beside the surface that writes it, of each of these; they stand apart because the
 * table of routes needs the names at every start, and no surface.
 */

export const EMBEDDERS = [
  'amazon.titan-embed-text-v1',
  'amazon.titan-embed-g1-text',
  'amazon.titan-embed-text-',
  'amazon.titan-embed-image-',
  'amazon.nova-2-multimodal-embeddings-',
  'cohere.embed-english-light-',
  'cohere.embed-multilingual-light-',
  'cohere.embed-english-',
  'cohere.embed-multilingual-',
  'cohere.embed-v',
] as const;

/** Those that make a picture of a text alone. */
export const PAINTERS = [
  'amazon.nova-canvas-',
  'amazon.titan-image-generator-',
  'stability.sd3-',
  'stability.stable-image-core-',
  'stability.stable-image-ultra-',
] as const;

export const RANKERS = ['amazon.', 'cohere.'] as const;
