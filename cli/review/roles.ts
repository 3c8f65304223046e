import { TollgateError } from '../../contract/errors.ts';
import { eachTarget, type Placed } from '../../contract/places.ts';
import { arnsOf } from '../../policies/kinds.ts';
import type { RoleDocuments } from '../../policies/review-roles.ts';
import { type FunctionName, invokerRolePolicies, invokerTrustPolicy } from '../../policies/roles.ts';
import type { Policy } from '../../policies/simulate/types.ts';
import { spokesPolicy } from '../../policies/spoke.ts';
import type { Target } from '../target.ts';

/** The roles that the review rests on, and where their documents were found. */
export interface Roles {
  /** `deployed`: as IAM gave them. `assumed`: as the template would deploy them, because IAM could not be asked. */
  source: 'deployed' | 'assumed';
  invoker: RoleDocuments;
  functions: RoleDocuments[];
  /** Names of the roles that may assume the invoker role: the broker's, or those of what makes calls. */
  assumers: string[];
  /** What a reader has to know about them. */
  notes: string[];
}

/** The container's, and every function's that a stage may have: one that is new and not here does not compile. */
const OWN_ROLES = Object.keys({
  ...{ authorizer: true, invoke: true, container: true, broker: true, metering: true, seal: true },
  ...{ admin: true, alerts: true, pool: true, sync: true },
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
    if (invoker === undefined) return assumed(nameOf, models, spokes, [`IAM has no role ${nameOf('invoker')}`]);
    const functions = (await Promise.all(OWN_ROLES.map((what) => read(nameOf(what))))).filter(
      (role) => role !== undefined,
    );
    const there = (what: string): boolean => functions.some(({ name }) => name === nameOf(what));
    const callers = ['invoke', 'container'].filter(there);
    const assumers = there('broker') ? ['broker'] : callers.length > 0 ? callers : ['invoke'];
    return { source: 'deployed', invoker, functions, assumers: assumers.map(nameOf), notes: [] };
  } catch (error) {
    if (error instanceof TollgateError) throw error;
    return assumed(nameOf, models, spokes, [`IAM could not be read (${(error as Error).name})`]);
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

function assumed(
  nameOf: (what: string) => string,
  models: readonly Placed[],
  spokes: readonly string[],
  notes: string[],
): Roles {
  const arns = eachTarget(models)
    .flatMap(({ target }) => arnsOf(target))
    .map((arn) => arn.split(':'));
  const partition = arns[0]?.[1] ?? 'aws';
  const account = arns.map((parts) => parts[4] ?? '').find((text) => text !== '') ?? '000000000000';
  const named = new Set(arns.map((parts) => parts[3] ?? ''));
  const arnOf = (what: string): string => `arn:${partition}:iam::${account}:role/${nameOf(what)}`;
  const regions = [...named].filter((region) => region !== '').sort();
  return {
    source: 'assumed',
    invoker: {
      name: nameOf('invoker'),
      arn: arnOf('invoker'),
      trust: invokerTrustPolicy({ trustedRoleArn: arnOf('invoke') }),
      policies: [
        ...invokerRolePolicies({ partition, account, regions, globalProfiles: named.has('') }).map(
          (document, index) => ({ name: `models-${index + 1}`, document }),
        ),
        ...(spokes.length === 0 ? [] : [{ name: 'spokes', document: spokesPolicy(spokes) as Policy }]),
      ],
    },
    functions: [],
    assumers: [nameOf('invoke')],
    notes: [
      ...notes,
      'so the roles are taken to be what the template deploys, for every region and every role of another account that the registry names; function roles were not reviewed',
    ],
  };
}
