import { CODES, type Code, TollgateError } from './errors.ts';
import {
  BESIDE_MAX,
  EXECUTION_MAX_CHARS,
  MODEL_ID_MAX_CHARS,
  PLACE_NAME_MAX_CHARS,
  TOKEN_MAX_CHARS,
} from './limits/contract.ts';
import { type Beside, PURPOSES, type Purpose } from './model.ts';

/**
 * What passes between the invoke function and the broker. The question holds the caller's own token, a model and an
 * action, and nothing else that counts: who is calling, what that tenant holds and which policy follows, the broker finds
 * out for itself.
 */
export interface BrokerQuestion {
  v: 1;
  /** For the log; it decides nothing. */
  requestId: string;
  /** The caller's Authorization header, as it came. */
  authorization: string;
  /** Registry id. */
  model: string;
  /** Of a model of several places the one that is called, by its key (policies/place.ts). */
  place?: string;
  /** What the caller says that the call is for: one of those that its grant lists. */
  useCase?: string;
  action: Asks;
  /** Of a flow the execution that is asked about, as the caller named it. */
  execution?: string;
  /** What the same call also uses; where that is called, is where the model is. */
  beside?: Beside[];
}

/** What one call is for; or all that the grant allows, for credentials that the caller is given. */
export type Asks = Purpose | 'direct';

/** Credentials, and whose they are by the token. */
export interface Issued {
  tenant: string;
  principal: string;
  /** Of the session policy that the broker built. */
  policyHash: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** Milliseconds since 1970, UTC. */
  expiresAt: number;
}

/** A refusal, as the invoke function raises it again. */
export interface Refused {
  code: Code;
  reason?: string;
  retryAfterSeconds?: number;
  successor?: string;
}

export type BrokerAnswer = { v: 1; issued: Issued } | { v: 1; refused: Refused };

/** Those that may be there, and how many characters each may have. */
const OPTIONAL = { place: PLACE_NAME_MAX_CHARS, useCase: PLACE_NAME_MAX_CHARS, execution: EXECUTION_MAX_CHARS };

const QUESTION_KEYS = ['v', 'requestId', 'authorization', 'model', 'action', 'beside', ...Object.keys(OPTIONAL)];

/**
 * @param value the event: whoever may invoke the function writes it
 * @throws TollgateError `invalid_request` naming the member; a member too many is refused, because whoever sent it meant
 *   something by it
 */
export function parseBrokerQuestion(value: unknown): BrokerQuestion {
  if (value === null || typeof value !== 'object') throw malformed('event');
  const { v, requestId, authorization, model, action, ...more } = value as Partial<Record<string, unknown>>;
  const other = Object.keys(value).find((key) => !QUESTION_KEYS.includes(key));
  if (other !== undefined) throw malformed('event', 'unknown-member');
  if (v !== 1) throw malformed('v');
  if (typeof requestId !== 'string' || !/^[\w.:-]{1,128}$/.test(requestId)) throw malformed('requestId');
  // One character more than a token may have, so that the one who judges tokens says what is wrong with it.
  if (typeof authorization !== 'string' || authorization.length > TOKEN_MAX_CHARS + 1) throw malformed('authorization');
  if (!isModel(model)) throw malformed('model');
  for (const [name, most] of Object.entries(OPTIONAL)) {
    const given = more[name];
    if (given !== undefined && (typeof given !== 'string' || given.length > most)) throw malformed(name);
  }
  if (action !== 'direct' && !PURPOSES.some((known) => known === action)) throw malformed('action');
  if (more.beside !== undefined && !(action !== 'direct' && isBeside(more.beside))) throw malformed('beside');
  return { v: 1, requestId, authorization, model, ...more, action: action as Asks };
}

function isModel(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MODEL_ID_MAX_CHARS;
}

function isBeside(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= BESIDE_MAX &&
    value.every((one: unknown) => {
      const { model, actions, ...rest } = Object(one) as Partial<Record<string, unknown>>;
      const known = Array.isArray(actions) && actions.length > 0 && new Set(actions).size === actions.length;
      return isModel(model) && known && actions.every(isTargetPurpose) && Object.keys(rest).length === 0;
    })
  );
}

const isTargetPurpose = (value: unknown): boolean => value !== 'guard' && PURPOSES.some((known) => known === value);

/**
 * @param value the function's payload, parsed
 * @throws TollgateError `internal` with reason broker-answer: half a set of credentials would make an SDK client fall back
 *   on its default chain, the function's own role
 */
export function parseBrokerAnswer(value: unknown): BrokerAnswer {
  const { v, issued, refused } = objectOf(value);
  if (v !== 1) throw unreadable();
  return refused === undefined
    ? { v: 1, issued: issuedOf(objectOf(issued)) }
    : { v: 1, refused: refusedOf(objectOf(refused)) };
}

function issuedOf(value: Record<string, unknown>): Issued {
  const { expiresAt } = value;
  const text = (name: keyof Issued): string => {
    const found = value[name];
    if (typeof found !== 'string' || found === '') throw unreadable();
    return found;
  };
  if (typeof expiresAt !== 'number' || !Number.isSafeInteger(expiresAt)) throw unreadable();
  return {
    tenant: text('tenant'),
    principal: text('principal'),
    policyHash: text('policyHash'),
    accessKeyId: text('accessKeyId'),
    secretAccessKey: text('secretAccessKey'),
    sessionToken: text('sessionToken'),
    expiresAt,
  };
}

function refusedOf({ code, reason, retryAfterSeconds, successor }: Record<string, unknown>): Refused {
  if (typeof code !== 'string' || !Object.hasOwn(CODES, code)) throw unreadable();
  return {
    code: code as Code,
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(typeof retryAfterSeconds === 'number' ? { retryAfterSeconds } : {}),
    ...(typeof successor === 'string' ? { successor } : {}),
  };
}

function objectOf(value: unknown): Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw unreadable();
  return value as Record<string, unknown>;
}

function malformed(field: string, reason = 'broker-question'): TollgateError {
  return new TollgateError('invalid_request', { field, reason });
}

function unreadable(): TollgateError {
  return new TollgateError('internal', { reason: 'broker-answer' });
}
