import { createHash } from 'node:crypto';
import type { AskTable } from '../../aws/table.ts';
import { ANSWER_LEASE_MS } from '../../contract/limits/answers.ts';
import { CALL_TOTAL_MS } from '../../contract/limits/invoke.ts';
import type { Clock } from '../../contract/log.ts';
import type { Answers, Kept, KeptStatus, Owner } from '../kept.ts';
import { createParts } from './parts.ts';
import { createRows, type Row } from './rows.ts';
import { write } from './writing.ts';

export interface AnswersOptions {
  ask: AskTable;
  table: string;
  /** Seconds for which an answer can be read, from when it can have ended at the latest. */
  ttlSeconds: number;
  clock: Clock;
}

/**
 * The table of answers.
 *
 * pk: a hash of tenant, principal and id, so that another caller's answer is as absent as one that never was.
 * sk: `answer` (its state), `body#begun#n` and `body#ended#n` (its body as it began and as it ended), `piece#000000000012#n` (the
 * texts that were appended from that number on). What is long is several items, and none of them is read without the state.
 */
export function createAnswers({ ask, table, ttlSeconds, clock }: AnswersOptions): Answers {
  const rows = createRows({ ask, table });
  const parts = createParts(rows);

  const expiry = (): number => Math.ceil((clock() + CALL_TOTAL_MS) / 1000) + ttlSeconds;

  /** @returns undefined: there is none, or its time is over */
  async function stateAt(pk: string): Promise<Row | undefined> {
    const row = await rows.get({ pk, sk: 'answer' });
    if (row === undefined || Number(row.expiresAt) * 1000 <= clock()) return undefined;
    if (row.status !== 'running' || Number(row.aliveUntil) >= clock()) return row;
    const over = { status: 'failed' };
    const changed = await rows.change({ pk, sk: 'answer' }, over, {
      status: 'running',
      aliveUntil: Number(row.aliveUntil),
    });
    // Else its writer lives after all, or another reader has found the same.
    return changed ? { ...row, ...over } : stateAt(pk);
  }

  return {
    async begin(owner, id, body) {
      const pk = keyOf(owner, id);
      const expiresAt = expiry();
      await parts.put(pk, 'body#begun', body, expiresAt);
      const aliveUntil = clock() + ANSWER_LEASE_MS;
      await rows.put({ pk, sk: 'answer', status: 'running', body: 'begun', aliveUntil, expiresAt });
      return write({ pk, expiresAt, rows, parts, clock });
    },

    async keep(owner, id, body) {
      const pk = keyOf(owner, id);
      const expiresAt = expiry();
      await parts.put(pk, 'body#ended', body, expiresAt);
      await rows.put({ pk, sk: 'answer', status: 'done', body: 'ended', expiresAt });
    },

    async status(owner, id) {
      return (await stateAt(keyOf(owner, id)))?.status as KeptStatus | undefined;
    },

    async read(owner, id): Promise<Kept | undefined> {
      const pk = keyOf(owner, id);
      const state = await stateAt(pk);
      if (state === undefined) return undefined;
      const { status, body } = state;
      const [found] = await parts.read(pk, `body#${body}`);
      // It was removed meanwhile.
      if (found === undefined) return undefined;
      return { status: status as KeptStatus, body: found.text, ended: body === 'ended' };
    },

    async pieces(owner, id, after) {
      const found = await parts.read(keyOf(owner, id), 'piece', after);
      const pieces = found.flatMap(({ name, text }) => {
        const first = Number(name.slice('piece#'.length));
        return (JSON.parse(text) as string[]).map((one, index) => ({ number: first + index, text: one }));
      });
      return { pieces, after: found.at(-1)?.name ?? after };
    },

    async cancel(owner, id) {
      const pk = keyOf(owner, id);
      await rows.change({ pk, sk: 'answer' }, { status: 'cancelled' }, { status: 'running' });
    },

    async remove(owner, id) {
      const pk = keyOf(owner, id);
      const was = await stateAt(pk);
      // Its state first: without it the rest cannot be read.
      await rows.remove({ pk, sk: 'answer' });
      const keys = await rows.keys(pk);
      await Promise.all(keys.map((key) => rows.remove(key)));
      return was !== undefined;
    },
  };
}

function keyOf({ tenant, principal }: Owner, id: string): string {
  return createHash('sha256')
    .update(JSON.stringify([tenant, principal, id]))
    .digest('base64url');
}
