import { TollgateError } from '../../contract/errors.ts';
import type { Json } from '../../contract/json.ts';
import { STREAM_SILENT_MS } from '../../contract/limits/invoke.ts';
import type { AllowedModel, Dialect } from '../../contract/model.ts';
import type { UsageBase } from '../../contract/usage.ts';
import { kindOf, pathIdOf, runtimeOf } from '../../policies/kinds.ts';
import { lifecycleHeaders } from '../../registry/lifecycle.ts';
import { type Answer, type Events, isEndpoint, type ProviderRequest, type WholeAnswer } from '../call.ts';
import type { Exchange } from '../exchange.ts';
import { untraced } from '../grants/trace.ts';
import { TIER_HEADER } from '../usage/tier.ts';
import { cachedFor } from './caching.ts';
import { chatBody } from './containers/chat.ts';
import { chatAnswer, chatEvents } from './containers/chat-answer.ts';
import { asModelChunks } from './containers/chunks.ts';
import { generateAnswer, generateBody, generateEvents } from './containers/generate.ts';
import { type ConverseAnswer, readAnswer } from './converse.ts';
import { type Adapter, dialectsOf, operationOf, USUAL_CONTAINER } from './dialects.ts';
import { unsupported } from './fields.ts';
import { relay, type Translation } from './relay.ts';
import { type Asked, textAnswer, textEvents } from './structured.ts';

/** A conversation of one of the surfaces that converse, as its caller asked for it. */
export interface Asking {
  surface: UsageBase['surface'];
  /** The model as the caller wrote it. */
  wanted: string;
  stream: boolean;
  /** Under which its prompts are cached (`Call.cacheKey`). */
  cacheKey?: Json | undefined;
  /**
   * What is asked, as Converse has it, for a model that does not take the surface's own form.
   * @throws TollgateError `invalid_request` for what this model cannot do
   */
  converse(model: AllowedModel): Asked;
  /** The surface's own form, for a model that takes it. */
  own?: {
    dialect: Dialect;
    /** The caller's own bytes, but for what names the model and the gateway. @throws TollgateError `invalid_request` */
    body(model: AllowedModel): Uint8Array;
    /** What the provider wants said in headers, by lower-case names. @throws TollgateError `invalid_request` */
    headers?(model: AllowedModel): Record<string, string>;
  };
}

interface Common {
  model: AllowedModel;
  /** For the caller: of the model's lifecycle. */
  headers: Record<string, string>;
}

/** Of a whole answer either member is there: Converse's form, or the bytes of the surface's own. */
export type Talk = Common &
  (
    | { kind: 'whole'; answer: ConverseAnswer; own?: undefined }
    | {
        kind: 'whole';
        answer?: undefined;
        own: Uint8Array;
        /** How it was sold, where the provider says so beside the answer. */
        tier: string | undefined;
      }
    | {
        kind: 'stream';
        /** Whether the events are those of the surface's own form. */
        isOwn: boolean;
        /** To be called once. @returns as `relay` does */
        relay(translation: Translation): AsyncIterable<Uint8Array>;
      }
  );

/** How a model that was allowed is spoken to. */
type Way = { dialect: Dialect; isOwn: boolean; adapter?: Adapter; sentBytes?: number; answerTool?: string | undefined };

/** Of the forms that are no surface's own; what is not here is only ever passed through. */
const ADAPTERS: Partial<Record<Dialect, Adapter>> = {
  openai: { request: chatBody, answer: chatAnswer, events: chatEvents },
  generate: { request: generateBody, answer: generateAnswer, events: generateEvents },
};

const EVENT_STREAM = 'application/vnd.amazon.eventstream';

/**
 * Calls the model in its own dialect if that is the surface's, else in Converse, else in what an adapter makes of Converse.
 * A stream is waited for until it has begun, so that a refusal has its own status; but a model that thinks for longer than
 * those in between wait for a byte gets an answer that has begun, and then breaks if it must.
 *
 * @throws TollgateError as the pipeline and `asking` do
 */
export async function talk(exchange: Exchange, asking: Asking): Promise<Talk> {
  const { surface, wanted, stream, own } = asking;
  let way: (Way & { model: AllowedModel }) | undefined;
  const thinking = Promise.withResolvers<AllowedModel>();
  let timer: NodeJS.Timeout | undefined;
  /** Whether the caller has its answer's beginning, in the form that it has of the model which was asked then. */
  let hasBegun = false;
  const begin = (): void => {
    if (way === undefined) return;
    hasBegun = true;
    thinking.resolve(way.model);
  };
  const running = exchange.run({
    surface,
    caller: exchange.caller,
    requestId: exchange.requestId,
    wanted,
    action: stream ? 'stream' : 'invoke',
    ...(typeof asking.cacheKey === 'string' && { cacheKey: asking.cacheKey }),
    prepare: (model): ProviderRequest => {
      if (hasBegun) throw unsupported('model', 'The answer has begun in another model’s form.');
      const to = wayTo(model, own?.dialect);
      if (stream && pathIdOf(model.target, 'stream') === undefined)
        throw unsupported('stream', 'This model answers in one piece.');
      const ownBody = to.isOwn ? own : undefined;
      const body = ownBody === undefined ? bodyFor(to, asking.converse(model), stream, model) : ownBody.body(model);
      way = { ...to, model, sentBytes: body.byteLength };
      if (stream) timer ??= setTimeout(begin, STREAM_SILENT_MS);
      return {
        operation: to.dialect === 'converse' ? (stream ? 'converse-stream' : 'converse') : operationOf(model, stream),
        body,
        contentType: 'application/json',
        accept: acceptOf(model, stream),
        headers: ownBody?.headers?.(model) ?? {},
        // Surfaces that converse all call it so.
        tierField: 'service_tier',
      };
    },
    waitUntil: exchange.waitUntil,
  });
  const begun = await Promise.race([running, thinking.promise]).finally(() => clearTimeout(timer));
  const answer = 'kind' in begun ? begun : { kind: 'stream' as const, model: begun, events: eventsOf(running) };
  const { isOwn, adapter } = way ?? { isOwn: false, adapter: undefined };
  const events =
    adapter?.events ?? (isOwn && isEndpoint(operationOf(answer.model, stream)) ? asModelChunks : undefined);
  const { model } = answer;
  const headers = lifecycleHeaders(model, exchange.nowSeconds);
  if (answer.kind === 'whole') {
    if (isOwn)
      return { kind: 'whole', model, headers, own: shownBody(answer.body, model), tier: answer.headers[TIER_HEADER] };
    const said = answerIn(answer, adapter);
    const tool = way?.answerTool;
    return { kind: 'whole', model, headers, answer: tool === undefined ? said : textAnswer(said, tool) };
  }
  return {
    kind: 'stream',
    model,
    headers,
    isOwn,
    relay(translation) {
      const tool = way?.answerTool;
      const texts = tool === undefined ? translation : adapted(textEvents(tool), translation);
      const all = events === undefined ? texts : adapted(events(way?.sentBytes ?? 0), texts);
      return relay(answer.events, all, exchange.broke, STREAM_SILENT_MS, answer === begun ? STREAM_SILENT_MS : 0);
    },
  };
}

/** The events of an answer that has not begun. Leaving them leaves those that come. */
function eventsOf(running: Promise<Answer>): Events {
  const coming = running.then((answer) => {
    if (answer.kind === 'whole') throw new TollgateError('internal', { reason: 'not-a-stream' });
    return answer.events[Symbol.asyncIterator]();
  });
  // Who reads is told; and whether anyone does is not known here.
  coming.catch(() => {});
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => (await coming).next(),
      return: async () => {
        await coming.then(
          (events) => events.return?.(),
          () => {},
        );
        return { done: true, value: undefined };
      },
    }),
  };
}

function wayTo(model: AllowedModel, own: Dialect | undefined): Way {
  const taken = dialectsOf(model);
  if (own !== undefined && taken.includes(own)) return { dialect: own, isOwn: true };
  // Whatever else it takes: there Bedrock itself translates.
  if (taken.includes('converse') && runtimeOf(model.target) === 'bedrock-runtime')
    return { dialect: 'converse', isOwn: false };
  for (const dialect of taken) {
    const adapter = ADAPTERS[dialect];
    if (adapter !== undefined) return { dialect, isOwn: false, adapter };
  }
  throw notHere(model);
}

function notHere({ target }: AllowedModel): TollgateError {
  return new TollgateError('invalid_request', {
    field: 'model',
    reason: 'wrong-surface',
    message: `This model is ${kindOf(target).name}; it cannot be spoken to in this form.`,
  });
}

/** Of a container's stream it would be what is within its frames, which is its own choice. */
function acceptOf({ target }: AllowedModel, stream: boolean): string {
  if (!stream) return 'application/json';
  return runtimeOf(target) === 'sagemaker-runtime' ? '' : EVENT_STREAM;
}

/** Of another dialect than Converse's. */
function shownBody(body: Uint8Array, { trace }: AllowedModel): Uint8Array {
  return trace === true ? body : untraced('invoke', body);
}

function answerIn({ body, tokens }: WholeAnswer, adapter: Adapter | undefined): ConverseAnswer {
  if (adapter === undefined) return readAnswer(body);
  const answer = adapter.answer(body);
  if (answer.usage.inputTokens !== undefined) return answer;
  // What no container said is what its record says.
  const { input: inputTokens, output: outputTokens } = tokens;
  return { ...answer, usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens } };
}

/** @param way is told how the answer is to be read */
function bodyFor(way: Way, { request, answerTool }: Asked, stream: boolean, model: AllowedModel): Uint8Array {
  const { container = USUAL_CONTAINER } = model;
  const { adapter } = way;
  way.answerTool = answerTool;
  const asked = cachedFor(request, model);
  return Buffer.from(JSON.stringify(adapter === undefined ? asked : adapter.request(asked, stream, container)));
}

/** The surface's translation of Converse's events, of a stream that has others. */
function adapted(events: ReturnType<Adapter['events']>, translation: Translation): Translation {
  const written = (from: Parameters<typeof events>[0]): Uint8Array[] =>
    events(from).flatMap((event) => translation.event(event) ?? []);
  return {
    event(event) {
      const pieces = written(event);
      return pieces.length === 0 ? null : Buffer.concat(pieces);
    },
    end() {
      const end = [...written(null), ...[translation.end() ?? []].flat()];
      return end.length === 0 ? null : Buffer.concat(end);
    },
    broken: translation.broken,
    ...(translation.silent && { silent: translation.silent }),
  };
}
