import { setTimeout as after } from 'node:timers/promises';
import { asTollgateError, CODES, type Code, TollgateError } from '../../../contract/errors.ts';
import { BACKGROUND_REFUSAL_MS } from '../../../contract/limits/answers.ts';
import { type Exchange, type Given, json } from '../../exchange.ts';
import type { Answers, Writing } from '../../kept.ts';
import { unsupported } from '../fields.ts';
import type { Made } from './made.ts';

/** What is kept of a failure, for whoever asks for the answer. */
interface Failure {
  code: Code;
  message: string;
  field?: string;
}

/**
 * `streaming`: the answer is its id, and what it is an id of is made whether or not the caller stays. It is one call like any
 * other to budgets and records, however often it is asked for.
 *
 * @throws TollgateError for what is refused at once; later it is what is asked for that has failed
 */
export async function later(exchange: Exchange, make: () => Promise<Made>): Promise<Given> {
  const { caller, requestId, waitUntil } = exchange;
  const answers = await answersOf(exchange, 'streaming');
  const writing = await answers.begin(caller, keptAs(requestId), '');
  const making = make();
  try {
    await Promise.race([making, after(BACKGROUND_REFUSAL_MS)]);
  } catch (refusal) {
    writing.leave();
    waitUntil(answers.remove(caller, keptAs(requestId)));
    throw refusal;
  }
  waitUntil(write(making, writing));
  return json([{ request_id: requestId }]);
}

async function write(making: Promise<Made>, writing: Writing): Promise<void> {
  let made: Made;
  try {
    made = await making;
  } catch (thrown) {
    const { code, publicMessage: message, field } = asTollgateError(thrown);
    const failure: Failure = { code, message, ...(field === undefined ? {} : { field }) };
    await writing.end('failed', JSON.stringify(failure));
    return;
  }
  await writing.end('done', JSON.stringify(made.answer));
}

/**
 * `requestId`: the answer, or the id again while there is none. It can be asked for again until its time is over, by its caller
 * alone.
 *
 * @throws TollgateError `not_found`; what the answer has failed with
 */
export async function poll(exchange: Exchange, requestId: string): Promise<Given> {
  const answers = await answersOf(exchange, 'requestId');
  const kept = await answers.read(exchange.caller, keptAs(requestId));
  if (kept === undefined)
    throw new TollgateError('not_found', {
      field: 'requestId',
      reason: 'no-such-answer',
      message: 'There is no answer of this id, or its time is over.',
    });
  if (kept.status === 'running') return json([{ request_id: requestId }]);
  if (kept.status === 'done') return json(JSON.parse(kept.body));
  const { code, ...told } = (kept.ended ? JSON.parse(kept.body) : {}) as Partial<Failure>;
  const known = code !== undefined && Object.hasOwn(CODES, code) ? code : 'upstream_failed';
  throw new TollgateError(known, { reason: 'failed-in-background', ...told });
}

/** No id of another format's answers. */
function keptAs(requestId: string): string {
  return `guidance ${requestId}`;
}

async function answersOf({ answers }: Exchange, name: string): Promise<Answers> {
  const kept = await answers?.();
  if (kept !== undefined) return kept;
  throw unsupported(name, 'This stage keeps no answers: leave it out, and the answer is given at once.');
}
