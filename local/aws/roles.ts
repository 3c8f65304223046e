import { containerRolePolicy, containerTrustPolicy } from '../../policies/container.ts';
import { STAGE_KINDS } from '../../policies/kinds.ts';
import {
  type FunctionName,
  functionRolePolicy,
  functionTrustPolicy,
  invokerRolePolicies,
  invokerTrustPolicy,
} from '../../policies/roles.ts';
import { spokesPolicy } from '../../policies/spoke.ts';
import type { Role } from './sessions.ts';

/** The local stage and where its functions' data are; the demo's one account. */
export const STAGE = 'local';
export const API_ID = 'local';
export const TABLE = 'tollgate-registry';
export const COUNTERS_TABLE = 'tollgate-counters';
export const ANSWERS_TABLE = 'tollgate-answers';
export const EVENT_BUS = 'default';
export const BUCKET = 'tollgate-usage';
export const CONTEXT_KEY = `tollgate-${STAGE}-context-key`;
export const KEYS_TABLE = 'tollgate-keys';
export const KEYS_SECRET = `tollgate-${STAGE}-keys-secret`;

/** Regions that the local account may call: those of the demo's inference profiles, and two where data is to stay in Europe. */
export const REGIONS = ['us-east-1', 'us-east-2', 'us-west-2', 'eu-central-1', 'eu-west-1'] as const;

/** Names as the template gives them, but for the region: there is one here. */
export const roleName = (name: FunctionName | 'invoker'): string => `tollgate-${STAGE}-${name}`;

export function localFunctionArn(account: string, region: string, name: string): string {
  return `arn:aws:lambda:${region}:${account}:function:${name}`;
}

interface RoleOptions {
  /** Whether the broker assumes the invoker role in the place of who makes calls. Default false. */
  broker?: boolean;
  /** Of a stage with keys of its own. */
  keyMaxDays?: number | undefined;
  /** Roles of other accounts that the invoker role may assume; absent: none. */
  spokes?: readonly string[] | undefined;
}

const roleArn = (account: string, name: string): string => `arn:aws:iam::${account}:role/${name}`;

/** Of the gateway in one process, `npm run serve`; it is no function. */
export const CONTAINER_ROLE = `tollgate-${STAGE}-container`;

/** The container's role, with the documents that the template deploys where it has a container. */
export function containerRole(account: string, region: string, options: RoleOptions = {}): Role {
  const policies = [containerRolePolicy(scopeOf(account, region, options))];
  const trust = containerTrustPolicy({ kind: 'fargate', partition: 'aws', account, region });
  return { name: CONTAINER_ROLE, trust, policies };
}

function scopeOf(account: string, region: string, { broker = false, keyMaxDays }: RoleOptions) {
  const tableArn = (name: string): string => `arn:aws:dynamodb:${region}:${account}:table/${name}`;
  const secretArn = (name: string): string => `arn:aws:secretsmanager:${region}:${account}:secret:${name}-??????`;
  return {
    tableArn: tableArn(TABLE),
    countersTableArn: tableArn(COUNTERS_TABLE),
    answersTableArn: tableArn(ANSWERS_TABLE),
    eventBusArn: `arn:aws:events:${region}:${account}:event-bus/${EVENT_BUS}`,
    bucketArn: `arn:aws:s3:::${BUCKET}`,
    catalogue: true,
    invokerRoleArn: roleArn(account, roleName('invoker')),
    contextKeyArn: secretArn(CONTEXT_KEY),
    alerts: {
      topicArn: `arn:aws:sns:${region}:${account}:tollgate-${STAGE}-*`,
      failuresArn: `arn:aws:sqs:${region}:${account}:tollgate-${STAGE}-schedule-failures`,
    },
    ...(keyMaxDays === undefined
      ? {}
      : { keys: { tableArn: tableArn(KEYS_TABLE), secretArn: secretArn(KEYS_SECRET) } }),
    ...(broker ? { brokerArn: localFunctionArn(account, region, roleName('broker')) } : {}),
  };
}

/**
 * The account's roles, with the documents that the template deploys.
 *
 * @param account 12 digits
 * @param region where the tables and the functions are
 */
export function localRoles(account: string, region: string, options: RoleOptions = {}): Role[] {
  const { broker = false, spokes = [] } = options;
  const functionArn = (name: FunctionName): string => localFunctionArn(account, region, roleName(name));
  const scope = scopeOf(account, region, options);
  const callers = broker ? [roleName('broker')] : [roleName('invoke'), CONTAINER_ROLE];
  const functions: FunctionName[] = [
    'admin',
    'authorizer',
    'invoke',
    'metering',
    'seal',
    'alerts',
    ...(broker ? ['broker' as const] : []),
  ];
  return [
    ...functions.map((name) => ({
      name: roleName(name),
      trust: functionTrustPolicy(),
      policies: [functionRolePolicy(name, { ...scope, functionArn: functionArn(name) })],
    })),
    {
      name: roleName('invoker'),
      trust: invokerTrustPolicy({ trustedRoleArn: callers.map((name) => roleArn(account, name)) }),
      policies: [],
      managed: [
        ...invokerRolePolicies({ partition: 'aws', account, regions: REGIONS, kinds: STAGE_KINDS }),
        ...(spokes.length === 0 ? [] : [spokesPolicy(spokes)]),
      ],
    },
  ];
}
