import { ANSWER_BATCH_BYTES, ANSWER_BATCH_MS, ANSWER_BEAT_MS, ANSWER_LEASE_MS } from '../../contract/limits/answers.ts';
import type { Clock } from '../../contract/log.ts';
import type { Writing } from '../kept.ts';
import type { Parts } from './parts.ts';
import type { Rows } from './rows.ts';

export interface WritingOptions {
  pk: string;
  expiresAt: number;
  rows: Rows;
  parts: Parts;
  clock: Clock;
}

export function write({ pk, expiresAt, rows, parts, clock }: WritingOptions): Writing {
  const over = new AbortController();
  let waiting: string[] = [];
  let waitingBytes = 0;
  let written = 0;
  let beaten = clock();
  /** One write at a time, so that the pieces are in the table in their order. */
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = turn.then(work);
    turn = done.catch(() => {});
    return done;
  }

  async function flush(): Promise<void> {
    if (waiting.length === 0) return;
    const texts = waiting;
    waiting = [];
    waitingBytes = 0;
    try {
      await parts.put(pk, `piece#${String(written).padStart(12, '0')}`, JSON.stringify(texts), expiresAt);
      written += texts.length;
    } catch (error) {
      waiting = [...texts, ...waiting];
      throw error;
    }
  }

  async function beat(): Promise<void> {
    const now = clock();
    if (now - beaten < ANSWER_BEAT_MS) return;
    beaten = now;
    const alive = { aliveUntil: now + ANSWER_LEASE_MS };
    if (!(await rows.change({ pk, sk: 'answer' }, alive, { status: 'running' }))) over.abort();
  }

  // What fails is tried again with the next tick; if it goes on failing the answer is taken for dead, as it is.
  const tick = (): void => {
    inTurn(flush).catch(() => {});
    inTurn(beat).catch(() => {});
  };
  const ticking = setInterval(tick, ANSWER_BATCH_MS);
  over.signal.addEventListener('abort', () => clearInterval(ticking));

  return {
    append(text) {
      waiting.push(text);
      waitingBytes += text.length;
      if (waitingBytes >= ANSWER_BATCH_BYTES) inTurn(flush).catch(() => {});
    },
    over: over.signal,
    leave: () => clearInterval(ticking),
    async end(status, body) {
      try {
        return await inTurn(async () => {
          if (over.signal.aborted) return false;
          await flush();
          await parts.put(pk, 'body#ended', body, expiresAt);
          return rows.change({ pk, sk: 'answer' }, { status, body: 'ended' }, { status: 'running' });
        });
      } finally {
        clearInterval(ticking);
      }
    },
  };
}
