import { type Invoked, type InvokeFunction, LambdaError } from '../../aws/lambda.ts';
import { type BrokerQuestion, type Issued, parseBrokerAnswer } from '../../contract/broker.ts';
import { isTollgateError, TollgateError } from '../../contract/errors.ts';
import { parseJson } from '../../contract/json.ts';
import { RETRY_AFTER_SECONDS } from '../../contract/limits/contract.ts';
import { BROKER_TIMEOUT_MS } from '../../contract/limits/sessions.ts';
import { type Clock, logLine, METRICS, type WriteLine } from '../../contract/log.ts';
import { abortable } from '../../sessions/abortable.ts';
import type { Issue, Scope, ScopedCredentials } from '../../sessions/session.ts';
import type { Asked, CallScope } from '../pipeline/credentials.ts';

export interface BrokerIssuerOptions {
  /** Asks the broker's function. */
  invoke: InvokeFunction;
  clock: Clock;
  write: WriteLine;
  /** Milliseconds for all attempts together. */
  timeoutMs?: number;
}

/**
 * Credentials from the broker. The scope's own policy is not sent: it only names what is remembered here. A refusal is
 * raised as the broker gave it, so a caller sees the same answers as without one.
 *
 * @returns throws TollgateError what the broker refused with; `unauthenticated` (token-missing); `forbidden`
 *   (token-differs) when the token is of another tenant or principal than the context; `unavailable` (broker-timeout |
 *   broker-throttled | broker-unreachable | broker-failed) when it could not be asked; `internal` (broker-rejected |
 *   broker-question | broker-answer | broker-answer-expired) when the deployment is at fault
 */
export function createBrokerIssuer(options: BrokerIssuerOptions): Issue<CallScope> {
  const { clock, write } = options;
  return async (scope) => {
    const { asked } = scope;
    if (asked?.token === undefined) throw new TollgateError('unauthenticated', { reason: 'token-missing' });
    const question: BrokerQuestion = {
      v: 1,
      requestId: asked.requestId,
      authorization: asked.token.reveal(),
      model: asked.model,
      ...(asked.place === undefined ? {} : { place: asked.place }),
      ...(asked.useCase === undefined ? {} : { useCase: asked.useCase }),
      action: asked.action,
      ...(asked.execution === undefined ? {} : { execution: asked.execution }),
      ...(asked.beside === undefined ? {} : { beside: asked.beside }),
    };
    try {
      const issued = await ask(question, options);
      // Remembered under the context's names: another's credentials must never lie there.
      if (issued.tenant !== scope.tenant || issued.principal !== scope.principal)
        throw new TollgateError('forbidden', { reason: 'token-differs' });
      if (issued.expiresAt <= clock()) throw new TollgateError('internal', { reason: 'broker-answer-expired' });
      // The entry was edited since the authorizer looked. The broker's reading is the newer one, and IAM goes by it.
      if (issued.policyHash !== scope.policy.hash)
        note('info', 'broker-policy-differs', scope, asked, { brokerPolicyHash: issued.policyHash });
      return credentialsOf(issued);
    } catch (thrown) {
      if (isTollgateError(thrown) && RELAYED in thrown) throw thrown;
      const error = isTollgateError(thrown) ? thrown : failureOf(thrown);
      const metric = error.code === 'unavailable' ? METRICS.undecided : METRICS.credentialsRefused;
      const type = thrown instanceof Error ? thrown.name : '';
      note('error', 'credentials-refused', scope, asked, { reason: error.reason, type }, { [metric]: 1 });
      throw error;
    }
  };

  function note(
    level: 'info' | 'error',
    event: string,
    { tenant, policy }: Scope,
    { requestId, model, action }: Asked,
    more: Record<string, unknown>,
    metrics: Record<string, number> = {},
  ): void {
    const fields = { event, level, requestId, tenant, model, action, policyHash: policy.hash, ...more };
    write(logLine(clock(), fields, metrics));
  }
}

const RELAYED = Symbol("the broker's own refusal: its line and its count are the broker's");

async function ask(question: BrokerQuestion, options: BrokerIssuerOptions): Promise<Issued> {
  const { invoke, timeoutMs = BROKER_TIMEOUT_MS } = options;
  const signal = AbortSignal.timeout(timeoutMs);
  let output: Invoked;
  try {
    output = await abortable(invoke(JSON.stringify(question), { abortSignal: signal }), signal);
  } catch (cause) {
    throw signal.aborted ? unavailable('broker-timeout') : cause;
  }
  // Without its payload, which is an exception's text.
  if (output.failed) throw unavailable('broker-failed');
  const answer = parseBrokerAnswer(read(output.payload));
  if ('issued' in answer) return answer.issued;
  const { code, ...details } = answer.refused;
  // The question is ours, not the caller's.
  if (code === 'invalid_request') throw new TollgateError('internal', { ...details, reason: 'broker-question' });
  throw Object.assign(new TollgateError(code, details), { [RELAYED]: true });
}

function read(payload: Uint8Array): unknown {
  try {
    return parseJson(payload, 'broker');
  } catch {
    // Without its cause: a parser quotes what it could not read, and that may be credentials.
    throw new TollgateError('internal', { reason: 'broker-answer' });
  }
}

/** Exactly these members, whatever else an answer holds. */
function credentialsOf({ accessKeyId, secretAccessKey, sessionToken, expiresAt }: Issued): ScopedCredentials {
  return Object.freeze({ accessKeyId, secretAccessKey, sessionToken, expiresAt });
}

/** Lambda's own refusals, by their name and status. */
function failureOf(cause: unknown): TollgateError {
  const { name, status } = cause instanceof LambdaError ? cause : { name: '', status: undefined };
  if (status === 429 || name === 'TooManyRequestsException') return unavailable('broker-throttled');
  if (status === undefined || status >= 500) return unavailable('broker-unreachable');
  return new TollgateError('internal', { reason: 'broker-rejected', detail: { type: name } });
}

function unavailable(reason: string): TollgateError {
  return new TollgateError('unavailable', { reason, retryAfterSeconds: RETRY_AFTER_SECONDS });
}
