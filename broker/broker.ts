import { type CallerOf, type CallersOptions, createCallers } from '../authorizer/callers.ts';
import { admit } from '../authorizer/decide.ts';
import {
  type Asks,
  type BrokerAnswer,
  type BrokerQuestion,
  type Issued,
  parseBrokerQuestion,
} from '../contract/broker.ts';
import type { CallerContext } from '../contract/context.ts';
import { asTollgateError, TollgateError } from '../contract/errors.ts';
import { underUseCase } from '../contract/guardrails.ts';
import type { TenantId } from '../contract/identity.ts';
import { type Clock, logLine, METRICS, type WriteLine } from '../contract/log.ts';
import type { AllowedModel } from '../contract/model.ts';
import { spokeOf } from '../contract/spokes.ts';
import { ofExecution } from '../policies/kinds/bedrock-flow.ts';
import { type SessionPolicy, sessionPolicy } from '../policies/session.ts';
import { decideBeside, partBeside } from '../registry/beside.ts';
import { decideModel } from '../registry/decide.ts';
import { decideDirect, directPolicy } from '../registry/direct.ts';
import type { RegistryReader } from '../registry/reader.ts';
import { refusalOf } from '../registry/refusal.ts';
import { placeNamed } from '../registry/where.ts';
import type { Issue } from '../sessions/session.ts';
import { usablePolicy } from '../sessions/usable.ts';

export interface BrokerOptions extends CallersOptions {
  /** Asked anew for every question: what was true when the authorizer looked may not be true now. */
  registry: CallersOptions['registry'] & RegistryReader;
  issue: Issue;
  clock: Clock;
  /** Gets one line for each refusal, beside the issuer's own for each session; no token and no credential is in them. */
  write: WriteLine;
}

/**
 * Issues the credentials of one session: for the bearer of this token or key, to do this with this model.
 *
 * Everything is decided here again, from the token and the registry. What the invoke function decided, or was made to
 * decide, does not count; it can choose among what the token's own tenant holds, and cannot name a policy, a tenant or a
 * role. Nothing is remembered about a token or a session.
 *
 * @returns never throws: an answer says what went wrong, and an exception's text would be written into a log
 */
export function createBroker(options: BrokerOptions): (event: unknown) => Promise<BrokerAnswer> {
  const { clock, write } = options;
  const callerOf = createCallers(options);
  return async (event) => {
    const about: About = {};
    try {
      const question = parseBrokerQuestion(event);
      const { requestId, model, action } = question;
      Object.assign(about, { requestId, model, action });
      return { v: 1, issued: await issueFor(question, about, callerOf, options) };
    } catch (thrown) {
      const error = asTollgateError(thrown);
      const { code, reason, retryAfterSeconds, successor, status } = error;
      const level = status >= 500 ? 'error' : 'warn';
      // What could not be decided at STS has its line and its count by now.
      const metrics = status < 500 ? { [METRICS.brokerRefused]: 1 } : {};
      const undecided = code === 'unavailable' && !reason?.startsWith('sts-') ? { [METRICS.undecided]: 1 } : {};
      write(
        logLine(
          clock(),
          { event: 'broker-refused', level, ...about, code, reason, issuer: error.detail?.issuer },
          { ...metrics, ...undecided },
        ),
      );
      return {
        v: 1,
        refused: {
          code,
          ...(reason === undefined ? {} : { reason }),
          ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
          ...(successor === undefined ? {} : { successor }),
        },
      };
    }
  };
}

/** What a line tells of a question; filled as it becomes known. */
interface About {
  requestId?: string;
  tenant?: TenantId;
  principal?: string;
  model?: string;
  action?: Asks;
  policyHash?: string;
}

async function issueFor(
  question: BrokerQuestion,
  about: About,
  callerOf: CallerOf,
  options: BrokerOptions,
): Promise<Issued> {
  const { requestId, authorization, model: wanted, action } = question;
  const identity = await callerOf({ headers: { authorization } });
  const { tenant, principal } = identity;
  Object.assign(about, { tenant, principal });
  const admission = admit(identity, await options.registry.tenant(tenant), options.clock());
  if (!admission.admitted) throw new TollgateError('forbidden', { reason: admission.reason });
  const { costCenter } = admission.context;
  const { model, policy } = decided(admission.context, question, options);
  about.policyHash = policy.hash;
  const scope = { tenant, principal, costCenter, policy, spoke: spokeOf(model), audit: { requestId, model: wanted } };
  const credentials = await options.issue(action === 'direct' ? { ...scope, direct: true } : scope);
  return { tenant, principal, policyHash: policy.hash, ...credentials };
}

function decided(
  { tenant, models, exp }: CallerContext,
  { model: wanted, place, useCase, action, execution, beside = [] }: BrokerQuestion,
  { clock, write }: BrokerOptions,
): { model: AllowedModel; policy: SessionPolicy } {
  const nowSeconds = Math.floor(clock() / 1000);
  const held = (models ?? []).map((model) => (useCase === undefined ? model : underUseCase(model, useCase)));
  const decision =
    action === 'direct' ? decideDirect(held, wanted, nowSeconds) : decideModel(held, wanted, action, nowSeconds);
  if (decision.outcome === 'refused') throw refusalOf(decision);
  if (decision.model.useCase !== useCase) throw new TollgateError('model_not_allowed', { reason: 'unknown-use-case' });
  const model = ofExecution(placeNamed(decision.model, place), tenant, execution);
  const parts = beside.map((one) => partBeside(model, decideBeside(held, one, nowSeconds), one));
  const build = () =>
    action === 'direct' ? directPolicy(model, exp) : sessionPolicy(model.target, [action], model, parts);
  return { model, policy: usablePolicy(model, build, { clock, write }) };
}
