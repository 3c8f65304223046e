import { isTollgateError } from '../../contract/errors.ts';
import { at, placesOf } from '../../contract/places.ts';
import type { FoundCall } from '../../metering/calls/find.ts';
import { nativeIdOf } from '../../policies/kinds.ts';
import { sessionPolicy } from '../../policies/session.ts';
import { asTenantId } from '../../registry/tenant.ts';
import type { Target } from '../target.ts';

/**
 * The hash of the session policy that the call's last attempt runs under by the registry as it is now: the one in `credentials-issued`
 * (docs/audit.md) and in what STS logged, unless the model or the grant was edited since.
 *
 * @returns null of a call that no session was for
 */
export async function policyOf({ clientConfig, table }: Target, calls: readonly FoundCall[]): Promise<object | null> {
  const base = calls[0]?.attempts.at(-1)?.base;
  if (base === undefined || base.model === '') return null;
  const [{ DynamoDBClient }, { createRegistry }] = await Promise.all([
    import('@aws-sdk/client-dynamodb'),
    import('../../registry/dynamo.ts'),
  ]);
  const client = new DynamoDBClient(clientConfig);
  const registry = createRegistry({ client, table, clock: Date.now, onUnusable: () => undefined });
  const entries = await registry.tenant(asTenantId(base.tenant, 'tenant'));
  const model = entries?.models.find(({ id }) => id === base.model);
  if (model === undefined) return { hash: null, because: 'the tenant does not hold the model any more' };
  const place = placesOf(model).find(
    ({ target }) => target.region === base.region && nativeIdOf(target) === base.nativeModel,
  );
  if (place === undefined) return { hash: null, because: 'the model has no such place any more' };
  const there = at(model, place);
  try {
    return { hash: sessionPolicy(there.target, [base.action], there).hash, asOf: 'the registry as it is now' };
  } catch (error) {
    // An action that no session is for.
    if (isTollgateError(error)) return null;
    throw error;
  }
}
