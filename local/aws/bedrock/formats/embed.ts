import { createHash } from 'node:crypto';
import { embedding } from '../../answer/embedding.ts';
import { countTokens } from '../../answer/tokens.ts';
import { invalid } from '../../error.ts';
import { type JsonObject, textOf, textsAt } from '../../read.ts';

const DIMENSIONS_DEFAULT = 1024;
const COHERE_TEXTS_MAX = 96;

export interface Embedded {
  answer: object;
  inputTokens: number;
  /** Vectors. */
  embeddings: number;
}

/**
 * Titan Text Embeddings (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html).
 *
 * @throws AwsError ValidationException
 */
export function titanEmbedding(body: JsonObject): Embedded {
  const text = textOf(body.inputText, 'inputText');
  const dimensions = body.dimensions ?? DIMENSIONS_DEFAULT;
  if (dimensions !== 1024 && dimensions !== 512 && dimensions !== 256)
    throw invalid('dimensions must be 256, 512 or 1024');
  const vector = embedding(text, dimensions, body.normalize !== false);
  const inputTokens = countTokens(text);
  return {
    answer: { embedding: vector, embeddingsByType: { float: vector }, inputTextTokenCount: inputTokens },
    inputTokens,
    embeddings: 1,
  };
}

/**
 * Cohere Embed (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html): a vector for each text.
 *
 * @throws AwsError ValidationException
 */
export function cohereEmbedding(body: JsonObject): Embedded {
  const texts = textsAt(body.texts, 'texts');
  textOf(body.input_type, 'input_type');
  if (texts.length === 0 || texts.length > COHERE_TEXTS_MAX) throw invalid(`texts must be 1 to ${COHERE_TEXTS_MAX}`);
  const types = body.embedding_types === undefined ? undefined : textsAt(body.embedding_types, 'embedding_types');
  if (types?.some((type) => type !== 'float')) throw invalid('embedding_types: only float is available here');
  const vectors = texts.map((text) => embedding(text, DIMENSIONS_DEFAULT));
  return {
    answer: {
      id: createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 32),
      texts,
      embeddings: types === undefined ? vectors : { float: vectors },
      response_type: types === undefined ? 'embeddings_floats' : 'embeddings_by_type',
    },
    inputTokens: texts.reduce((sum, text) => sum + countTokens(text), 0),
    embeddings: vectors.length,
  };
}
