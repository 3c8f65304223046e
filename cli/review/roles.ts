import { TollgateError } from '../../contract/errors.ts';
import type { Placed } from '../../contract/places.ts';
import type { RoleDocuments } from '../../policies/review-roles.ts';
import type { FunctionName } from '../../policies/roles.ts';
import type { Policy } from '../../policies/simulate/types.ts';
import { assumedRoles, type Roles } from '../../review/roles.ts';
import type { Target } from '../target.ts';

/** The container's, and every function's that a stage may have: one that is new and not here does not compile. */
const OWN_ROLES = Object.keys({
  ...{ authorizer: true, invoke: true, container: true, broker: true, metering: true, seal: true },
  ...{ admin: true, alerts: true, pages: true, pool: true, sync: true },
} satisfies Record<FunctionName | 'container', true>);

/**
 * The stage's roles as IAM holds them. Whoever may not read IAM gets what the template would deploy, and a note.
 *
 * @param spokes roles of other accounts that the registry names
 * @throws TollgateError `bad_entry` for a document that is not JSON
 */
export async function readRoles(
  target: Target,
  models: readonly Placed[],
  spokes: readonly string[] = [],
): Promise<Roles> {
  const nameOf = target.roleName;
  try {
    const read = await roleReader(target);
    const invoker = await read(nameOf('invoker'));
    if (invoker === undefined) return assumedRoles(nameOf, models, spokes, [`IAM has no role ${nameOf('invoker')}`]);
    const functions = (await Promise.all(OWN_ROLES.map((what) => read(nameOf(what))))).filter(
      (role) => role !== undefined,
    );
    const there = (what: string): boolean => functions.some(({ name }) => name === nameOf(what));
    const callers = ['invoke', 'container'].filter(there);
    const assumers = there('broker') ? ['broker'] : callers.length > 0 ? callers : ['invoke'];
    return { source: 'deployed', invoker, functions, assumers: assumers.map(nameOf), notes: [] };
  } catch (error) {
    if (error instanceof TollgateError) throw error;
    return assumedRoles(nameOf, models, spokes, [`IAM could not be read (${(error as Error).name})`]);
  }
}

/** A role as IAM has it. */
export interface FoundRole extends RoleDocuments {
  /** ARN of the policy that bounds it. */
  boundary?: string;
}

/** @returns reads one role; undefined when there is none of that name */
export async function roleReader({ clientConfig }: Target) {
  const sdk = await import('@aws-sdk/client-iam');
  const client = new sdk.IAMClient(clientConfig);

  return async (RoleName: string): Promise<FoundRole | undefined> => {
    const found = await client.send(new sdk.GetRoleCommand({ RoleName })).catch((error: Error) => {
      if (error.name === 'NoSuchEntityException' || error.name === 'NoSuchEntity') return undefined;
      throw error;
    });
    if (found === undefined) return undefined;
    const policies: { name: string; document: Policy }[] = [];
    for await (const { PolicyNames = [] } of sdk.paginateListRolePolicies({ client }, { RoleName }))
      for (const PolicyName of PolicyNames) {
        const { PolicyDocument } = await client.send(new sdk.GetRolePolicyCommand({ RoleName, PolicyName }));
        policies.push({ name: PolicyName, document: documentOf(PolicyDocument, `${RoleName} ${PolicyName}`) });
      }
    for await (const { AttachedPolicies = [] } of sdk.paginateListAttachedRolePolicies({ client }, { RoleName }))
      for (const { PolicyName: name = '', PolicyArn } of AttachedPolicies) {
        const { Policy: about } = await client.send(new sdk.GetPolicyCommand({ PolicyArn }));
        const version = { PolicyArn, VersionId: about?.DefaultVersionId };
        const { PolicyVersion } = await client.send(new sdk.GetPolicyVersionCommand(version));
        policies.push({ name, document: documentOf(PolicyVersion?.Document, `${RoleName} ${name}`) });
      }
    const trust = documentOf(found.Role?.AssumeRolePolicyDocument, `${RoleName} trust policy`);
    const boundary = found.Role?.PermissionsBoundary?.PermissionsBoundaryArn;
    return { name: RoleName, arn: found.Role?.Arn ?? '', trust, policies, ...(boundary ? { boundary } : {}) };
  };
}

/** IAM encodes documents as RFC 3986 says. */
function documentOf(encoded: string | undefined, field: string): Policy {
  try {
    return JSON.parse(decodeURIComponent(encoded ?? '')) as Policy;
  } catch (cause) {
    throw new TollgateError('bad_entry', { field, reason: 'not-json', message: `${field} cannot be read.`, cause });
  }
}
