import { TollgateError } from '../../../contract/errors.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { baseModelOf, kindOf } from '../../../policies/kinds.ts';
import type { Exchange } from '../../exchange.ts';
import { members, parse, unreadable } from '../converse.ts';
import { embedderOf } from '../embeddings/models.ts';
import { invalid } from '../fields.ts';
import { inParts } from '../parts.ts';
import { taskOf } from '../served.ts';
import type { Asked } from './request.ts';

/** What is no text: vectors and pictures, each by the model's own body, in which the parameters are as the caller wrote them. */
export interface Made {
  headers: Record<string, string>;
  answer: object[];
}

/** `type: embeddings`: a vector for each text. @throws TollgateError */
export async function embed(exchange: Exchange, { wanted, inputs, parameters }: Asked): Promise<Made> {
  const texts = typeof inputs === 'string' ? [inputs] : inputs;
  if (!Array.isArray(texts) || texts.length === 0 || !texts.every(isText))
    throw invalid('inputs', 'must be a text, or a list of texts');
  let size = 1;
  const { headers, parts } = await inParts(exchange, {
    surface: 'guidance',
    wanted,
    bodies(model) {
      const embedder = embedderOf(model);
      size = embedder.texts;
      return Array.from({ length: Math.ceil(texts.length / size) }, (_, index) => ({
        ...embedder.body(texts.slice(index * size, (index + 1) * size), undefined, 'search_document'),
        ...parameters,
      }));
    },
    read: ({ model, body }, index) => vectorsIn(model, body, Math.min(size, texts.length - index * size)),
  });
  return { headers, answer: parts.flat().map((embedding) => ({ embedding })) };
}

/** `type: embeddings-image`: the vector of a picture. @throws TollgateError */
export async function embedImage(exchange: Exchange, { wanted, inputs, parameters }: Asked): Promise<Made> {
  if (!isText(inputs)) throw invalid('inputs', 'must be a picture in base64');
  const { headers, parts } = await inParts(exchange, {
    surface: 'guidance',
    wanted,
    bodies: (model) => [{ ...pictureBody(model, inputs), ...parameters }],
    read: ({ model, body }) => vectorsIn(model, body, 1),
  });
  return { headers, answer: parts.flat().map((embedding) => ({ embedding })) };
}

function pictureBody(model: AllowedModel, picture: string): object {
  const base = baseModelOf(model.target);
  if (base.startsWith('amazon.titan-embed-image-')) return { inputImage: picture };
  if (base.startsWith('cohere.embed-')) {
    const url = picture.startsWith('data:') ? picture : `data:image/png;base64,${picture}`;
    return { images: [url], input_type: 'image', embedding_types: ['float'] };
  }
  throw wrongType(model, 'embeds no pictures');
}

function vectorsIn(model: AllowedModel, body: Uint8Array, expected: number): unknown[] {
  const vectors = embedderOf(model).vectors(parse(body));
  if (!Array.isArray(vectors) || vectors.length !== expected || !vectors.every(Array.isArray)) throw unreadable();
  return vectors;
}

/** `type: image`: pictures, as the vendor's first models answered. @throws TollgateError */
export async function paint(exchange: Exchange, asked: Asked): Promise<Made> {
  const { headers, parts } = await inParts(exchange, {
    surface: 'guidance',
    wanted: asked.wanted,
    bodies(model) {
      if (taskOf(model) !== 'image') throw wrongType(model, 'makes no pictures');
      return [isStability(model) ? stabilityBody(asked) : amazonBody(asked)];
    },
    read({ model, body }) {
      const { images, finish_reasons: reasons, error } = members(parse(body));
      if (!Array.isArray(images)) throw error == null && reasons === undefined ? unreadable() : filtered();
      if (!isStability(model)) return { images };
      return {
        artifacts: images.map((base64) => ({ base64, finishReason: base64 == null ? 'CONTENT_FILTERED' : 'SUCCESS' })),
      };
    },
  });
  return { headers, answer: parts };
}

function isStability({ target }: AllowedModel): boolean {
  return baseModelOf(target).startsWith('stability.');
}

function amazonBody({ body, inputs, parameters }: Asked): object {
  const textToImageParams = body.textToImageParams ?? (isText(inputs) ? { text: inputs } : undefined);
  if (textToImageParams === undefined) throw invalid('textToImageParams', 'must be given');
  return { taskType: 'TEXT_IMAGE', ...parameters, textToImageParams };
}

function stabilityBody({ body, inputs, parameters }: Asked): object {
  const given = (body.text_prompts ?? []) as unknown as { text: string; weight?: number }[];
  const texts = isText(inputs) ? [{ text: inputs }, ...given] : given;
  const joined = (wanted: boolean): string =>
    texts.flatMap(({ text, weight = 1 }) => (weight >= 0 === wanted ? [text] : [])).join(', ');
  if (joined(true) === '') throw invalid('text_prompts', 'must be given');
  const negative = joined(false);
  return { ...(negative === '' ? {} : { negative_prompt: negative }), ...parameters, prompt: joined(true) };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function wrongType(model: AllowedModel, what: string): TollgateError {
  return new TollgateError('invalid_request', {
    field: 'type',
    reason: 'wrong-surface',
    message: `This model is ${kindOf(model.target).name} that ${what} here; GET /v1/models says where each can be called.`,
  });
}

function filtered(): TollgateError {
  return new TollgateError('upstream_rejected', {
    reason: 'filtered',
    message: "The model's filter left out every picture: ask in other words.",
  });
}
