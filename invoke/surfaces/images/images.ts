import { createHash } from 'node:crypto';
import { TollgateError } from '../../../contract/errors.ts';
import { parseJsonObject } from '../../../contract/json.ts';
import { jsonBytes } from '../../edge/body.ts';
import { type Exchange, type Given, json } from '../../exchange.ts';
import { members, parse, unreadable } from '../converse.ts';
import { checkFields, invalid, type Members } from '../fields.ts';
import { inParts } from '../parts.ts';
import { IMAGES, type Quality } from './fields.ts';
import { type Painter, painterOf, type Size, type Wanted } from './models.ts';

/**
 * `POST /v1/images/generations`: OpenAI's format over Nova Canvas, Titan Image Generator and Stability AI.
 *
 * @throws TollgateError
 */
export async function images(exchange: Exchange): Promise<Given> {
  const { model, count, ...wanted } = parseRequest(parseJsonObject(await jsonBytes(exchange.request)));
  const { headers, parts } = await inParts(exchange, {
    surface: 'openai',
    wanted: model,
    bodies(allowed) {
      const painter = painterOf(allowed);
      check(painter, wanted);
      const calls = Math.ceil(count / painter.images);
      return Array.from({ length: calls }, (_, index) =>
        painter.body(
          wanted,
          Math.min(painter.images, count - index * painter.images),
          seedOf(painter, wanted.seed, index, exchange.requestId),
        ),
      );
    },
    read: ({ body }) => picturesIn(parse(body)),
  });
  const data = parts.flat().map((b64_json) => ({ b64_json }));
  if (data.length === 0) throw filtered();
  return json({ created: exchange.nowSeconds, data, output_format: wanted.format }, headers);
}

/** @throws TollgateError `invalid_request` naming the member at fault */
function parseRequest(body: Members): Wanted & { model: string; count: number } {
  if (body.response_format === 'url')
    throw invalid('response_format', 'must be b64_json: nothing is kept here that an address could lead to');
  checkFields(IMAGES, body, ['model', 'prompt']);
  const given = <T>(name: string): T | undefined => (body[name] ?? undefined) as T | undefined;
  return {
    model: body.model as string,
    prompt: body.prompt as string,
    negative: given<string>('negative_prompt'),
    count: given<number>('n') ?? 1,
    size: sizeOf(given<string>('size') ?? 'auto'),
    quality: given<Quality>('quality') ?? 'auto',
    format: given<string>('output_format') ?? 'png',
    seed: given<number>('seed'),
  };
}

function sizeOf(text: string): Size | undefined {
  if (text === 'auto') return undefined;
  const [, width, height] = /^([1-9]\d{1,3})x([1-9]\d{1,3})$/.exec(text) ?? [];
  if (width === undefined) throw invalid('size', 'must be auto, or WIDTHxHEIGHT in pixels');
  return { width: Number(width), height: Number(height) };
}

/** @throws TollgateError `invalid_request` naming what this model does not do */
function check({ promptMax, seedMax, formats }: Painter, { prompt, negative = '', format, seed = 0 }: Wanted): void {
  for (const [name, text] of Object.entries({ prompt, negative_prompt: negative }))
    if (text.length > promptMax) throw invalid(name, `must have at most ${promptMax} characters for this model`);
  if (seed > seedMax) throw invalid('seed', `must be at most ${seedMax} for this model`);
  if (!formats.includes(format)) throw invalid('output_format', `must be ${formats.join(' or ')} for this model`);
}

/** Without a seed some models make the same picture again: another request is to have another one, and each of its calls. */
function seedOf({ seedMax }: Painter, asked: number | undefined, index: number, requestId: string): number {
  const first = asked ?? createHash('sha256').update(requestId).digest().readUInt32BE(0);
  return (first + index) % (seedMax + 1);
}

/** @returns in base64; fewer than were asked for where the model's filter left some out */
function picturesIn(answer: unknown): string[] {
  const { images: made, error, finish_reasons: reasons } = members(answer);
  if (made === undefined && error == null && reasons === undefined) throw unreadable();
  return Array.isArray(made) ? made.filter((image): image is string => typeof image === 'string' && image !== '') : [];
}

function filtered(): TollgateError {
  return new TollgateError('upstream_rejected', {
    field: 'prompt',
    reason: 'filtered',
    message: "The model's filter left out every picture: ask in other words.",
  });
}
