import { ownVersion } from '../version.ts';
import { type Check, ifThere, type Problem, STAGE, warn, wrong } from './check.ts';

export interface VersionSeen {
  deployed: string | undefined;
  own: string;
  status: string;
}

/** What is deployed, and whether its deployment ended well. */
export const version: Check<VersionSeen> = {
  id: 'version',
  on: STAGE,
  needs: [
    'cloudformation:GetTemplate',
    'cloudformation:DescribeStacks',
    'cloudformation:ListStackResources',
    'cloudformation:DescribeStackResources',
  ],
  async read({ deployed }) {
    const { version, status } = await deployed();
    return { deployed: version, own: ownVersion(), status };
  },
  judge({ deployed, own, status }) {
    const problems: Problem[] = [
      ...(/FAILED$/.test(status)
        ? [wrong(`the stack is ${status}`, 'its events in CloudFormation say why; npx cdk deploy')]
        : []),
      ...(/ROLLBACK_COMPLETE$/.test(status)
        ? [warn(`the last deployment was taken back (${status})`, 'its events in CloudFormation say why')]
        : []),
      ...(deployed === own
        ? []
        : [
            warn(
              `Tollgate ${deployed ?? 'of a version that did not say so yet'} is deployed, and this command is ${own}`,
              'deploy with this version, or use the command of the other',
            ),
          ]),
    ];
    return { ok: `Tollgate ${deployed}, ${status}`, problems };
  },
};

/** Of DescribeServices (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html). */
interface Service {
  serviceName?: string;
  status?: string;
  desiredCount?: number;
  runningCount?: number;
  pendingCount?: number;
  deployments?: { status?: string; rolloutState?: string; rolloutStateReason?: string; failedTasks?: number }[];
  events?: { message?: string }[];
}

export interface ServicesSeen {
  services: { id: string; found: Service | undefined }[];
}

export const tasks: Check<ServicesSeen> = {
  id: 'tasks',
  on: STAGE,
  needs: ['cloudformation:GetTemplate', 'ecs:DescribeServices'],
  async read({ deployed, ask }) {
    const all = (await deployed()).of('AWS::ECS::Service');
    if (all.length === 0) return undefined;
    return {
      services: await Promise.all(
        all.map(async ({ id, properties }) => {
          const said = await ifThere(ask('ecs', 'DescribeServices', { cluster: properties.Cluster, services: [id] }));
          return { id, found: said?.services?.[0] as Service | undefined };
        }),
      ),
    };
  },
  judge({ services }) {
    const problems = services.flatMap(({ id, found }): Problem[] => {
      if (found === undefined || found.status === 'INACTIVE')
        return [wrong(`the service ${id} is gone`, 'npx cdk deploy --revert-drift')];
      const { desiredCount = 0, runningCount = 0, deployments = [], events = [], serviceName } = found;
      const failed = deployments.find(({ rolloutState }) => rolloutState === 'FAILED');
      const said = events[0]?.message ?? '';
      const why = `aws ecs describe-services says: ${said}`;
      return [
        ...(runningCount === 0 && desiredCount > 0
          ? [wrong(`${serviceName}: no task runs, and ${desiredCount} should`, why)]
          : []),
        ...(runningCount > 0 && runningCount < desiredCount
          ? [warn(`${serviceName}: ${runningCount} tasks run of ${desiredCount}`, why)]
          : []),
        ...(desiredCount === 0
          ? [wrong(`${serviceName}: nothing is to run`, 'aws ecs update-service --desired-count')]
          : []),
        ...(failed === undefined
          ? []
          : [wrong(`${serviceName}: a deployment failed: ${failed.rolloutStateReason ?? ''}`, why)]),
      ];
    });
    return {
      ok: services
        .map(({ found }) => `${found?.serviceName}: ${found?.runningCount} of ${found?.desiredCount} tasks`)
        .join('; '),
      problems,
    };
  },
};
