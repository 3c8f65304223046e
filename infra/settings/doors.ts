import { THROTTLE_BURST_MAX, THROTTLE_RATE_MAX } from '../../contract/limits/units.ts';
import { type At, bad, flag, type Group, optional, PREFIX, whole } from './setting.ts';
import type { StageSettings } from './stage.ts';

/** What calls come in by, and how many at once. */
export interface DoorSettings {
  /** Tasks that run at least, and at most. */
  minTasks: number;
  maxTasks: number;
  /** Where the container runs if not on Fargate; undefined: on Fargate, or nowhere. */
  kubernetes: Kubernetes | undefined;
  /** Whether a broker assumes the invoker role in the place of invoke and the container. */
  broker: boolean;
  /** Whether Lambda gives each tenant execution environments of its own. */
  tenantIsolation: boolean;
  /** Calls a second for the whole stage, and how many may come at once. */
  throttleRate: number;
  throttleBurst: number;
  /** Whether API Gateway counts each call by the API key that the authorizer names, and refuses one without. */
  usagePlans: boolean;
  /** Concurrent calls reserved for the invoke function, which is also the most that it gets; 0 shares the account's. */
  invokeConcurrency: number;
  /**
   * The same for the authorizer, and as many for the broker: calls may last for minutes, and those that wait for a decision need
   * not wait for them. 0 unless told: a new account has 10 in all and can reserve none, and AWS keeps 100 of any other's.
   */
  authorizerConcurrency: number;
  /** Whether a fake upstream takes Bedrock's place, so that the stage can be put under load; never where anything is protected. */
  benchmark: boolean;
  /** Whether this stack sets the role by which API Gateway writes logs: one per account and region. */
  apiGatewayLogRole: boolean;
}

/** One service account of one cluster. */
export interface Kubernetes {
  kind: 'irsa' | 'pod-identity';
  /** Of the cluster's OpenID provider (IRSA), or of the EKS cluster (Pod Identity). */
  arn: string;
  namespace: string;
  serviceAccount: string;
}

export const DOOR_GROUP: Group<DoorSettings, StageSettings> = {
  told: {
    minTasks: {
      values: '1 to 1000; 2',
      makes: 'tasks that always run',
      costs: 'about $14 a task and month',
      security: 'nothing',
    },
    maxTasks: {
      values: 'to 1000; 10',
      makes: 'nothing idle',
      costs: 'the same for each that runs',
      security: 'a bound for a flood',
    },
    kubernetes: {
      values: 'the ARN of an OpenID provider or an EKS cluster',
      makes: 'the container’s role alone; the pod is yours',
      costs: 'nothing',
      security: 'the one service account may take the container’s role',
    },
    serviceAccount: {
      values: '`<namespace>/<name>`; `tollgate/tollgate`',
      makes: 'nothing',
      costs: 'nothing',
      security: 'which that is',
    },
    broker: {
      values: '`true`, `false` (default)',
      makes: 'a function between invoke and STS ([broker.md](broker.md))',
      costs: 'one more short call of Lambda a new session',
      security: 'what faces callers can assume no role',
    },
    tenantIsolation: {
      values: '`true`, `false` (default)',
      makes: 'an execution environment of invoke for each tenant',
      costs: 'more cold starts',
      security: 'no two tenants share a process',
    },
    throttleRate: {
      values: '1 to 10000 a second; 100',
      makes: 'API Gateway’s limit for the stage',
      costs: 'nothing',
      security: 'a bound for a flood',
    },
    throttleBurst: {
      values: '1 to 5000; 200',
      makes: 'its burst',
      costs: 'nothing',
      security: 'the same',
    },
    usagePlans: {
      values: '`true` (default), `false`',
      makes: 'a usage plan and key for tenants without one of their own ([usage-plans.md](usage-plans.md))',
      costs: 'nothing',
      security: 'API Gateway limits each tenant before any function runs',
    },
    invokeConcurrency: {
      values: '0 to 10000; 0 shares the account’s',
      makes: 'reserved concurrency of invoke',
      costs: 'nothing',
      security: 'a flood of calls takes nothing from the account’s other functions',
    },
    authorizerConcurrency: {
      values: '0 to 10000; 0 shares the account’s',
      makes: 'the same of the authorizer, and of the broker',
      costs: 'nothing',
      security: 'calls that run do not keep others from being decided',
    },
    benchmark: {
      values: '`true`, `false` (default)',
      makes: 'a fake model in Bedrock’s place; with `protect: none` alone',
      costs: 'its calls of Lambda',
      security: 'no call reaches a model',
    },
    apiGatewayLogRole: {
      values: '`true` (default), `false`',
      makes: 'the role by which API Gateway writes logs, one an account and region',
      costs: 'nothing',
      security: 'nothing',
    },
  },
  read(at, base) {
    const settings = {
      ...container(at, base),
      broker: flag(at, 'broker', false),
      tenantIsolation: flag(at, 'tenantIsolation', false),
      ...throttle(at),
      usagePlans: flag(at, 'usagePlans', true),
      invokeConcurrency: whole(at, 'invokeConcurrency', 0, 10_000, 0),
      authorizerConcurrency: whole(at, 'authorizerConcurrency', 0, 10_000, 0),
      benchmark: flag(at, 'benchmark', false),
      apiGatewayLogRole: flag(at, 'apiGatewayLogRole', true),
    };
    // Its callers would have "x x x" for an answer, and a bill for it.
    if (settings.benchmark && base.protect !== 'none')
      throw bad(`${PREFIX}benchmark`, `is for a stage to throw away: it needs ${PREFIX}protect to be none`);
    if (settings.tenantIsolation && base.runtime === 'container')
      throw bad(`${PREFIX}tenantIsolation`, 'is Lambda’s: in a container all tenants share one process');
    return settings;
  },
};

/** Also of a unit that has no more than a usage plan. */
export function throttle(at: At): Pick<DoorSettings, 'throttleRate' | 'throttleBurst'> {
  return {
    throttleRate: whole(at, 'throttleRate', 1, THROTTLE_RATE_MAX, 100),
    throttleBurst: whole(at, 'throttleBurst', 1, THROTTLE_BURST_MAX, 200),
  };
}

/** What there is to say of a container; the rest is not looked at, so that one cdk.json serves several runtimes. */
function container(at: At, base: StageSettings): Pick<DoorSettings, 'minTasks' | 'maxTasks' | 'kubernetes'> {
  const minTasks = whole(at, 'minTasks', 1, 1_000, 2);
  const maxTasks = whole(at, 'maxTasks', 1, 1_000, Math.max(10, minTasks));
  if (maxTasks < minTasks) throw bad(`${PREFIX}maxTasks`, `must be at least minTasks, ${minTasks}`);
  return { minTasks, maxTasks, kubernetes: kubernetesOf(at, base) };
}

function kubernetesOf(at: At, { partition, region, account = '\\d{12}' }: StageSettings): Kubernetes | undefined {
  const cluster = `eks:${region}:${account}:cluster/[A-Za-z0-9][\\w-]{0,99}`;
  const provider = `iam::${account}:oidc-provider/[\\w./-]{1,255}`;
  const arn = optional(
    at,
    'kubernetes',
    new RegExp(`^arn:${partition}:(${cluster}|${provider})$`),
    `must be the ARN of an OpenID provider (IRSA) or of an EKS cluster (Pod Identity) of the account that deploys, partition ${partition}`,
  );
  const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
  const named = optional(at, 'serviceAccount', new RegExp(`^${label}/${label}$`), 'must be <namespace>/<name>');
  if (arn === undefined) return undefined;
  const [namespace = '', serviceAccount = ''] = (named ?? 'tollgate/tollgate').split('/');
  return { kind: arn.includes(':oidc-provider/') ? 'irsa' : 'pod-identity', arn, namespace, serviceAccount };
}
