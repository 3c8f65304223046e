import { documentOf, type PermissionStatement, type PolicyDocument, type TrustDocument } from './document.ts';
import { allowedTo, type FunctionName, type UnboundScope } from './roles.ts';

/** The container's roles: the gateway as one process, on ECS Fargate or on Kubernetes. */

/**
 * What the container's own role may do: what the authorizer's and invoke's may, and `admin`'s where it serves that. It has no key
 * of contexts, since a context never leaves its memory, and writes no log: what carries its stdout away does, by a role of its own.
 */
export function containerRolePolicy(scope: UnboundScope, more: readonly FunctionName[] = []): PolicyDocument {
  const { logGroupArn: _, contextKeyArn: __, ...own } = scope;
  const statements = (['authorizer', 'invoke', ...more] as const).flatMap((name) => allowedTo(name, own));
  return documentOf([...new Map(statements.map((statement) => [JSON.stringify(statement), statement])).values()]);
}

/** Where the container runs, and so who may take its role. */
export type ContainerHost =
  | { kind: 'fargate'; partition: string; account: string; region: string }
  /** A service account of a Kubernetes cluster, by the cluster's OpenID provider (IRSA). */
  | { kind: 'irsa'; providerArn: string; namespace: string; serviceAccount: string }
  /** The same by EKS Pod Identity: which service account it is stands in the association. */
  | { kind: 'pod-identity' };

/**
 * Who may take the container's own role. A function's role is bound to its function by `lambda:SourceFunctionArn`; the
 * credentials of an ECS task or a pod carry nothing alike, so this is the only bound. ECS takes no narrower `aws:SourceArn` than
 * all of a region's clusters (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html): who may pass
 * the role to a task of this account, or associate it with a pod, can use it. IRSA alone names its one service account.
 */
export function containerTrustPolicy(host: ContainerHost): TrustDocument {
  if (host.kind === 'pod-identity')
    return documentOf([
      {
        Effect: 'Allow',
        Principal: { Service: 'pods.eks.amazonaws.com' },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
      },
    ]);
  if (host.kind === 'irsa') {
    const { providerArn, namespace, serviceAccount } = host;
    const issuer = providerArn.slice(providerArn.indexOf('/') + 1);
    return documentOf([
      {
        Effect: 'Allow',
        Principal: { Federated: providerArn },
        Action: ['sts:AssumeRoleWithWebIdentity'],
        Condition: {
          StringEquals: {
            [`${issuer}:aud`]: 'sts.amazonaws.com',
            [`${issuer}:sub`]: `system:serviceaccount:${namespace}:${serviceAccount}`,
          },
        },
      },
    ]);
  }
  return launcherTrustPolicy(host);
}

/** What ECS itself may do to start a task: fetch the image, and write down what the container says. */
export function launcherRolePolicy(scope: { repositoryArn: string; logGroupArn: string }): PolicyDocument {
  return documentOf<PermissionStatement>([
    // It takes no resource.
    { Effect: 'Allow', Action: ['ecr:GetAuthorizationToken'], Resource: ['*'] },
    {
      Effect: 'Allow',
      Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      Resource: [scope.repositoryArn],
    },
    {
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: [`${scope.logGroupArn}:log-stream:*`],
    },
  ]);
}

/** Who starts a task, and the task itself: ECS says the same of both. */
export function launcherTrustPolicy(where: { partition: string; account: string; region: string }): TrustDocument {
  const { partition, account, region } = where;
  return documentOf([
    {
      Effect: 'Allow',
      Principal: { Service: 'ecs-tasks.amazonaws.com' },
      Action: ['sts:AssumeRole'],
      Condition: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnLike: { 'aws:SourceArn': `arn:${partition}:ecs:${region}:${account}:*` },
      },
    },
  ]);
}
