import { Annotations, CfnOutput, Stack } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { IPeer, ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { CfnService } from 'aws-cdk-lib/aws-ecs';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { S3_CREATE_DEFAULT_LOGGING_POLICY } from 'aws-cdk-lib/cx-api';
import { Construct } from 'constructs';
import { documentOf } from '../../policies/document.ts';
import { acknowledgeWildcards } from '../nag.ts';
import type { Names } from '../names.ts';
import type { InfraSettings, NetworkSettings } from '../settings/index.ts';
import { apiCalls } from './endpoint-policy.ts';
import { addEndpoints, policiesOf } from './endpoints.ts';
import { callersOf, closeGroups, endpointsGroup, innerGroups } from './groups.ts';
import { interfacesPolicy } from './interfaces.ts';
import { makePrivate } from './private-api.ts';
import { type Inside, rolesInside } from './roles-inside.ts';
import type { Service } from './services.ts';
import { givenVpc, makeVpc, type Place, recordFlows } from './vpc.ts';

/** Where a container runs. */
export interface ContainerNetwork {
  vpc: IVpc;
  subnets: SubnetSelection;
  /** Who may call. */
  callers: IPeer[];
  environment: Record<string, string>;
}

/**
 * The private network of a stage: a VPC that is made or one that is there, and in it every function, the container, and endpoints of
 * exactly the AWS services that these speak to.
 */
export class StageNetwork extends Construct {
  readonly container: ContainerNetwork;
  readonly #place: Place;
  readonly #groups: ISecurityGroup[];
  readonly #network: NetworkSettings;
  readonly #settings: InfraSettings;
  readonly #names: Names;

  /** @param bucket of access logs */
  constructor(
    scope: Construct,
    id: string,
    {
      settings,
      names,
      network,
      bucket,
    }: { settings: InfraSettings; names: Names; network: NetworkSettings; bucket: IBucket },
  ) {
    super(scope, id);
    // Else the bucket's policy would be changed behind CloudFormation's back, by whoever deploys.
    this.node.setContext(S3_CREATE_DEFAULT_LOGGING_POLICY, true);
    this.#network = network;
    this.#settings = settings;
    this.#names = names;
    this.#place = 'id' in network.vpc ? givenVpc(this, network.vpc) : makeVpc(this, network.vpc);
    const { vpc, subnets } = this.#place;
    recordFlows(this, this.#place, { settings, names, bucket });
    this.#groups = innerGroups(this, vpc, network);
    this.container = {
      vpc,
      subnets: { subnets },
      callers: callersOf(this, network),
      environment: environmentOf(network),
    };
    for (const [index, text] of network.unreached.entries())
      Annotations.of(this).addWarningV2(`tollgate:network-unreached-${index}`, text);
    if (settings.alerts && !network.wayOut)
      Annotations.of(this).addWarningV2(
        'tollgate:network-webhooks',
        'tollgate:alerts reaches topics of SNS, and no webhook: nothing leads out of tollgate:network.',
      );
  }

  /** Takes in all that the stack has by now, so it comes last. @param api made private where the settings say so */
  enclose(api?: RestApi): void {
    const stack = Stack.of(this);
    const inside = rolesInside(stack);
    const endpoint = this.#addEndpoints(stack, inside, api !== undefined).get('execute-api');
    this.#addFunctions(stack, inside);
    closeGroups(stack);
    if (api === undefined || !this.#network.privateApi) return;
    makePrivate(api, this.#network, endpoint);
    if (endpoint === undefined) return;
    const { region, stage } = this.#settings;
    const host = `${api.restApiId}-${endpoint}.execute-api.${region}.${stack.urlSuffix}`;
    new CfnOutput(stack, 'PrivateUrl', { value: `https://${host}/${stage}/` });
  }

  #addEndpoints(stack: Stack, inside: readonly Inside[], hasApi: boolean): Map<Service, string> {
    const { partition, region, stage, domain } = this.#settings;
    const where = { partition, region, account: this.#names.account };
    const policies = policiesOf(stack, inside, where);
    if (hasApi && this.#network.privateApi)
      policies.set('execute-api', documentOf([apiCalls({ ...where, stage, domainName: domain?.name })]));
    for (const service of this.#network.endpoints) policies.delete(service);
    const { vpc, callers } = this.container;
    const group = endpointsGroup(this, vpc, { inner: this.#groups, callers, network: this.#network });
    return addEndpoints(this, this.#place, { policies, groupId: group.securityGroupId });
  }

  #addFunctions(stack: Stack, inside: readonly Inside[]): void {
    const { partition, region } = this.#settings;
    const subnets = 'id' in this.#network.vpc ? this.#network.vpc.subnets : [];
    const makes = interfacesPolicy({ partition, region, account: this.#names.account, subnets });
    for (const { role, by } of inside) {
      if (by !== 'function') continue;
      role.policies = [...stack.resolve(role.policies ?? []), { policyName: 'network', policyDocument: makes }];
      acknowledgeWildcards(
        role,
        makes,
        'Lambda makes the interfaces of its functions, whose ids are not known before.',
      );
    }
    const groups = this.#groups.map(({ securityGroupId }) => securityGroupId);
    for (const one of stack.node.findAll()) {
      if (one instanceof CfnService) {
        one.node.addDependency(this);
        // Beside the tasks' own, which the load balancer's rules are for.
        for (const [index, group] of groups.entries())
          one.addPropertyOverride(`NetworkConfiguration.AwsvpcConfiguration.SecurityGroups.${index + 1}`, group);
      }
      // CDK's own, which empties buckets as a stack goes, is none of these: it would wait for the network that is about to go.
      if (!(one instanceof CfnFunction)) continue;
      one.vpcConfig = { subnetIds: this.#place.subnets.map(({ subnetId }) => subnetId), securityGroupIds: groups };
      // Secrets Manager tries the function that makes keys new as soon as it is there.
      one.node.addDependency(this);
      // Nobody else fetches anything but from AWS.
      if (JSON.stringify(stack.resolve(one.environment) ?? {}).includes('"TOLLGATE_ISSUERS"'))
        for (const [name, value] of Object.entries(this.container.environment))
          one.addPropertyOverride(`Environment.Variables.${name}`, value);
    }
  }
}

/** What Node's own fetch goes by, and no client of AWS (https://nodejs.org/api/cli.html#node_use_env_proxy1). */
function environmentOf({ proxy, reachable }: NetworkSettings): Record<string, string> {
  if (proxy === undefined) return {};
  return {
    NODE_USE_ENV_PROXY: '1',
    HTTPS_PROXY: proxy.url,
    ...(reachable.length === 0 ? {} : { NO_PROXY: reachable.join() }),
  };
}
