import { embedding } from '../../answer/embedding.ts';
import { countTokens } from '../../answer/tokens.ts';
import { invalid } from '../../error.ts';
import { type JsonObject, textOf } from '../../read.ts';

const DIMENSIONS_DEFAULT = 1024;

/**
 * Titan Text Embeddings (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html).
 *
 * @throws AwsError ValidationException
 */
export function titanEmbedding(body: JsonObject): { answer: object; inputTokens: number } {
  const text = textOf(body.inputText, 'inputText');
  const dimensions = body.dimensions ?? DIMENSIONS_DEFAULT;
  if (dimensions !== 1024 && dimensions !== 512 && dimensions !== 256)
    throw invalid('dimensions must be 256, 512 or 1024');
  const vector = embedding(text, dimensions, body.normalize !== false);
  const inputTokens = countTokens(text);
  return {
    answer: { embedding: vector, embeddingsByType: { float: vector }, inputTextTokenCount: inputTokens },
    inputTokens,
  };
}
