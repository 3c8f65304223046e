import { TollgateError } from '../../../contract/errors.ts';
import type { Json } from '../../../contract/json.ts';
import type { Exchange } from '../../exchange.ts';
import type { Kept } from '../../kept.ts';
import { invalid, type Members, unsupported } from '../fields.ts';
import type { ResponseBase } from './response.ts';

/** What is kept of a response: itself and, where a caller may go on from it, the items that it answers. */
interface Recorded {
  response: ResponseBase;
  input?: Json[];
}

/** @param body with the items of what came before it */
export function recordOf(response: ResponseBase, { input = null }: Members): string {
  const record: Recorded = { response, ...(response.store ? { input: itemsOf(input) } : {}) };
  return JSON.stringify(record);
}

/** The response as it stands; one that was cancelled, or whose end nobody wrote, as it began. */
export function shown({ status, body, ended }: Kept): ResponseBase {
  const { response } = JSON.parse(body) as Recorded;
  if (ended || status === 'running') return response;
  if (status === 'cancelled') return { ...response, status };
  const message = 'The gateway stopped before the answer was whole; ask again.';
  return { ...response, status: 'failed', error: { code: 'internal', message } };
}

/**
 * The request with all that was said before it.
 *
 * @param previous the id of the response that it goes on from
 * @throws TollgateError `invalid_request` where that is not kept
 */
export async function withHistory(exchange: Exchange, body: Members, previous: string): Promise<Members> {
  if (!exchange.storesResponses)
    throw unsupported('previous_response_id', 'This stage keeps no answers: send the items of earlier turns.');
  const answers = await exchange.answers?.();
  const kept = await answers?.read(exchange.caller, previous);
  const { response, input } = kept?.ended === true ? (JSON.parse(kept.body) as Recorded) : {};
  if (input === undefined)
    throw invalid(
      'previous_response_id',
      'must be of a response that was asked for with store: true and is still kept',
    );
  return { ...body, input: [...input, ...((response?.output ?? []) as Json[]), ...itemsOf(body.input ?? null)] };
}

function itemsOf(input: Json): Json[] {
  return Array.isArray(input) ? input : [{ role: 'user', content: input }];
}

/** The same for what never was, what is no longer, and what is another caller's. */
export function absent(): TollgateError {
  return new TollgateError('not_found', {
    reason: 'no-response',
    message: 'There is no such response: it was not kept, is no longer kept, or is not yours.',
  });
}
