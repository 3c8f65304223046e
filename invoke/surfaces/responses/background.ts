import { setTimeout as after } from 'node:timers/promises';
import { asTollgateError, TollgateError } from '../../../contract/errors.ts';
import { BACKGROUND_REFUSAL_MS } from '../../../contract/limits/answers.ts';
import { pathIdOf } from '../../../policies/kinds.ts';
import { decideModel } from '../../../registry/decide.ts';
import { type Exchange, type Given, json } from '../../exchange.ts';
import type { Writing } from '../../kept.ts';
import { type Members, unsupported } from '../fields.ts';
import type { Reading } from '../openai/asked.ts';
import { relay } from '../relay.ts';
import { EVENT_STREAM } from '../sse.ts';
import { type Asking, type Talk, talk } from '../talk.ts';
import { type Answer, createAnswer, responseOf } from './answer.ts';
import { isEnd, passing } from './follow.ts';
import { recordOf } from './record.ts';
import type { ResponseBase } from './response.ts';
import { createTail, type Tail } from './tail.ts';

/** A request for a response, as far as it is known before any model is asked. */
export interface Wanted {
  /** With the items of what came before it. */
  body: Members;
  base: ResponseBase;
  asking: Asking;
  /** How the answer is to be read, once the model has been asked. */
  reading(): Reading;
}

/**
 * A response that is made whether or not its caller stays: the answer is its id, or its events as far as the caller listens. The
 * function goes on under `waitUntil` when it has answered. It is one call like any other to budgets and records.
 *
 * @throws TollgateError for what is refused at once; later it is the response that has failed
 */
export async function inBackground(exchange: Exchange, wanted: Wanted): Promise<Given> {
  const { caller, waitUntil } = exchange;
  const { base, body } = wanted;
  const answers = await exchange.answers?.();
  if (answers === undefined) throw unsupported('background', 'This stage keeps no answers: ask for a stream.');
  const { stream } = wanted.asking;
  const record = (response: ResponseBase): string => recordOf(response, body);
  const writing = await answers.begin(caller, base.id, record(base));
  const asking = { ...wanted.asking, stream: stream || (await canStream(exchange, wanted.asking.wanted)) };
  const talking = talk(exchange, asking);
  let headers: Record<string, string> = {};
  try {
    const begun = await Promise.race([talking, after(BACKGROUND_REFUSAL_MS)]);
    headers = begun?.headers ?? {};
  } catch (refusal) {
    writing.leave();
    waitUntil(answers.remove(caller, base.id));
    throw refusal;
  }
  const tail = stream ? createTail() : undefined;
  waitUntil(generate(talking, wanted, writing, tail, record).finally(() => tail?.end()));
  if (tail === undefined) return json(base, headers);
  return {
    status: 200,
    headers: { ...headers, ...EVENT_STREAM },
    body: relay(tail.events, passing(), exchange.broke),
  };
}

/** A model that is allowed to stream is asked to: silence is told from thought then, and a call may last for minutes. */
async function canStream(exchange: Exchange, wanted: string): Promise<boolean> {
  const { models } = await exchange.entries(exchange.caller);
  const decision = decideModel(models, wanted, 'stream', exchange.nowSeconds, exchange);
  return decision.outcome === 'allowed' && pathIdOf(decision.model.target, 'stream') !== undefined;
}

/** @throws TollgateError `unavailable` when it could not be written; whoever reads it finds that it has failed */
async function generate(
  talking: Promise<Talk>,
  { base, reading }: Wanted,
  writing: Writing,
  tail: Tail | undefined,
  record: (response: ResponseBase) => string,
): Promise<void> {
  // Who has been told the end reads it, too.
  const ends: [type: string, json: string][] = [];
  const response = await made();
  await writing.end(response.status === 'failed' ? 'failed' : 'done', record(response));
  for (const end of ends) tail?.push(...end);

  function answering(how: Reading): Answer {
    return createAnswer(base, how, (type, json) => {
      if (tail === undefined) return;
      writing.append(json);
      if (isEnd(type)) ends.push([type, json]);
      else tail.push(type, json);
    });
  }

  async function made(): Promise<ResponseBase> {
    try {
      const talked = await talking;
      if (talked.kind === 'stream') return await streamed(talked, base, answering(reading()), writing.over);
      if (talked.answer === undefined) throw new TollgateError('internal', { reason: 'own-form' });
      return responseOf(base, talked.answer, reading());
    } catch (error) {
      const answer = answering({ oneCall: false });
      answer.begin();
      return answer.broken(asTollgateError(error));
    }
  }
}

/** @param over leaves the stream; what the model still says is read for its usage */
async function streamed(
  talked: Talk & { kind: 'stream' },
  base: ResponseBase,
  answer: Answer,
  over: AbortSignal,
): Promise<ResponseBase> {
  let response = base;
  answer.begin();
  const events = talked
    .relay({
      event(event) {
        answer.event(event);
        return null;
      },
      end() {
        response = answer.end();
        return null;
      },
      broken(error) {
        response = answer.broken(error);
        return new Uint8Array();
      },
    })
    [Symbol.asyncIterator]();
  over.addEventListener('abort', () => void events.return?.());
  while (!(await events.next()).done);
  return response;
}
