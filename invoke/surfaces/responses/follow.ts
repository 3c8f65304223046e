import { setTimeout as pause } from 'node:timers/promises';
import { ANSWER_LOOK_MS } from '../../../contract/limits/answers.ts';
import type { Events } from '../../call.ts';
import type { Answers, Owner } from '../../kept.ts';
import { openaiError } from '../openai/error.ts';
import { publicError } from '../public-error.ts';
import type { Translation } from '../relay.ts';
import { SSE_SILENT, sseText } from '../sse.ts';
import { absent, shown } from './record.ts';
import { begun } from './response.ts';
import { eventOf } from './tail.ts';

/** What each event of a response begins with. */
const TYPE = /^\{"type":"([\w.]+)"/;

const END = /^(?:response\.(?:completed|incomplete|failed)|error)$/;

/** Whether no other follows, but for the error event behind `response.failed`. */
export function isEnd(type: string): boolean {
  return END.test(type);
}

/**
 * The events of a kept response from one on, until the last: those that are there, and those that are still to come. Of one that
 * ended without a word, or whose events were not kept, the first and the last are made of what is known.
 *
 * @param startingAfter the number of the last event that the reader has; -1: none
 */
export async function* follow(answers: Answers, owner: Owner, id: string, startingAfter: number): Events {
  let after = '';
  let number = -1;
  let last = '';
  for (;;) {
    const status = await answers.status(owner, id);
    const found = await answers.pieces(owner, id, after);
    after = found.after;
    const wanted = found.pieces.filter((piece) => piece.number > startingAfter);
    if (wanted.length > 0) yield wanted.map(({ text }) => eventOf(typeOf(text), text));
    const newest = found.pieces.at(-1);
    if (newest !== undefined) {
      number = newest.number;
      last = typeOf(newest.text);
    }
    if (status !== 'running') break;
    await pause(ANSWER_LOOK_MS);
  }
  if (isEnd(last)) return;
  const kept = await answers.read(owner, id);
  if (kept === undefined) throw absent();
  const response = shown(kept);
  const type = `response.${response.status === 'cancelled' ? 'incomplete' : response.status}`;
  number = Math.max(number, startingAfter);
  const told = (name: string, as: object) =>
    eventOf(name, JSON.stringify({ type: name, sequence_number: ++number, response: as }));
  // SDKs build what they show on the first event of a response, and raise where it is another.
  if (number < 0) yield [told('response.created', begun(response))];
  yield [told(type, response)];
}

function typeOf(json: string): string {
  return TYPE.exec(json)?.[1] ?? '';
}

/** Writes events that are written already. */
export function passing(): Translation {
  return {
    event: ({ type, payload }) => sseText(Buffer.from(payload).toString('utf8'), type),
    end: () => null,
    broken(error) {
      const { message, code, param } = openaiError(publicError(error)).body.error;
      return sseText(JSON.stringify({ type: 'error', code, message, param }), 'error');
    },
    silent: () => SSE_SILENT,
  };
}
