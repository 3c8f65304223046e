import { documentOf, type PermissionStatement, type PolicyDocument } from '../../policies/document.ts';

const MAKES = [
  'AssignPrivateIpAddresses',
  'CreateNetworkInterface',
  'DeleteNetworkInterface',
  'UnassignPrivateIpAddresses',
];
const LOOKS = ['DescribeNetworkInterfaces', 'DescribeSubnets'];

const ec2 = (names: readonly string[]): string[] => names.map((name) => `ec2:${name}`);

/**
 * What Lambda needs of a function's role to put the function into a VPC: the actions of AWS's own AWSLambdaVPCAccessExecutionRole, but
 * on this account's resources, and on subnets that another account shares.
 *
 * Lambda uses the role for it itself, and the function's code is not to: as AWS advises, it is denied what bears the ARN of a function,
 * which Lambda puts into the credentials of code and not into these calls of its own
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html). Of any function, not of its own alone: whoever may pass the
 * role to another one gets no more of it. The Deny by which each role is bound to its function names the actions that its code needs,
 * and these are none of them: under it Lambda, whose calls here have no such ARN, could make no interface.
 */
export function interfacesPolicy(where: {
  partition: string;
  region: string;
  account: string;
  subnets: readonly string[];
}): PolicyDocument {
  const { partition, region, account, subnets } = where;
  const all: PermissionStatement[] = [
    {
      Effect: 'Allow',
      Action: ec2(MAKES),
      // A pattern of all: with less, AWS says, a function may not reach its VPC.
      Resource: [
        `arn:${partition}:ec2:${region}:${account}:*/*`,
        ...subnets.map((subnet) => `arn:${partition}:ec2:${region}:*:subnet/${subnet}`),
      ],
    },
    // They take no resource.
    { Effect: 'Allow', Action: ec2(LOOKS), Resource: ['*'] },
    {
      Effect: 'Deny',
      Action: ec2([...MAKES, ...LOOKS]),
      Resource: ['*'],
      Condition: { Null: { 'lambda:SourceFunctionArn': 'false' } },
    },
  ];
  return documentOf(all);
}
