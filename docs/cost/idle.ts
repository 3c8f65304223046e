import { PRICES, type Priced } from './prices.ts';

/** A resource of a template. */
export interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
}
type Template = Readonly<Record<string, Resource>>;

/** How many of each thing that is paid for by the month, whether anybody calls or not. */
type Counts = Partial<Record<Priced, number>>;

/** What one resource is there for on the bill. @param all of its template, where others say how often it is there */
type Counted = (properties: Record<string, unknown>, all: Template) => Counts;

/** @returns of lists and single values the number; of what a template leaves open, one */
const lengthOf = (value: unknown, otherwise = 1): number => (Array.isArray(value) ? value.length : otherwise);

const firstOf = (all: Template, type: string): Record<string, unknown> =>
  Object.values(all).find(({ Type }) => Type === type)?.Properties ?? {};

/** Types that cost by the month. */
const BY_THE_MONTH: Readonly<Record<string, Counted>> = {
  'AWS::CloudWatch::Alarm': (alarm) => {
    const asked = (alarm.Metrics ?? [{ MetricStat: {} }]) as { MetricStat?: object; Expression?: string }[];
    const found = asked.filter(({ MetricStat }) => MetricStat !== undefined).length;
    // A query finds the one metric that its condition is about.
    return found > 0 ? { 'alarm metric': found } : { 'queried alarm metric': asked.length };
  },
  'AWS::CloudWatch::Dashboard': ({ DashboardBody }) => ({
    [isLarge(DashboardBody) ? 'large dashboard' : 'dashboard']: 1,
  }),
  'AWS::SecretsManager::Secret': () => ({ secret: 1 }),
  'AWS::KMS::Key': () => ({ 'KMS key': 1 }),
  'AWS::EC2::NatGateway': () => ({ 'NAT gateway': 1 }),
  'AWS::EC2::EIP': () => ({ 'public address': 1 }),
  'AWS::EC2::VPCEndpoint': ({ VpcEndpointType, SubnetIds }) =>
    VpcEndpointType === 'Interface' ? { 'interface endpoint in a zone': lengthOf(SubnetIds, ZONES) } : {},
  'AWS::ElasticLoadBalancingV2::LoadBalancer': ({ Scheme, Subnets }) => ({
    'load balancer': 1,
    ...(Scheme === 'internal' ? {} : { 'public address': lengthOf(Subnets, ZONES) }),
  }),
  'AWS::ECS::Service': ({ NetworkConfiguration }, all) => {
    const tasks = Number(firstOf(all, 'AWS::ApplicationAutoScaling::ScalableTarget').MinCapacity ?? 1);
    const { Cpu = 1_024, Memory = 2_048 } = firstOf(all, 'AWS::ECS::TaskDefinition');
    const open = JSON.stringify(NetworkConfiguration ?? {}).includes('"AssignPublicIp":"ENABLED"');
    return {
      'Fargate core': (tasks * Number(Cpu)) / 1_024,
      'Fargate GB': (tasks * Number(Memory)) / 1_024,
      ...(open ? { 'public address': tasks } : {}),
    };
  },
  'AWS::WAFv2::WebACL': ({ Rules }) => ({ 'web ACL': 1, 'rule of a web ACL': lengthOf(Rules, 0) }),
  'AWS::Route53::HostedZone': () => ({ 'hosted zone': 1 }),
};

/** Zones of the networks that the stack makes. */
const ZONES = 2;

/** Of an account, each month; the first stage in it has them. */
const FREE: Counts = { 'alarm metric': 10, dashboard: 3 };

/** Of the metrics that a dashboard names for nothing; what a search finds is not named, so that a search is taken as one (?). */
const DASHBOARD_METRICS = 50;

function isLarge(body: unknown): boolean {
  const { widgets } = JSON.parse(textOf(body)) as { widgets: { properties: { metrics?: unknown[][] } }[] };
  const lines = widgets.flatMap(({ properties }) => properties.metrics ?? []);
  const named = lines.flatMap((line) => {
    const { expression } = line.at(-1) as { expression?: string };
    return expression === undefined
      ? [JSON.stringify(line.slice(0, -1))]
      : /SEARCH\(/.test(expression)
        ? [expression]
        : [];
  });
  return new Set(named).size > DASHBOARD_METRICS;
}

/** What a template joins, each reference as something that has no quotes. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const [separator, parts] = (value as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join'] ?? ['', []];
  if (parts.length > 0) return parts.map(textOf).join(separator);
  return JSON.stringify(value).replaceAll('"', '');
}

/** Types of which nothing is paid while nobody calls: by the request, by what they hold, or not at all. */
const FREE_WHILE_IDLE: ReadonlySet<string> = new Set(
  [
    'ApiGateway: Account ApiKey Authorizer BasePathMapping BasePathMappingV2 Deployment DomainName DomainNameAccessAssociation DomainNameV2 GatewayResponse Method Model RequestValidator Resource RestApi Stage UsagePlan UsagePlanKey VpcLink',
    'ApplicationAutoScaling: ScalableTarget ScalingPolicy',
    'Athena: NamedQuery WorkGroup',
    'Bedrock: ModelInvocationLoggingConfiguration',
    'Budgets: Budget',
    'CertificateManager: Certificate',
    'CloudTrail: Trail',
    // To 10,000 people a month; a domain of one's own costs nothing either.
    'Cognito: UserPool UserPoolClient UserPoolDomain UserPoolGroup UserPoolIdentityProvider UserPoolResourceServer UserPoolUICustomizationAttachment ManagedLoginBranding',
    'DynamoDB: Table',
    'EC2: FlowLog InternetGateway Route RouteTable SecurityGroup SecurityGroupEgress SecurityGroupIngress Subnet SubnetRouteTableAssociation VPC VPCGatewayAttachment VPCCidrBlock',
    'ECS: Cluster TaskDefinition',
    'EKS: PodIdentityAssociation',
    'ElasticLoadBalancingV2: Listener ListenerRule TargetGroup',
    'Events: EventBus EventBusPolicy Rule',
    'Glue: Database Table',
    'IAM: ManagedPolicy OIDCProvider Policy Role',
    'KMS: Alias',
    'KinesisFirehose: DeliveryStream',
    'Lambda: EventInvokeConfig EventSourceMapping Function LayerVersion Permission Url',
    'Logs: LogGroup LogStream MetricFilter ResourcePolicy SubscriptionFilter QueryDefinition Delivery DeliveryDestination DeliverySource',
    'Route53: RecordSet RecordSetGroup',
    'S3: Bucket BucketPolicy',
    'SNS: Subscription Topic TopicPolicy',
    'SQS: Queue QueuePolicy',
    'SSM: Parameter',
    'Scheduler: Schedule ScheduleGroup',
    'SecretsManager: ResourcePolicy RotationSchedule',
    'WAFv2: IPSet LoggingConfiguration RegexPatternSet WebACLAssociation',
    'XRay: Group SamplingRule ResourcePolicy',
    'CloudFormation: CustomResource WaitConditionHandle',
  ].flatMap((line) => {
    const [service = '', names = ''] = line.split(': ');
    return names.split(' ').map((name) => `AWS::${service}::${name}`);
  }),
);

/** What the hourly run asks of AWS though there is nothing to aggregate, in a month: its Lambda time is within what is free. */
const HOURLY_RUN: Counts = {
  // Five sums of CloudWatch, compared with the ledger's.
  'GetMetricData metric': (730 * 5) / 1e6,
  // What it lists, and where it stands.
  'S3 write': (730 * 8) / 1e6,
  'S3 read': (730 * 8) / 1e6,
};

export interface IdleLine {
  what: string;
  count: number;
  /** Of them, what the account is not charged for. */
  free: number;
  usd: number;
}

/**
 * What the stage costs a month in which nobody calls, as an account's first and only one.
 *
 * @throws Error for a type of resource of which nobody has said what it costs
 */
export function idleLines(all: Template): IdleLine[] {
  const counts = new Map<Priced, number>();
  const add = (more: Counts) => {
    for (const [what, count] of Object.entries(more) as [Priced, number][])
      counts.set(what, (counts.get(what) ?? 0) + count);
  };
  for (const { Type, Properties = {} } of Object.values(all)) {
    const counted = BY_THE_MONTH[Type];
    if (counted !== undefined) add(counted(Properties, all));
    else if (!FREE_WHILE_IDLE.has(Type) && !Type.startsWith('Custom::'))
      throw new Error(`docs/cost/idle.ts does not say what ${Type} costs while nobody calls`);
  }
  add(HOURLY_RUN);
  return [...counts].map(([what, count]) => {
    const free = Math.min(count, FREE[what] ?? 0);
    return { what, count, free, usd: (count - free) * PRICES[what].usd };
  });
}

export function idleCost(all: Template): number {
  return idleLines(all).reduce((sum, { usd }) => sum + usd, 0);
}
