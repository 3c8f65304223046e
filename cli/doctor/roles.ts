import type { Placed } from '../../contract/places.ts';
import { eachTarget } from '../../contract/places.ts';
import { type RolesReviewed, reviewRoles } from '../../policies/review-roles.ts';
import { REVOCATIONS_POLICY } from '../../policies/revocation.ts';
import type { FoundRole } from '../review/roles.ts';
import { BOTH, type Check, type Problem, STAGE, warn, wrong } from './check.ts';
import { ANYTHING, type Deployed, isLike } from './deployed.ts';
import { REVERT } from './mend.ts';

export const ROLE_RIGHTS = [
  'iam:GetRole',
  'iam:ListRolePolicies',
  'iam:GetRolePolicy',
  'iam:ListAttachedRolePolicies',
  'iam:GetPolicy',
  'iam:GetPolicyVersion',
];

interface DeployedRole {
  name: string;
  trust: unknown;
  /** By their names; a document that is not the stack's own is not looked at. */
  policies: Map<string, unknown>;
  boundary: string | undefined;
}

export interface RolesSeen {
  deployed: DeployedRole[];
  found: (FoundRole | undefined)[];
}

/** Whether somebody changed a role by hand: what it may do, who may have it, what bounds it. */
export const roles: Check<RolesSeen> = {
  id: 'roles',
  on: STAGE,
  needs: ['cloudformation:GetTemplate', ...ROLE_RIGHTS],
  async read({ target, deployed: readDeployed }) {
    const [deployed, { roleReader }] = await Promise.all([readDeployed(), import('../review/roles.ts')]);
    const all = deployedRoles(deployed);
    const read = await roleReader(target);
    return { deployed: all, found: await Promise.all(all.map(({ name }) => read(name))) };
  },
  judge({ deployed, found }) {
    const problems = deployed.flatMap((role, index) => roleProblems(role, found[index]));
    return { ok: `${deployed.length} roles as they were deployed`, problems };
  },
};

export function deployedRoles(deployed: Deployed): DeployedRole[] {
  const managed = new Map(
    deployed.of('AWS::IAM::ManagedPolicy').map(({ id, properties }) => [id, properties.PolicyDocument]),
  );
  return deployed.of('AWS::IAM::Role').map(({ id, properties }) => {
    const inline = (properties.Policies ?? []) as { PolicyName: string; PolicyDocument: unknown }[];
    const attached = (properties.ManagedPolicyArns ?? []) as string[];
    return {
      name: id,
      trust: properties.AssumeRolePolicyDocument,
      policies: new Map<string, unknown>([
        ...inline.map(({ PolicyName, PolicyDocument }): [string, unknown] => [PolicyName, PolicyDocument]),
        ...attached.map((arn): [string, unknown] => [
          arn.slice(arn.lastIndexOf('/') + 1),
          managed.get(arn) ?? ANYTHING,
        ]),
      ]),
      boundary: properties.PermissionsBoundary as string | undefined,
    };
  });
}

function roleProblems(role: DeployedRole, found: FoundRole | undefined): Problem[] {
  const { name, trust, policies, boundary } = role;
  if (found === undefined) return [wrong(`the role ${name} is gone`, REVERT)];
  const there = new Map(found.policies.map((policy) => [policy.name, policy.document]));
  const detach = `aws iam delete-role-policy --role-name ${name} --policy-name NAME, or detach-role-policy`;
  return [
    ...(sameDocument(trust, found.trust) ? [] : [wrong(`${name}: who may have it was changed`, REVERT)]),
    ...[...policies].flatMap(([policy, document]) => {
      if (!there.has(policy)) return [wrong(`${name}: its policy ${policy} is gone`, REVERT)];
      return sameDocument(document, there.get(policy))
        ? []
        : [wrong(`${name}: its policy ${policy} was changed`, REVERT)];
    }),
    ...[...there.keys()]
      // Revocations are put onto the invoker role by our own command.
      .filter((policy) => !policies.has(policy) && policy !== REVOCATIONS_POLICY)
      .map((policy) => wrong(`${name}: it has the policy ${policy} beside its own`, detach)),
    ...(found.boundary === boundary || (boundary !== undefined && isLike(boundary, found.boundary))
      ? []
      : [
          warn(
            `${name}: ${found.boundary === undefined ? 'it has lost its boundary' : `the boundary ${found.boundary} bounds it`}`,
            `look whether the organisation asks for it: aws iam get-role --role-name ${name}`,
          ),
        ]),
  ];
}

/** Whether two documents say the same: IAM gives back a list of one as text, and the order of a list means nothing. */
export function sameDocument(deployed: unknown, found: unknown): boolean {
  return sameSets(statementsOf(deployed), statementsOf(found));
}

function sameSets(deployed: unknown, found: unknown): boolean {
  if (deployed === ANYTHING) return true;
  if (Array.isArray(deployed)) {
    if (!Array.isArray(found) || found.length !== deployed.length) return false;
    const left = [...found];
    return deployed.every((one) => {
      const at = left.findIndex((other) => sameSets(one, other));
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    });
  }
  if (deployed !== null && typeof deployed === 'object') {
    if (found === null || typeof found !== 'object') return false;
    const names = new Set([...Object.keys(deployed), ...Object.keys(found)]);
    return [...names].every((name) =>
      sameSets((deployed as Record<string, unknown>)[name], (found as Record<string, unknown>)[name]),
    );
  }
  return isLike(deployed, found);
}

function statementsOf(document: unknown): unknown {
  if (document === ANYTHING) return document;
  const { Statement = [] } = (document ?? {}) as { Statement?: unknown };
  return [Statement].flat().map((statement) => {
    const { Sid: _, ...said } = statement as Record<string, unknown>;
    const lists = (value: unknown): unknown =>
      value !== null && typeof value === 'object' && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, lists(inner)]))
        : [value].flat().map(String);
    return Object.fromEntries(
      Object.entries(said).map(([name, value]) => [name, name === 'Effect' ? value : lists(value)]),
    );
  });
}

/** Whether the roles as they are keep what they are to keep: who may make a session, and that no function can without. */
export const walls: Check<RolesReviewed> = {
  id: 'walls',
  on: BOTH,
  needs: [...ROLE_RIGHTS, 'dynamodb:Query'],
  loads: () => Promise.all([import('@aws-sdk/client-iam'), import('../review/roles.ts')]),
  async read({ target, registry }) {
    const { entries } = await (await registry()).listModels();
    const { readRoles } = await import('../review/roles.ts');
    const read = await readRoles(target, entries as readonly Placed[]);
    // What the template would deploy says nothing of what is there.
    if (read.source === 'assumed') throw unreadable(read.notes[0] ?? '');
    return reviewRoles({ ...read, models: eachTarget(entries) });
  },
  judge({ trust, functions, findings }) {
    return {
      ok: `${trust.length} tries at the invoker role end as they should; ${functions.length} roles can call no model by themselves`,
      problems: findings.map(({ kind, role, resource, reason }) =>
        wrong(
          `${role}: ${kind === 'reach' ? 'too much' : 'too little'}: ${resource}: ${reason}`,
          `tollgate policy review; ${REVERT}`,
        ),
      ),
    };
  },
};

function unreadable(note: string): Error {
  const error = new Error(note);
  if (/Denied|Unauthorized/.test(note)) error.name = 'AccessDenied';
  return error;
}
