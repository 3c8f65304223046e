import { createHash } from 'node:crypto';
import { TollgateError } from '../../../contract/errors.ts';
import type { AllowedModel, Target, TargetKind } from '../../../contract/model.ts';
import { targetsOf } from '../../../contract/places.ts';
import { KINDS, kindOf } from '../../../policies/kinds.ts';
import type { Answer, ProviderRequest, ResourceOperation } from '../../call.ts';
import type { Exchange } from '../../exchange.ts';

/** One operation of Bedrock's agent runtime, on something that a caller was granted. */
export interface Asked {
  kind: TargetKind;
  operation: ResourceOperation;
  /** A registry id, the resource's own id, or its ARN, percent-decoded once. */
  wanted: string;
  body: Uint8Array;
  /** Lower-case names; only those that a caller may set. */
  headers?: Record<string, string>;
  method?: ProviderRequest['method'];
  /** The path of the operation, percent-encoded. */
  native(target: Target): string;
  /** @throws TollgateError where the grant does not go so far */
  check?(model: AllowedModel): void;
}

const JSON_TYPE = 'application/json';

/** @throws TollgateError; what is not granted and what is not there get the same answer */
export function callResource(exchange: Exchange, asked: Asked): Promise<Answer> {
  const { kind, operation, wanted, body, headers = {}, method, native, check } = asked;
  return exchange.run({
    surface: 'bedrock',
    caller: exchange.caller,
    requestId: exchange.requestId,
    wanted,
    action: 'invoke',
    passes: true,
    prepare(model) {
      if (targetsOf(model).some((target) => target.kind !== kind))
        throw new TollgateError('invalid_request', {
          field: 'id',
          reason: 'wrong-surface',
          message: `This is ${kindOf(model.target).name}, and not ${KINDS[kind].name}; it is not called by this path.`,
        });
      check?.(model);
      const sent = { operation, body, contentType: JSON_TYPE, accept: JSON_TYPE, headers, native };
      return method === undefined ? sent : { ...sent, method };
    },
    waitUntil: exchange.waitUntil,
  });
}

/** As Bedrock has ids of sessions, memories and executions (API_agent-runtime_InvokeAgent), at most. */
const OWN_ID = /^[0-9A-Za-z._:-]{2,100}$/;

/**
 * What a tenant calls its session is no name of anybody's else: what Bedrock is told is made of the tenant and the name, so no
 * tenant can name another's session, and each finds its own again.
 *
 * @param what of which sort it is, e.g. `session`
 * @returns 32 of 0-9 and a-f, which every id of Bedrock's may be
 * @throws TollgateError `invalid_request` naming `field`
 */
export function ownId(tenant: string, what: string, name: string, field: string): string {
  if (!OWN_ID.test(name))
    throw new TollgateError('invalid_request', {
      field,
      reason: 'not-an-id',
      message: `${field} must be 2 to 100 of letters, digits, ".", "_", ":" and "-".`,
    });
  return createHash('sha256')
    .update(JSON.stringify([what, tenant, name]))
    .digest('hex')
    .slice(0, 32);
}
