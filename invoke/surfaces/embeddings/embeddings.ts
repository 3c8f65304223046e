import { type Json, parseJsonObject } from '../../../contract/json.ts';
import { jsonBytes } from '../../edge/body.ts';
import { type Exchange, type Given, json } from '../../exchange.ts';
import { parse, unreadable } from '../converse.ts';
import { checkFields, invalid, type Members } from '../fields.ts';
import { inParts } from '../parts.ts';
import { EMBEDDINGS, type InputType } from './fields.ts';
import { checkDimensions, type Embedder, embedderOf } from './models.ts';

/** A request, checked. */
interface Asked {
  model: string;
  texts: readonly string[];
  inBase64: boolean;
  dimensions: number | undefined;
  type: InputType;
}

/** What came of the texts of one call. */
interface Embedded {
  vectors: (readonly number[] | string)[];
  tokens: number;
}

/**
 * `POST /v1/embeddings`: OpenAI's format over the models of Titan, Cohere and Nova that embed texts. A list is as many calls as
 * its model needs.
 *
 * @throws TollgateError
 */
export async function embeddings(exchange: Exchange): Promise<Given> {
  const { model, texts, inBase64, dimensions, type } = parseRequest(parseJsonObject(await jsonBytes(exchange.request)));
  let size = 1;
  const { headers, parts } = await inParts<Embedded>(exchange, {
    surface: 'openai',
    wanted: model,
    bodies(allowed) {
      const embedder = embedderOf(allowed);
      checkDimensions(embedder, dimensions);
      size = embedder.texts;
      const bodies: object[] = [];
      for (let at = 0; at < texts.length; at += size)
        bodies.push(embedder.body(texts.slice(at, at + size), dimensions, type));
      return bodies;
    },
    read({ model: answered, body, tokens }, index) {
      const expected = Math.min(size, texts.length - index * size);
      const vectors = vectorsIn(embedderOf(answered), parse(body), expected);
      return { vectors: inBase64 ? vectors.map(base64) : vectors, tokens: tokens.input };
    },
    placeOf: (index) => (size === 1 && texts.length > 1 ? `input[${index}]` : undefined),
  });
  const data = parts
    .flatMap(({ vectors }) => vectors)
    .map((embedding, index) => ({ object: 'embedding', index, embedding }));
  const tokens = parts.reduce((sum, part) => sum + part.tokens, 0);
  return json({ object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } }, headers);
}

/** @throws TollgateError `invalid_request` naming the member at fault */
function parseRequest(body: Members): Asked {
  refuseTokens(body.input);
  checkFields(EMBEDDINGS, body, ['model', 'input']);
  const { model, input, encoding_format, dimensions, input_type } = body;
  return {
    model: model as string,
    texts: (typeof input === 'string' ? [input] : input) as string[],
    inBase64: encoding_format === 'base64',
    dimensions: (dimensions as number | null | undefined) ?? undefined,
    type: (input_type as InputType | null | undefined) ?? 'search_document',
  };
}

/** Some clients send the numbers that texts are to OpenAI's models; to any other model they are another text. */
function refuseTokens(input: Json | undefined): void {
  if (!Array.isArray(input)) return;
  const [first] = input;
  if (typeof first !== 'number' && !Array.isArray(first)) return;
  throw invalid(
    'input',
    "must be texts: tokens are numbers of OpenAI's own models (LangChain sends texts with check_embedding_ctx_length=False)",
  );
}

/** @throws TollgateError `upstream_failed` when there are not as many vectors as texts */
function vectorsIn(embedder: Embedder, answer: unknown, expected: number): number[][] {
  const vectors = embedder.vectors(answer);
  if (!Array.isArray(vectors) || vectors.length !== expected || !vectors.every(isVector)) throw unreadable();
  return vectors;
}

function isVector(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((component) => typeof component === 'number');
}

/** Little-endian, as every machine is that this runs on, and as OpenAI's SDKs read it. */
function base64(vector: readonly number[]): string {
  return Buffer.from(Float32Array.from(vector).buffer).toString('base64');
}
