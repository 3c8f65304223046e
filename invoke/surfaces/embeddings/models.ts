import { TollgateError } from '../../../contract/errors.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { baseModelOf, kindOf } from '../../../policies/kinds.ts';
import { members } from '../converse.ts';
import { invalid } from '../fields.ts';
import { EMBEDDERS } from '../made-models.ts';
import type { InputType } from './fields.ts';

/** What one call of a model that embeds takes, and what its answer has. */
export interface Embedder {
  /** Texts in one call. */
  texts: number;
  /** Lengths that its vectors may have. */
  dimensions: readonly number[];
  /** @param dimensions one of them; undefined: the model's own choice */
  body(texts: readonly string[], dimensions: number | undefined, type: InputType): object;
  /** @param answer parsed; any value @returns where the list of vectors should be */
  vectors(answer: unknown): unknown;
}

const only = (answer: unknown): unknown => [members(answer).embedding];

/** A model with one length of vectors takes no member for it. */
const titanFirst: Embedder = {
  texts: 1,
  dimensions: [1536],
  body: ([inputText]) => ({ inputText }),
  vectors: only,
};

const titanText: Embedder = {
  texts: 1,
  dimensions: [256, 512, 1024],
  body: ([inputText], dimensions) => ({ inputText, dimensions }),
  vectors: only,
};

const titanMultimodal: Embedder = {
  texts: 1,
  dimensions: [256, 384, 1024],
  body: ([inputText], outputEmbeddingLength) => ({
    inputText,
    ...(outputEmbeddingLength !== undefined && { embeddingConfig: { outputEmbeddingLength } }),
  }),
  vectors: only,
};

/** What is too long is refused and not cut: whoever asks is not told of a cut. */
const cohere = (more: (dimensions: number | undefined) => object, dimensions: readonly number[]): Embedder => ({
  texts: 96,
  dimensions,
  body: (texts, length, input_type) => ({
    texts,
    input_type,
    truncate: 'NONE',
    embedding_types: ['float'],
    ...more(length),
  }),
  vectors: (answer) => members(members(answer).embeddings).float,
});

const PURPOSES: Readonly<Record<InputType, string>> = {
  search_document: 'GENERIC_INDEX',
  search_query: 'GENERIC_RETRIEVAL',
  classification: 'CLASSIFICATION',
  clustering: 'CLUSTERING',
};

const nova: Embedder = {
  texts: 1,
  dimensions: [256, 384, 1024, 3072],
  body: ([value], embeddingDimension, type) => ({
    schemaVersion: 'nova-multimodal-embed-v1',
    taskType: 'SINGLE_EMBEDDING',
    singleEmbeddingParams: {
      embeddingPurpose: PURPOSES[type],
      embeddingDimension,
      text: { truncationMode: 'NONE', value },
    },
  }),
  vectors: (answer) => {
    const { embeddings } = members(answer);
    return Array.isArray(embeddings) ? embeddings.map((one) => members(one).embedding) : undefined;
  },
};

/** TEI in a container (https://huggingface.github.io/text-embeddings-inference), which takes 32 texts unless it is told otherwise. */
const tei: Embedder = { texts: 32, dimensions: [], body: (inputs) => ({ inputs }), vectors: (answer) => answer };

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html */
const BODIES: Readonly<Record<(typeof EMBEDDERS)[number], Embedder>> = {
  'amazon.titan-embed-text-v1': titanFirst,
  'amazon.titan-embed-g1-text': titanFirst,
  'amazon.titan-embed-text-': titanText,
  'amazon.titan-embed-image-': titanMultimodal,
  'amazon.nova-2-multimodal-embeddings-': nova,
  'cohere.embed-english-light-': cohere(() => ({}), [384]),
  'cohere.embed-multilingual-light-': cohere(() => ({}), [384]),
  'cohere.embed-english-': cohere(() => ({}), [1024]),
  'cohere.embed-multilingual-': cohere(() => ({}), [1024]),
  'cohere.embed-v': cohere((output_dimension) => ({ output_dimension }), [256, 512, 1024, 1536]),
};

/** @throws TollgateError `invalid_request` for a model that does not embed texts in a form that is known */
export function embedderOf({ target, container }: Pick<AllowedModel, 'target' | 'container'>): Embedder {
  if (container === 'tei') return tei;
  const base = baseModelOf(target);
  const known = EMBEDDERS.find((beginning) => base.startsWith(beginning));
  if (known !== undefined) return BODIES[known];
  throw new TollgateError('invalid_request', {
    field: 'model',
    reason: 'wrong-surface',
    message: `This model is ${kindOf(target).name} that embeds no texts here; GET /v1/models says where each can be called.`,
  });
}

/** @throws TollgateError `invalid_request` naming the lengths that there are */
export function checkDimensions({ dimensions: lengths }: Embedder, asked: number | undefined): void {
  if (asked === undefined || lengths.includes(asked)) return;
  if (lengths.length === 0) throw invalid('dimensions', 'cannot be chosen for this model');
  throw invalid('dimensions', `must be ${lengths.length === 1 ? '' : 'one of '}${lengths.join(', ')} for this model`);
}
