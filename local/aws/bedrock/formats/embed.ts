import { createHash } from 'node:crypto';
import { embedding } from '../../answer/embedding.ts';
import { countTokens } from '../../answer/tokens.ts';
import { invalid } from '../../error.ts';
import { isObject, type JsonObject, listAt, objectOf, onlyMembers, textOf, textsAt, wordOf } from '../../read.ts';
import type { FoundationModel } from '../catalog.ts';

const DIMENSIONS_DEFAULT = 1024;
const COHERE_TEXTS_MAX = 96;
/** Tokens of one text, and characters of it. */
const TITAN_TOKENS_MAX = 8_192;
const TITAN_CHARS_MAX = 50_000;
const TITAN_IMAGE_TOKENS_MAX = 256;
const COHERE_V3_CHARS_MAX = 2_048;
const NOVA_CHARS_MAX = 8_192;

export interface Embedded {
  answer: object;
  inputTokens: number;
  /** Vectors. */
  embeddings: number;
}

/**
 * Titan Text Embeddings (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html). The
 * first version has one length of vectors, and answers with nothing else.
 *
 * @throws AwsError ValidationException
 */
export function titanEmbedding({ id }: Pick<FoundationModel, 'id'>, body: JsonObject): Embedded {
  const isFirst = id === 'amazon.titan-embed-text-v1';
  onlyMembers(body, isFirst ? ['inputText'] : ['inputText', 'dimensions', 'normalize', 'embeddingTypes']);
  const text = textOf(body.inputText, 'inputText');
  if (text === '') throw invalid('Malformed input request: expected minLength: 1, actual: 0');
  if (text.length > TITAN_CHARS_MAX) throw invalid(`Malformed input request: expected maxLength: ${TITAN_CHARS_MAX}`);
  const inputTokens = limited(text, TITAN_TOKENS_MAX);
  const vector = isFirst
    ? embedding(text, 1536)
    : embedding(text, dimensionsOf(body.dimensions, 'dimensions', [256, 512, 1024]), body.normalize !== false);
  return {
    answer: {
      embedding: vector,
      ...(isFirst ? {} : { embeddingsByType: { float: vector } }),
      inputTextTokenCount: inputTokens,
    },
    inputTokens,
    embeddings: 1,
  };
}

/**
 * Titan Multimodal Embeddings (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-mm.html): one
 * vector of a text, a picture, or both. Of the picture nothing is counted.
 *
 * @throws AwsError ValidationException
 */
export function titanMultimodalEmbedding(body: JsonObject): Embedded {
  onlyMembers(body, ['inputText', 'inputImage', 'embeddingConfig']);
  const [text, image] = (['inputText', 'inputImage'] as const).map((name) =>
    body[name] === undefined ? '' : textOf(body[name], name),
  ) as [string, string];
  if (text === '' && image === '') throw invalid('inputText or inputImage must be given');
  const inputTokens = limited(text, TITAN_IMAGE_TOKENS_MAX);
  const { outputEmbeddingLength: length } = objectOf(body.embeddingConfig ?? {}, 'embeddingConfig');
  const vector = embedding(text + image, dimensionsOf(length, 'outputEmbeddingLength', [256, 384, 1024]));
  return { answer: { embedding: vector, inputTextTokenCount: inputTokens }, inputTokens, embeddings: 1 };
}

/**
 * Cohere Embed, versions 3 and 4 (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html): a vector
 * for each text. No count is in the body.
 *
 * @throws AwsError ValidationException
 */
export function cohereEmbedding({ id }: Pick<FoundationModel, 'id'>, body: JsonObject): Embedded {
  const isFourth = id === 'cohere.embed-v4:0';
  onlyMembers(body, [
    ...['texts', 'images', 'input_type', 'truncate', 'embedding_types'],
    ...(isFourth ? ['inputs', 'output_dimension', 'max_tokens'] : []),
  ]);
  wordOf(body.input_type, 'input_type', ['search_document', 'search_query', 'classification', 'clustering', 'image']);
  const cuts = isFourth ? ['NONE', 'LEFT', 'RIGHT', 'START', 'END'] : ['NONE', 'START', 'END'];
  wordOf(body.truncate ?? 'NONE', 'truncate', cuts);
  const texts = textsAt(body.texts, 'texts');
  const images = textsAt(body.images, 'images');
  const inputs = listAt(body.inputs, 'inputs').map((item) => JSON.stringify(objectOf(item, 'inputs').content));
  const given = [texts, images, inputs].filter((list) => list.length > 0);
  const [items = []] = given;
  if (given.length !== 1 || items.length > COHERE_TEXTS_MAX)
    throw invalid(`one of texts, images and inputs must have 1 to ${COHERE_TEXTS_MAX} items`);
  if (!isFourth && texts.some((text) => text.length > COHERE_V3_CHARS_MAX))
    throw invalid(`Malformed input request: expected maxLength: ${COHERE_V3_CHARS_MAX}`);
  const types = body.embedding_types === undefined ? undefined : textsAt(body.embedding_types, 'embedding_types');
  if (types?.some((type) => type !== 'float')) throw invalid('embedding_types: only float is available here');
  const dimensions = dimensionsOf(body.output_dimension, 'output_dimension', [256, 512, 1024, 1536]);
  const vectors = items.map((item) => embedding(item, dimensions));
  return {
    answer: {
      id: createHash('sha256').update(JSON.stringify(items)).digest('hex').slice(0, 32),
      texts,
      embeddings: types === undefined ? vectors : { float: vectors },
      response_type: types === undefined ? 'embeddings_floats' : 'embeddings_by_type',
    },
    inputTokens: texts.reduce((sum, text) => sum + countTokens(text), 0),
    embeddings: vectors.length,
  };
}

/**
 * Nova Multimodal Embeddings (https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html): one vector of one
 * text or picture.
 *
 * @throws AwsError ValidationException
 */
export function novaEmbedding(body: JsonObject): Embedded {
  onlyMembers(body, ['schemaVersion', 'taskType', 'singleEmbeddingParams']);
  wordOf(body.taskType, 'taskType', ['SINGLE_EMBEDDING']);
  const params = objectOf(body.singleEmbeddingParams, 'singleEmbeddingParams');
  textOf(params.embeddingPurpose, 'embeddingPurpose');
  const kind = (['text', 'image', 'audio', 'video'] as const).find((name) => isObject(params[name])) ?? 'text';
  const given = objectOf(params[kind], kind);
  const text = kind === 'text' ? textOf(given.value, 'text.value') : '';
  if (kind === 'text') wordOf(given.truncationMode, 'text.truncationMode', ['START', 'END', 'NONE']);
  if (text.length > NOVA_CHARS_MAX && given.truncationMode === 'NONE')
    throw invalid(`text.value must have at most ${NOVA_CHARS_MAX} characters`);
  const dimensions = dimensionsOf(params.embeddingDimension, 'embeddingDimension', [256, 384, 1024, 3072]);
  const vector = embedding(kind === 'text' ? text : JSON.stringify(given.source), dimensions);
  return {
    answer: { embeddings: [{ embeddingType: kind.toUpperCase(), embedding: vector }] },
    inputTokens: countTokens(text),
    embeddings: 1,
  };
}

function limited(text: string, most: number): number {
  const tokens = countTokens(text);
  if (tokens <= most) return tokens;
  throw invalid(
    `400 Bad Request: Too many input tokens. Max input tokens: ${most}, request input token count: ${tokens}`,
  );
}

function dimensionsOf(value: unknown, name: string, lengths: readonly number[]): number {
  const dimensions = lengths.find((length) => length === (value ?? DIMENSIONS_DEFAULT));
  if (dimensions === undefined) throw invalid(`${name} must be one of ${lengths.join(', ')}`);
  return dimensions;
}
