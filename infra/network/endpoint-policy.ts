import type { Condition, PermissionStatement, PolicyDocument } from '../../policies/document.ts';
import { documentOf } from '../../policies/document.ts';
import { SERVICES, type Service } from './services.ts';

/** A statement of an endpoint's policy. */
export interface EndpointStatement extends PermissionStatement {
  readonly Effect: 'Allow';
  readonly Principal: '*';
}

/** Characters that AWS takes (https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html). */
export const ENDPOINT_POLICY_MAX_CHARS = 20_480;

/**
 * What may pass an endpoint: what the roles that are used behind it allow of its service, on what they allow it and under their own
 * conditions, for principals of these accounts. It widens nothing: a call is still allowed by its role and its session policy.
 *
 * @param allowed statements of roles; those that deny are theirs to hold
 * @param accounts the stage's own, and those of roles that it assumes elsewhere
 * @returns undefined where no role may do anything there
 */
export function endpointPolicy(
  service: Service,
  allowed: readonly PermissionStatement[],
  accounts: readonly unknown[],
): PolicyDocument<EndpointStatement> | undefined {
  const found = new Map<string, { actions: Set<string>; resources: Map<string, string>; condition: Condition }>();
  for (const { Effect, Action, Resource, Condition = {} } of allowed) {
    const actions = Effect === 'Allow' ? Action.filter((action) => SERVICES[service].test(action)) : [];
    if (actions.length === 0) continue;
    // Of several roles that may do the same, one statement.
    const key = JSON.stringify([[...actions].sort(), Condition]);
    const one = found.get(key) ?? { actions: new Set(actions), resources: new Map(), condition: Condition };
    for (const resource of Resource) one.resources.set(JSON.stringify(resource), resource);
    found.set(key, one);
  }
  if (found.size === 0) return undefined;
  return documentOf(
    [...found.values()].map(({ actions, resources, condition }) => ({
      Effect: 'Allow',
      Principal: '*',
      Action: [...actions].sort(),
      Resource: [...resources.values()],
      Condition: {
        ...condition,
        StringEquals: { ...condition.StringEquals, 'aws:PrincipalAccount': accounts as string[] },
      },
    })),
  );
}

/**
 * Layers of images lie in a bucket of AWS's own, and ECR hands out addresses that it has signed itself, so no account of ours is their
 * principal (https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html#ecr-minimum-s3-perms).
 */
export function imageLayers(partition: string, region: string): EndpointStatement {
  return {
    Effect: 'Allow',
    Principal: '*',
    Action: ['s3:GetObject'],
    Resource: [`arn:${partition}:s3:::prod-${region}-starport-layer-bucket/*`],
  };
}

/**
 * Calls of the API bring a token and no signature, so to IAM they are nobody's and no key of a principal is there; whose they are is
 * the authorizer's to say (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-vpc-endpoint-policies.html). By the
 * stage's name, since the API itself names the endpoint.
 */
export function apiCalls(where: {
  partition: string;
  region: string;
  account: string;
  stage: string;
  /** Of the API, which has to pass beside it (example 5 of the same page). */
  domainName?: string | undefined;
}): EndpointStatement {
  const { partition, region, account, stage, domainName } = where;
  const own = `arn:${partition}:execute-api:${region}:${account}:`;
  return {
    Effect: 'Allow',
    Principal: '*',
    Action: ['execute-api:Invoke'],
    Resource: [`${own}*/${stage}/*`, ...(domainName === undefined ? [] : [`${own}/domainnames/${domainName}+*`])],
  };
}
