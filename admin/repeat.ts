import { createHash } from 'node:crypto';
import { isTollgateError, TollgateError } from '../contract/errors.ts';
import {
  IDEMPOTENCY_KEY_MAX_CHARS,
  IDEMPOTENCY_SECONDS,
  IDEMPOTENT_ANSWER_MAX_BYTES,
} from '../contract/limits/admin.ts';
import type { Clock } from '../contract/log.ts';
import type { Document, Items, Key } from '../registry/items.ts';
import { HttpProblem } from './problem.ts';

/** A request as it is known again: who asked what. */
export interface Repeatable {
  caller: string;
  /** Its Idempotency-Key (draft-ietf-httpapi-idempotency-key-header). */
  key: string;
  /** Method, path with query, and body. */
  request: string;
}

const KEPT_HEADERS = ['content-type', 'etag', 'location', 'x-tollgate-edit'];

/**
 * Answers a request that is repeated under its key with the answer that it had, for a day. What was refused is not kept: it may be
 * asked again. Nor is an answer that says `no-store`, for it has a secret: that the request was made is all that is remembered then.
 *
 * @throws HttpProblem 400 for a key that is none; TollgateError `conflict` while the first is under way, or for another request
 *   under the key
 */
export async function answeredOnce(
  { caller, key, request }: Repeatable,
  items: Items,
  clock: Clock,
  answer: () => Promise<Response>,
): Promise<Response> {
  if (key === '' || key.length > IDEMPOTENCY_KEY_MAX_CHARS)
    throw new HttpProblem(400, `Idempotency-Key must have 1 to ${IDEMPOTENCY_KEY_MAX_CHARS} characters.`);
  const at: Key = { pk: `IDEMPOTENCY#${digest(JSON.stringify([caller, key]))}`, sk: 'IDEMPOTENCY' };
  const began = {
    v: 1,
    version: 1,
    request: digest(request),
    expiresAt: Math.floor(clock() / 1000) + IDEMPOTENCY_SECONDS,
  };
  try {
    await items.write([{ kind: 'put', key: at, document: began, expected: { is: 'absent' } }]);
  } catch (error) {
    if (!isTollgateError(error, 'conflict')) throw error;
    return kept((await items.get(at))?.document, began.request);
  }
  const response = await answer().catch(async (error: unknown) => {
    await items.write([{ kind: 'delete', key: at, expected: { is: 'any' } }]);
    throw error;
  });
  const secret = response.headers.get('cache-control') === 'no-store';
  const body = secret ? '' : await response.clone().text();
  const headers = Object.fromEntries(KEPT_HEADERS.flatMap((name) => [[name, response.headers.get(name)]]));
  const done: Document = secret
    ? { ...began, secret }
    : Buffer.byteLength(body) > IDEMPOTENT_ANSWER_MAX_BYTES
      ? { ...began, large: true }
      : { ...began, status: response.status, body, headers };
  await items.write([{ kind: 'put', key: at, document: { ...done, version: 2 }, expected: { is: 'any' } }]);
  return response;
}

function kept(before: Document | undefined, request: string): Response {
  const refuse = (message: string): never => {
    throw new TollgateError('conflict', { field: 'Idempotency-Key', reason: 'idempotency-key', message });
  };
  if (before !== undefined && before.request !== request) refuse('The Idempotency-Key was used for another request.');
  if (before?.large === true)
    refuse('The request was made under this Idempotency-Key; its answer was too large to be kept.');
  if (before?.secret === true)
    refuse('The request was made under this Idempotency-Key; its answer had a secret, which is kept nowhere.');
  if (typeof before?.status !== 'number')
    return refuse('The same request under this Idempotency-Key is still under way.');
  const headers = Object.entries(before.headers as Record<string, string | null>).filter(([, value]) => value !== null);
  return new Response(String(before.body), { status: before.status, headers: headers as [string, string][] });
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
