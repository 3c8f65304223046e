import { isRequestId } from './access-request.ts';
import { ALERTS, EVALUATIONS, REQUEST } from './all-kinds.ts';
import { EVERY_TENANT } from './budget.ts';
import { type ClientName, checkClientName } from './client.ts';
import { badEntry, isModelId } from './fields.ts';
import type { GrantOf } from './grant.ts';
import type { Key } from './items.ts';
import {
  ALERTS_KEY,
  ALIASES_KEY,
  budgetsKey,
  bundleKey,
  clientKey,
  DEFAULTS_KEY,
  EVALUATIONS_KEY,
  grantKey,
  modelKey,
  requestKey,
  tenantKey,
} from './keys.ts';
import { ALIASES, BUDGETS, BUNDLE, CLIENT, DEFAULTS, GRANT, type Kind, MODEL, TENANT } from './kinds.ts';
import { asTenantId } from './tenant.ts';

/** A request for access. */
export interface RequestName {
  tenant: string;
  id: string;
}

/** One item of the registry as an operator names it. */
export type Named =
  | { model: string }
  | { tenant: string }
  | ({ tenant: string } & GrantOf)
  | { bundle: string }
  | { defaults: true }
  /** A tenant, or EVERY_TENANT. */
  | { budgetsOf: string }
  | { aliases: true }
  | { alerts: true }
  | { evaluations: true }
  | { client: ClientName }
  | { request: RequestName };

/** @throws TollgateError `bad_entry` for an id that is none */
export function itemNamed(of: Named): { kind: Kind<unknown>; key: Key } {
  const item = <Entry>(kind: Kind<Entry>, key: Key) => ({ kind: kind as Kind<unknown>, key });
  if ('alerts' in of) return item(ALERTS, ALERTS_KEY);
  if ('evaluations' in of) return item(EVALUATIONS, EVALUATIONS_KEY);
  if ('aliases' in of) return item(ALIASES, ALIASES_KEY);
  if ('budgetsOf' in of)
    return item(BUDGETS, budgetsKey(of.budgetsOf === EVERY_TENANT ? EVERY_TENANT : asTenantId(of.budgetsOf)));
  if ('client' in of) {
    checkClientName(of.client);
    return item(CLIENT, clientKey(of.client));
  }
  if ('request' in of) {
    const { tenant, id } = of.request;
    if (!isRequestId(id)) throw badEntry('request', 'not-a-request-id');
    return item(REQUEST, requestKey({ tenant: asTenantId(tenant), id }));
  }
  if ('defaults' in of) return item(DEFAULTS, DEFAULTS_KEY);
  const bundle = 'bundle' in of ? of.bundle : undefined;
  if (bundle !== undefined && !isModelId(bundle)) throw badEntry('bundle', 'not-a-bundle-id');
  const tenant = 'tenant' in of ? asTenantId(of.tenant) : undefined;
  const model = 'model' in of ? of.model : undefined;
  if (model !== undefined && !isModelId(model)) throw badEntry('model', 'not-a-model-id');
  if (bundle !== undefined)
    return tenant === undefined ? item(BUNDLE, bundleKey(bundle)) : item(GRANT, grantKey({ tenant, bundle }));
  if (tenant !== undefined)
    return model === undefined ? item(TENANT, tenantKey(tenant)) : item(GRANT, grantKey({ tenant, model }));
  return item(MODEL, modelKey(model ?? ''));
}
