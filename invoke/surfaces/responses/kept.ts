import { type Exchange, type Given, json } from '../../exchange.ts';
import type { Answers } from '../../kept.ts';
import { invalid, type Members } from '../fields.ts';
import { relay } from '../relay.ts';
import { EVENT_STREAM } from '../sse.ts';
import { follow, passing } from './follow.ts';
import { absent, shown } from './record.ts';
import type { ResponseBase } from './response.ts';

/**
 * `GET /v1/responses/{id}`, and with `?stream=true&starting_after=` its events from there on. Nothing is counted: the call that
 * made it was.
 *
 * @throws TollgateError `not_found`, also for another caller's
 */
export async function showResponse(exchange: Exchange, id: string): Promise<Given> {
  const { caller, request } = exchange;
  const startingAfter = startingAfterOf(request.query);
  const answers = await answersOf(exchange);
  if (startingAfter === undefined) return json(await responseAt(answers, exchange, id));
  if ((await answers.status(caller, id)) === undefined) throw absent();
  const events = follow(answers, caller, id, startingAfter);
  return { status: 200, headers: EVENT_STREAM, body: relay(events, passing(), exchange.broke) };
}

/** `POST /v1/responses/{id}/cancel`: of one that is made in the background. @throws TollgateError `not_found` likewise */
export async function cancelResponse(exchange: Exchange, id: string): Promise<Given> {
  const answers = await answersOf(exchange);
  const { background } = await responseAt(answers, exchange, id);
  if (background !== true) throw invalid('response_id', 'must be of a response that is made in the background');
  await answers.cancel(exchange.caller, id);
  return json(await responseAt(answers, exchange, id));
}

/** `DELETE /v1/responses/{id}`: what makes it stops. @throws TollgateError `not_found` likewise */
export async function deleteResponse(exchange: Exchange, id: string): Promise<Given> {
  const answers = await answersOf(exchange);
  if (!(await answers.remove(exchange.caller, id))) throw absent();
  return json({ id, object: 'response', deleted: true });
}

/** @throws TollgateError `forbidden` for a tenant that is gone or suspended */
async function answersOf(exchange: Exchange): Promise<Answers> {
  await exchange.entries(exchange.caller);
  if (exchange.answers === undefined) throw absent();
  return exchange.answers();
}

async function responseAt(answers: Answers, { caller }: Exchange, id: string): Promise<ResponseBase> {
  const kept = await answers.read(caller, id);
  if (kept === undefined) throw absent();
  return shown(kept);
}

/** @returns undefined: no stream is asked for; -1: all of its events */
function startingAfterOf(query: URLSearchParams): number | undefined {
  const { stream, starting_after: after } = Object.fromEntries(query) as Partial<Members>;
  if (stream !== undefined && stream !== 'true' && stream !== 'false') throw invalid('stream', 'must be true or false');
  if (after !== undefined && !/^\d{1,12}$/.test(String(after)))
    throw invalid('starting_after', 'must be the number of an event');
  if (stream === 'true') return after === undefined ? -1 : Number(after);
  if (after !== undefined) throw invalid('starting_after', 'may be given only with stream');
  return undefined;
}
