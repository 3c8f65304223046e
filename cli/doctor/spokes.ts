import { isTollgateError } from '../../contract/errors.ts';
import { type Placed, placesOf } from '../../contract/places.ts';
import { externalIdOf, spokeRoleName } from '../../contract/spoke-list.ts';
import { tryHop } from '../../policies/review-spokes.ts';
import type { Policy } from '../../policies/simulate/types.ts';
import { hopPolicy } from '../../policies/spoke.ts';
import type { Grant } from '../../registry/grant.ts';
import type { ModelEntry } from '../../registry/model.ts';
import { placedUnder } from '../../registry/restrictions.ts';
import type { TenantEntry } from '../../registry/tenant.ts';
import { BOTH, type Check, type Problem, warn, wrong } from './check.ts';
import { ROLE_RIGHTS } from './roles.ts';

export interface SpokesSeen {
  stage: string;
  tenants: readonly Pick<TenantEntry, 'id' | 'spokeRole' | 'offboarded'>[];
  models: readonly (Pick<ModelEntry, 'id'> & Placed)[];
  grants: readonly Grant[];
  /** Every policy of the invoker role as it is. */
  invokerPolicies: readonly Policy[];
}

/** Whether the stage lists the roles of other accounts that its registry names, and what was granted can run there. */
export const spokes: Check<SpokesSeen> = {
  id: 'spokes',
  on: BOTH,
  needs: [...ROLE_RIGHTS, 'dynamodb:Query'],
  loads: () => Promise.all([import('@aws-sdk/client-iam'), import('../review/roles.ts')]),
  async read({ target, registry }) {
    const writer = await registry();
    const [tenants, models, grants] = await Promise.all([
      writer.listTenants(),
      writer.listModels(),
      writer.listGrants(),
    ]);
    const seen = { stage: target.stage, tenants: tenants.entries, models: models.entries, grants: grants.entries };
    if (named(seen).length === 0) return undefined;
    const { roleReader } = await import('../review/roles.ts');
    const invoker = await (await roleReader(target))(target.roleName('invoker'));
    return { ...seen, invokerPolicies: invoker?.policies.map(({ document }) => document) ?? [] };
  },
  judge(seen) {
    const all = named(seen);
    return {
      ok: `${all.length} named in the registry, each may be asked for; what their own accounts say is not read`,
      problems: [
        ...all
          .filter((one) => !isOpen(one, seen))
          .map(({ of, role, clear }) =>
            wrong(
              `${of}: the stage does not list ${role}, so that these calls are refused`,
              `list it in tollgate:spokes and deploy (on the laptop TOLLGATE_SPOKES), or ${clear}`,
            ),
          ),
        ...all.flatMap((one) => ofAnother(one, seen)),
        ...unfit(seen),
      ],
    };
  },
};

interface Named {
  /** Who, or what, names it. */
  of: string;
  role: string;
  /** Whose it is; absent: a place's. */
  tenant?: TenantEntry['id'];
  clear: string;
}

function named({ tenants, models }: Pick<SpokesSeen, 'tenants' | 'models'>): Named[] {
  return [
    // One that has left calls nothing any more.
    ...tenants.flatMap(({ id, spokeRole, offboarded }) =>
      spokeRole === undefined || offboarded === true
        ? []
        : [{ of: id, role: spokeRole, tenant: id, clear: `tollgate tenant put ${id} --clear spoke-role` }],
    ),
    ...models.flatMap((model) =>
      placesOf(model).flatMap(({ role }) =>
        role === undefined
          ? []
          : [{ of: model.id, role, clear: `tollgate model put, without that place of ${model.id}` }],
      ),
    ),
  ];
}

function isOpen({ role, tenant }: Named, { stage, tenants, invokerPolicies }: SpokesSeen): boolean {
  const asker = tenant ?? tenants[0]?.id;
  if (asker === undefined) return true;
  const externalId = externalIdOf(stage, tenant);
  const hop = hopPolicy(role, externalId, asker);
  const tried = tryHop({ hop, tenant: asker, role, externalId, others: [], models: [], invokerPolicies });
  return tried.every(({ expected, allowed }) => allowed || !expected);
}

/** A role that its name says was made for another tenant: it asks for that one's words, and would refuse. */
function ofAnother({ of, role, tenant, clear }: Named, { stage, tenants }: SpokesSeen): Problem[] {
  const other = tenants.find(({ id }) => id !== tenant && role.endsWith(`:role/${spokeRoleName(stage, id)}`));
  if (other === undefined) return [];
  return [warn(`${of}: ${role} is named for ${other.id}; if it was made for that one, it refuses these calls`, clear)];
}

/** What was granted before the tenant had the role, and is of another account than that. */
function unfit({ tenants, models, grants }: SpokesSeen): Problem[] {
  return tenants.flatMap(({ id, spokeRole }) =>
    spokeRole === undefined
      ? []
      : grants.flatMap((grant) => {
          const model = models.find((one) => one.id === grant.model);
          if (grant.tenant !== id || model === undefined) return [];
          try {
            placedUnder(grant, { ...model, spokeRole });
            return [];
          } catch (error) {
            if (!isTollgateError(error)) throw error;
            const why = `${error.field}: ${error.reason ?? error.code}`;
            return [
              wrong(
                `${id}: what it was granted of ${grant.model} cannot run under ${spokeRole} (${why})`,
                `tollgate revoke ${id} ${grant.model}, or a place of the model in that account`,
              ),
            ];
          }
        }),
  );
}
