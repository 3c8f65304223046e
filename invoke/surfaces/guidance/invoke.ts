import { TollgateError } from '../../../contract/errors.ts';
import { type Exchange, type Given, json } from '../../exchange.ts';
import { foundationModelsOf } from '../bedrock/control.ts';
import { type ConverseAnswer, members, textOf } from '../converse.ts';
import { talk } from '../talk.ts';
import type { Type } from './fields.ts';
import { embed, embedImage, type Made, paint } from './made.ts';
import { later, poll } from './poll.ts';
import { type Asked, converseRequest, readRequest } from './request.ts';

/**
 * `POST /invoke_model`: every kind of call of AWS's guidance for a multi-tenant gateway.
 *
 * @throws TollgateError
 */
export async function invokeModel(exchange: Exchange): Promise<Given> {
  const asked = await readRequest(exchange);
  if (asked.requestId !== undefined) return poll(exchange, asked.requestId);
  const make = (): Promise<Made> => BY_TYPE[asked.type](exchange, asked);
  if (asked.streaming) return later(exchange, make);
  const { answer, headers } = await make();
  return json(answer, headers);
}

const BY_TYPE: Readonly<Record<Type, (exchange: Exchange, asked: Asked) => Promise<Made>>> = {
  text: speak,
  embeddings: embed,
  'embeddings-image': embedImage,
  image: paint,
};

async function speak(exchange: Exchange, asked: Asked): Promise<Made> {
  const talked = await talk(exchange, {
    surface: 'guidance',
    wanted: asked.wanted,
    stream: false,
    converse: () => ({ request: converseRequest(asked) }),
  });
  if (talked.kind !== 'whole' || talked.answer === undefined)
    throw new TollgateError('internal', { reason: 'own-form' });
  return { headers: talked.headers, answer: [{ generated_text: generated(talked.answer) }] };
}

/** The tools that the model calls, in Converse's own form; where it calls none, its text. Bedrock's own have been run by then. */
function generated({ output }: ConverseAnswer): unknown {
  const { content } = output.message;
  const tools = content.flatMap(({ toolUse }) =>
    toolUse === undefined || members(toolUse).type === 'server_tool_use' ? [] : [{ toolUse }],
  );
  if (tools.length > 0) return tools;
  return content.flatMap((block) => textOf(block) ?? []).join(' ');
}

/** `GET /list_foundation_models`: those that the caller may call, as Bedrock lists its models. @throws TollgateError */
export async function listModels(exchange: Exchange): Promise<Given> {
  return json([{ modelSummaries: await foundationModelsOf(exchange) }]);
}
