import { TollgateError } from '../../../contract/errors.ts';
import type { AllowedModel, Beside, Purpose, Target, TargetKind } from '../../../contract/model.ts';
import { targetsOf } from '../../../contract/places.ts';
import { KINDS, kindOf } from '../../../policies/kinds.ts';
import { ownId as idOf } from '../../../policies/name.ts';
import { lifecycleHeaders } from '../../../registry/lifecycle.ts';
import type { Answer, ProviderRequest, ResourceOperation } from '../../call.ts';
import type { Exchange, Given } from '../../exchange.ts';

/** One operation of Bedrock's agent runtime, on something that a caller was granted. */
export interface Asked {
  /** Absent: what the operation is for, `prepared` says. */
  kind?: TargetKind;
  /** Where it is named. Absent: in the path. */
  field?: string;
  operation: ResourceOperation;
  /** A registry id, the resource's own id, or its ARN, percent-decoded once. */
  wanted: string;
  /** Absent: invoke. */
  action?: Purpose;
  /** What it uses beside that. */
  beside?: readonly Beside[];
  /** Absent: none. */
  body?: Uint8Array | ((model: AllowedModel) => Uint8Array);
  /** Lower-case names; only those that a caller may set. */
  headers?: Record<string, string>;
  method?: ProviderRequest['method'];
  query?: string | undefined;
  /** Of a flow the execution that it is about, as the caller named it. */
  execution?: string;
  /** The path of the operation, percent-encoded. */
  native(target: Target): string;
  /** @throws TollgateError where the grant does not go so far */
  check?(model: AllowedModel): void;
  /**
   * Where the body names what is called, or what is used beside it.
   *
   * @returns the body for one place of each
   * @throws TollgateError where the grants do not go so far
   */
  prepared?(model: AllowedModel, beside: readonly AllowedModel[]): NonNullable<ProviderRequest['naming']>;
  /** What its stream tells, and what of that is ours. Absent: nothing. */
  tells?: ProviderRequest['tells'];
  ours?: ProviderRequest['ours'];
  /** Absent: one call. */
  uses?: ProviderRequest['uses'];
}

const JSON_TYPE = 'application/json';
const NO_BODY = new Uint8Array();

/** @throws TollgateError; what is not granted and what is not there get the same answer */
export function callResource(exchange: Exchange, asked: Asked): Promise<Answer> {
  const { kind, operation, wanted, action = 'invoke', body = NO_BODY, headers = {}, method, query } = asked;
  const { beside, execution, field = 'id', native, tells, ours, uses } = asked;
  return exchange.run({
    surface: 'bedrock',
    caller: exchange.caller,
    requestId: exchange.requestId,
    wanted,
    action,
    ...(execution === undefined ? {} : { execution }),
    beside: beside?.length === 0 ? undefined : beside,
    passes: true,
    prepare(model, others = []) {
      if (kind !== undefined && targetsOf(model).some((target) => target.kind !== kind))
        throw new TollgateError('invalid_request', {
          field,
          reason: 'wrong-surface',
          message: `This is ${kindOf(model.target).name}, and not ${KINDS[kind].name}; it is not called by this path.`,
        });
      asked.check?.(model);
      const naming = asked.prepared?.(model, others);
      return {
        ...{ operation, headers, native, contentType: JSON_TYPE, accept: JSON_TYPE },
        body: typeof body === 'function' ? body(model) : body,
        ...(method === undefined ? {} : { method }),
        ...(query === undefined ? {} : { query }),
        ...(naming === undefined ? {} : { naming }),
        ...(tells === undefined ? {} : { tells }),
        ...(ours === undefined ? {} : { ours }),
        ...(uses === undefined ? {} : { uses }),
      };
    },
    waitUntil: exchange.waitUntil,
  });
}

/**
 * The same of what answers in one piece.
 *
 * @param told what the caller is given of its body. Absent: all of it
 */
export async function askResource(
  exchange: Exchange,
  asked: Asked,
  told: (body: Uint8Array, model: AllowedModel) => Given['body'] = (body) => body,
): Promise<Given> {
  const answer = await callResource(exchange, asked);
  if (answer.kind !== 'whole') throw new TollgateError('internal', { reason: 'not-whole' });
  const { model, status, headers, body } = answer;
  return {
    status,
    headers: { ...headers, ...lifecycleHeaders(model, exchange.nowSeconds) },
    body: told(body, model),
  };
}

/** As Bedrock has ids of sessions, memories and executions (API_agent-runtime_InvokeAgent), at most. */
const OWN_ID = /^[0-9A-Za-z._:-]{2,100}$/;

/**
 * @param what of which sort it is, e.g. `session`
 * @returns what Bedrock is told in its place: no other tenant's (policies/name.ts)
 * @throws TollgateError `invalid_request` naming `field`
 */
export function ownId(tenant: string, what: string, name: string, field: string): string {
  if (OWN_ID.test(name)) return idOf(tenant, what, name);
  throw new TollgateError('invalid_request', {
    field,
    reason: 'not-an-id',
    message: `${field} must be 2 to 100 of letters, digits, ".", "_", ":" and "-".`,
  });
}
