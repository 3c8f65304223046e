import { Fn } from 'aws-cdk-lib';
import { FlowLogDestination, FlowLogTrafficType, type IVpc, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { S3_CREATE_DEFAULT_LOGGING_POLICY } from 'aws-cdk-lib/cx-api';
import { Construct } from 'constructs';

/** Zones. A load balancer needs two, and every region has them. */
const ZONES = 2;

/**
 * The smallest network that a service can run in: a public subnet in each of two zones. Tasks have public addresses, because
 * they call AWS and identity providers, and a NAT gateway a zone would cost more than the tasks; what reaches them is their
 * security group's to say.
 */
export class PublicNetwork extends Construct {
  readonly vpc: IVpc;

  /** @param flowLogs where it is written down who talked to whom */
  constructor(scope: Construct, id: string, flowLogs: IBucket) {
    super(scope, id);
    // Else the bucket's policy would be changed behind CloudFormation's back, by whoever deploys.
    this.node.setContext(S3_CREATE_DEFAULT_LOGGING_POLICY, true);
    const vpc = new Vpc(this, 'Vpc', {
      availabilityZones: zones(),
      natGateways: 0,
      subnetConfiguration: [{ name: 'public', subnetType: SubnetType.PUBLIC }],
    });
    vpc.addFlowLog('FlowLogs', {
      destination: FlowLogDestination.toS3(flowLogs, 'network'),
      trafficType: FlowLogTrafficType.ALL,
    });
    // CDK's classes are not written for exactOptionalPropertyTypes; its own Vpc is an IVpc all the same.
    this.vpc = vpc as IVpc;
  }
}

/** The region's first two, as CloudFormation finds them: CDK would ask the account while the template is made. */
export function zones(): string[] {
  return Array.from({ length: ZONES }, (_, index) => Fn.select(index, Fn.getAzs()));
}
