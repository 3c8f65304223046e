import { Annotations, Fn, RemovalPolicy } from 'aws-cdk-lib';
import {
  type AllocateCidrRequest,
  FlowLog,
  FlowLogDestination,
  FlowLogResourceType,
  FlowLogTrafficType,
  type IIpAddresses,
  type ISubnet,
  type IVpc,
  Subnet,
  type SubnetIpamOptions,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Role } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { acknowledge } from '../nag.ts';
import type { Names } from '../names.ts';
import { serviceRole } from '../service-role.ts';
import type { GivenVpc, InfraSettings, MadeVpc } from '../settings/index.ts';
import { type Cidr, parseCidr, partOf } from './cidr.ts';

/** A VPC and the subnets that the stage uses of it. */
export interface Place {
  vpc: IVpc;
  subnets: ISubnet[];
  /** What endpoints that are routes are put into. */
  routeTables: string[];
}

/** A VPC with private subnets, one a zone. A public one beside each is there where a NAT gateway is to be in one, and its addresses are kept free where none is. */
export function makeVpc(scope: Construct, { cidr, zones, nat }: MadeVpc): Place {
  const vpc = new Vpc(scope, 'Vpc', {
    ipAddresses: new Quarters(parseCidr(cidr) as Cidr),
    // The region's first ones, as CloudFormation finds them: CDK would ask the account while the template is made.
    availabilityZones:
      typeof zones === 'number' ? Array.from({ length: zones }, (_, i) => Fn.select(i, Fn.getAzs())) : [...zones],
    natGateways: nat,
    subnetConfiguration: [
      ...(nat > 0 ? [{ name: 'public', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false }] : []),
      { name: 'private', subnetType: nat > 0 ? SubnetType.PRIVATE_WITH_EGRESS : SubnetType.PRIVATE_ISOLATED },
    ],
  });
  if (typeof zones !== 'number')
    acknowledge(
      vpc,
      'CloudFormation-Validate::W3010',
      'Which zones is what the settings say: not every zone has every endpoint.',
    );
  const subnets = nat > 0 ? vpc.privateSubnets : vpc.isolatedSubnets;
  return { vpc: vpc as IVpc, subnets, routeTables: subnets.map(({ routeTable }) => routeTable.routeTableId) };
}

/** One that is there, by what is told of it: nothing is looked up. */
export function givenVpc(scope: Construct, { id, subnets, routeTables }: GivenVpc): Place {
  return {
    vpc: Vpc.fromVpcAttributes(scope, 'Vpc', {
      vpcId: id,
      availabilityZones: subnets.map((_, i) => Fn.select(i, Fn.getAzs())),
    }),
    subnets: subnets.map((subnetId, index) => {
      const subnet = Subnet.fromSubnetAttributes(scope, `Subnet${index + 1}`, { subnetId });
      // Whose routes are which subnet's is asked by nothing here.
      Annotations.of(subnet).acknowledgeWarning('@aws-cdk/aws-ec2:noSubnetRouteTableId');
      return subnet;
    }),
    routeTables: [...routeTables],
  };
}

/**
 * A quarter of the network for the private subnet of each zone, and the last quarter for public ones, a quarter of it each. Which
 * part is whose hangs on nothing else, so another zone or a NAT gateway that comes later moves no subnet: a moved one is another.
 */
class Quarters implements IIpAddresses {
  readonly #cidr: Cidr;

  constructor(cidr: Cidr) {
    this.#cidr = cidr;
  }

  allocateVpcCidr() {
    return { cidrBlock: partOf(this.#cidr, this.#cidr.bits, 0) };
  }

  allocateSubnetsCidr({ requestedSubnets }: AllocateCidrRequest): SubnetIpamOptions {
    const { bits } = this.#cidr;
    const next = { private: 0, public: 3 * 4 };
    const allocatedSubnets = requestedSubnets.map(({ configuration: { subnetType } }) => ({
      cidr:
        subnetType === SubnetType.PUBLIC
          ? partOf(this.#cidr, bits + 4, next.public++)
          : partOf(this.#cidr, bits + 2, next.private++),
    }));
    return { allocatedSubnets };
  }
}

/** Who talked to whom in the network, written down where the settings say. */
export function recordFlows(
  scope: Construct,
  { vpc }: Place,
  { settings, names, bucket }: { settings: InfraSettings; names: Names; bucket: IBucket },
): void {
  const { flowLogs = 'none' } = settings.network ?? {};
  if (flowLogs === 'none') {
    if (vpc instanceof Vpc)
      acknowledge(vpc, 'AwsSolutions-VPC7', 'tollgate:network says that flows are not recorded here.');
    return;
  }
  new FlowLog(scope, 'FlowLogs', {
    resourceType: FlowLogResourceType.fromVpc(vpc),
    trafficType: FlowLogTrafficType.ALL,
    destination: flowLogs === 's3' ? FlowLogDestination.toS3(bucket, 'network') : toCloudWatch(scope, settings, names),
  });
}

function toCloudWatch(scope: Construct, settings: InfraSettings, names: Names): FlowLogDestination {
  const logGroup = new LogGroup(scope, 'Flows', {
    logGroupName: names.logGroup('network'),
    retention: settings.logRetentionDays,
    // One that stayed would be in the way of turning this on again; what must stay goes to S3.
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const { attrArn } = serviceRole(scope, 'FlowRole', names, {
    ...{ name: 'flows', service: 'vpc-flow-logs' },
    condition: { StringEquals: { 'aws:SourceAccount': names.account } },
    statements: [
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
        Resource: [logGroup.logGroupArn],
      },
    ],
  });
  return FlowLogDestination.toCloudWatchLogs(logGroup, Role.fromRoleArn(scope, 'Flower', attrArn, { mutable: false }));
}
