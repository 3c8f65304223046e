import { describe, expect, test } from 'vitest';
import {
  type ContainerHost,
  containerRolePolicy,
  containerTrustPolicy,
  launcherRolePolicy,
} from '../../../policies/container.ts';
import { functionRolePolicy } from '../../../policies/roles.ts';

const ACCOUNT = '111122223333';
const scope = {
  tableArn: `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/r`,
  countersTableArn: `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/c`,
  answersTableArn: `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/a`,
  eventBusArn: `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/default`,
  bucketArn: 'arn:aws:s3:::b',
  invokerRoleArn: `arn:aws:iam::${ACCOUNT}:role/invoker`,
};
const ofFunctions = {
  ...scope,
  contextKeyArn: `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:k-??????`,
  logGroupArn: `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:l`,
};
const brokerArn = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:broker`;

/** Every single right: action, resource and condition. */
const rights = ({ Statement: all }: ReturnType<typeof containerRolePolicy>) =>
  new Set(
    all
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(({ Action, Resource, Condition }) =>
        Action.flatMap((action) => Resource.map((resource) => JSON.stringify([action, resource, Condition]))),
      ),
  );

describe('the container’s own role', () => {
  test.each([
    ['without a broker', {}],
    ['with a broker', { brokerArn }],
  ])('%s may do what invoke’s and the authorizer’s may, but for the key of contexts and the log', (_, more) => {
    const both = ['authorizer', 'invoke'] as const;
    const theirs = both.flatMap((name) => [
      ...rights(functionRolePolicy(name, { ...ofFunctions, ...more, functionArn: `${name}-arn` })),
    ]);
    const expected = theirs.filter((right) => !/"(secretsmanager|logs):/.test(right));
    expect(expected.length).toBeGreaterThan(6);
    expect(rights(containerRolePolicy({ ...ofFunctions, ...more }))).toEqual(new Set(expected));
  });

  test('asks the broker instead of STS where there is one', () => {
    expect(JSON.stringify(containerRolePolicy({ ...scope, brokerArn }))).not.toContain('sts:');
  });
});

describe('who may take it', () => {
  const trust = (host: ContainerHost) => {
    const [statement, ...more] = containerTrustPolicy(host).Statement;
    expect(more).toEqual([]);
    return statement;
  };

  test('tasks of this account and region alone', () => {
    expect(trust({ kind: 'fargate', partition: 'aws', account: ACCOUNT, region: 'us-east-1' })).toMatchObject({
      Principal: { Service: 'ecs-tasks.amazonaws.com' },
      Condition: {
        StringEquals: { 'aws:SourceAccount': ACCOUNT },
        ArnLike: { 'aws:SourceArn': `arn:aws:ecs:us-east-1:${ACCOUNT}:*` },
      },
    });
  });

  test('one service account of one cluster, to the letter', () => {
    const providerArn = `arn:aws:iam::${ACCOUNT}:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/AB`;
    expect(trust({ kind: 'irsa', providerArn, namespace: 'models', serviceAccount: 'gateway' })).toEqual({
      Effect: 'Allow',
      Principal: { Federated: providerArn },
      Action: ['sts:AssumeRoleWithWebIdentity'],
      Condition: {
        StringEquals: {
          'oidc.eks.us-east-1.amazonaws.com/id/AB:aud': 'sts.amazonaws.com',
          'oidc.eks.us-east-1.amazonaws.com/id/AB:sub': 'system:serviceaccount:models:gateway',
        },
      },
    });
  });

  test('EKS, for the service account that is associated with it', () => {
    expect(trust({ kind: 'pod-identity' })).toMatchObject({ Principal: { Service: 'pods.eks.amazonaws.com' } });
  });
});

test('what starts the container reads one repository and writes one log', () => {
  const [token, image, log] = launcherRolePolicy({
    repositoryArn: 'repository',
    logGroupArn: ofFunctions.logGroupArn,
  }).Statement;
  expect(token?.Action).toEqual(['ecr:GetAuthorizationToken']);
  expect(image?.Resource).toEqual(['repository']);
  expect(log).toMatchObject({
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: [`${ofFunctions.logGroupArn}:log-stream:*`],
  });
});
