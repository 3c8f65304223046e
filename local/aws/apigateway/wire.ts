import { randomBytes } from 'node:crypto';
import { AwsError, invalid } from '../error.ts';
import type { JsonObject } from '../read.ts';
import type { State } from './store.ts';

/** The one REST API of this machine and its one stage. */
export interface DeployedApi {
  account: string;
  region: string;
  apiId: string;
  name: string;
  stage: string;
  /** Seconds for which its authorizer's answers are remembered. */
  authorizerTtlSeconds: number;
}

export interface Asked {
  /** The variable parts of the path. */
  ids: readonly string[];
  query: URLSearchParams;
  body: JsonObject;
  /** Seconds since 1970. */
  now: number;
  api: DeployedApi;
}

/** @returns the answer's body @throws AwsError */
export type Run = (state: State, asked: Asked) => object | undefined;

/** @param query `limit` (25 if absent) and `position`, the id that the page begins with */
export function page(items: readonly { id: string }[], query: URLSearchParams): object {
  const limit = Number(query.get('limit') ?? 25);
  const position = query.get('position');
  const from = position === null ? 0 : items.findIndex(({ id }) => id === position);
  if (from < 0 || !(limit >= 1 && limit <= 500)) throw bad('Invalid position or limit');
  const next = items[from + limit]?.id;
  return { item: items.slice(from, from + limit), ...(next === undefined ? {} : { position: next }) };
}

/** Ten letters and digits, as API Gateway's own. */
export function newId(): string {
  return BigInt(`0x${randomBytes(8).toString('hex')}`)
    .toString(36)
    .padStart(13, '0')
    .slice(-10);
}

export function notFound(what: string): AwsError {
  return new AwsError(404, 'NotFoundException', `Invalid ${what} identifier specified`);
}

export function conflict(message: string): AwsError {
  return new AwsError(409, 'ConflictException', message);
}

export function bad(message: string): AwsError {
  return invalid(message, 'BadRequestException');
}
