import { Aspects, CfnResource, type IAspect, Lazy, type Stack } from 'aws-cdk-lib';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnAlias, CfnKey } from 'aws-cdk-lib/aws-kms';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { Construct, type IConstruct } from 'constructs';
import { documentOf } from '../../policies/document.ts';
import type { Names } from '../names.ts';
import { removalOfData } from '../removal.ts';
import type { InfraSettings } from '../settings/index.ts';
import { ASKED_BY, type KeyStatement, keyUsePolicy } from './key-policy.ts';
import { UNDER_KEY } from './resources.ts';

/** For as long as a key that was given up can be had back, and with it what is under it: the most that KMS takes. */
const PENDING_DAYS = 30;

/** Where a template says what an existing key's policy must hold: a reviewer reads it there before anything is deployed. */
export const KEY_POLICY_METADATA = 'TollgateKeyPolicy';

type Properties = Readonly<Record<string, unknown>>;

/**
 * The one key that all of a stack's data is under, made here or given. It is an aspect: each resource is looked at as it is,
 * so none is forgotten, and the key's policy says who uses it as far as the stack has any.
 */
export class StageKey extends Construct implements IAspect {
  readonly #stack: Stack;
  readonly #settings: InfraSettings;
  readonly #names: Names;
  readonly #more: readonly KeyStatement[];
  readonly #keyArn: string;
  readonly #callers = new Map<string, string[]>(Object.keys(ASKED_BY).map((service) => [service, []]));
  readonly #functionRoles: string[] = [];
  readonly #found: Record<'function' | 'logGroup' | 'topic' | 'trail', string[]> = {
    function: [],
    logGroup: [],
    topic: [],
    trail: [],
  };
  /** Logical ids of buckets that logs are delivered to by who cannot use a key of KMS. */
  readonly #plain = new Set<string>();

  /**
   * @param key the ARN of an existing one, or `create`
   * @param more what else its policy allows, of what is in no resource of the stack
   */
  constructor(
    stack: Stack,
    id: string,
    settings: InfraSettings,
    names: Names,
    key: string,
    more: readonly KeyStatement[] = [],
  ) {
    super(stack, id);
    this.#stack = stack;
    this.#settings = settings;
    this.#names = names;
    this.#more = more;
    this.#keyArn = key === 'create' ? this.#made() : key;
    if (key !== 'create')
      stack.addMetadata(KEY_POLICY_METADATA, Lazy.any({ produce: () => documentOf([...this.#uses(), ...this.#more]) }));
    Aspects.of(stack).add(this);
  }

  #made(): string {
    const account: KeyStatement = {
      Sid: 'Account',
      Effect: 'Allow',
      Principal: { AWS: `arn:${this.#settings.partition}:iam::${this.#names.account}:root` },
      Action: ['kms:*'],
      Resource: '*',
    };
    const key = new CfnKey(this, 'Key', {
      description: `Tollgate, stage ${this.#settings.stage}: what the stage keeps is under it`,
      enableKeyRotation: true,
      pendingWindowInDays: PENDING_DAYS,
      keyPolicy: Lazy.any({ produce: () => documentOf([account, ...this.#uses(), ...this.#more]) }),
    });
    key.applyRemovalPolicy(removalOfData(this.#settings));
    // It is taken away with the option, and free for the next key; what is under a key knows it by its ARN.
    new CfnAlias(this, 'Alias', { aliasName: `alias/${this.#stack.stackName}`, targetKeyId: key.ref });
    return key.attrArn;
  }

  visit(node: IConstruct): void {
    if (!CfnResource.isCfnResource(node)) return;
    const type = node.cfnResourceType;
    if (node instanceof CfnRole) this.#note(node);
    const given = (name: string): unknown => this.#stack.resolve((node as unknown as Properties)[name]);
    if (type === 'AWS::Logs::LogGroup') this.#found.logGroup.push(nameOf(node, given('logGroupName')));
    if (type === 'AWS::SNS::Topic') this.#found.topic.push(nameOf(node, given('topicName')));
    if (type === 'AWS::CloudTrail::Trail') this.#found.trail.push(nameOf(node, given('trailName')));
    if (type === 'AWS::S3::Bucket')
      this.#notePlain((given('loggingConfiguration') as Properties)?.destinationBucketName);
    if (type === 'AWS::ElasticLoadBalancingV2::LoadBalancer')
      for (const { key, value } of (given('loadBalancerAttributes') ?? []) as Properties[])
        if (key === 'access_logs.s3.bucket') this.#notePlain(value);
    if (type === 'AWS::Lambda::Function') {
      // What CDK makes for itself has no environment, and a role without a name.
      if (given('environment') === undefined) return;
      this.#found.function.push(nameOf(node, given('functionName')));
    }
    UNDER_KEY[type]?.(node, this.#keyArn, () => this.#plain.has(this.#stack.resolve(node.logicalId)));
  }

  /** Neither S3's own access logs nor a load balancer's are written to a bucket that is under a key of KMS. */
  #notePlain(bucket: unknown): void {
    const { Ref: id } = (bucket ?? {}) as { Ref?: string };
    if (id !== undefined) this.#plain.add(id);
  }

  #note(role: CfnRole): void {
    const policies = JSON.stringify(this.#stack.resolve(role.policies) ?? []);
    const services = Object.keys(ASKED_BY).filter((service) => policies.includes(`"${service}:`));
    const isFunctions = JSON.stringify(this.#stack.resolve(role.assumeRolePolicyDocument)).includes(
      '"lambda.amazonaws.com"',
    );
    const name = this.#stack.resolve(role.roleName);
    if (name === undefined && services.length === 0) return;
    const arn = `arn:${this.#settings.partition}:iam::${this.#names.account}:role/${nameOf(role, name)}`;
    for (const service of services) this.#callers.get(service)?.push(arn);
    if (isFunctions) this.#functionRoles.push(arn);
  }

  #uses(): KeyStatement[] {
    const { partition, region, stage, alerts } = this.#settings;
    const { account } = this.#names;
    const arns = (service: string, names: readonly string[]): string[] =>
      [...new Set(names)].sort().map((name) => `arn:${partition}:${service}:${region}:${account}:${name}`);
    // Those of a stage have their names below one; what has a name of its own, such as a firewall's, is added.
    const own = `/tollgate/${stage}/`;
    const groups = this.#found.logGroup.map((name) => `log-group:${name.startsWith(own) ? `${own}*` : name}`);
    return keyUsePolicy({
      ...{ partition, region, account },
      suffix: RegionInfo.get(region).domainSuffix ?? 'amazonaws.com',
      callers: this.#callers,
      functions: {
        roleArns: this.#functionRoles,
        arns: arns(
          'lambda',
          this.#found.function.map((name) => `function:${name}`),
        ),
      },
      logGroupArns: arns('logs', groups),
      topicArns: arns('sns', this.#found.topic),
      queueArns: alerts ? arns('sqs', [this.#names.of('schedule-failures')]) : [],
      trailArns: arns(
        'cloudtrail',
        this.#found.trail.map((name) => `trail/${name}`),
      ),
    });
  }
}

/** What uses a key must be known before it is there: a generated name would be known too late. */
function nameOf(node: IConstruct, name: unknown): string {
  if (typeof name === 'string') return name;
  throw new Error(`${node.node.path} needs a name of its own: the stage's key names who may use it`);
}
