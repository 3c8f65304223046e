import { eachTarget, type Placed } from '../contract/places.ts';
import { arnsOf } from '../policies/kinds.ts';
import type { RoleDocuments } from '../policies/review-roles.ts';
import { invokerRolePolicies, invokerTrustPolicy } from '../policies/roles.ts';
import type { Policy } from '../policies/simulate/types.ts';
import { spokesPolicy } from '../policies/spoke.ts';

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

/**
 * The roles as the template deploys them, for who does not read IAM.
 *
 * @param nameOf the whole name of a role of the stage
 * @param spokes roles of other accounts that the registry names
 * @param notes why they are not IAM's own
 */
export function assumedRoles(
  nameOf: (what: string) => string,
  models: readonly Placed[],
  spokes: readonly string[],
  notes: readonly string[],
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
