import { Aws } from 'aws-cdk-lib';
import { namespaceOf } from '../contract/log.ts';
import { roleName, stageName } from '../contract/names.ts';
import type { FunctionName } from '../policies/roles.ts';
import type { InfraSettings } from './settings/index.ts';

/** What writes it; `invocation-logging` sets Bedrock's own logging, and `invocations` is what that may write. */
type LogGroupName = FunctionName | 'access' | 'delivery' | 'network' | 'invocation-logging' | 'invocations';

/**
 * Every name that something outside the stack must know: the command line finds a stage by them. ARNs are built from the
 * names, so that roles can name each other without depending on each other.
 */
export class Names {
  readonly account: string;
  readonly #settings: InfraSettings;

  constructor(settings: InfraSettings) {
    this.#settings = settings;
    this.account = settings.account ?? Aws.ACCOUNT_ID;
  }

  /** `tollgate-<stage>-<what>` */
  of(what: string): string {
    return stageName(this.#settings.stage, what);
  }

  /** Of the stage's own metrics. */
  get namespace(): string {
    return namespaceOf(this.#settings.stage);
  }

  /** Of a role of this stage: roles, and dashboards too, belong to the account and to no region. */
  role(what: string): string {
    return roleName(this.#settings.stage, what, this.#settings.region);
  }

  get bucket(): string {
    return `${this.of('usage')}-${this.account}-${this.#settings.region}`;
  }

  /** Of the bucket that Athena's answers go to. */
  get answersBucket(): string {
    return `${this.of('query')}-${this.account}-${this.#settings.region}`;
  }

  /** Of the Glue catalogue, whose names are in lower case and without a hyphen. */
  get database(): string {
    return `tollgate_${this.#settings.stage.replaceAll('-', '_')}`;
  }

  get bucketArn(): string {
    return `arn:${this.#settings.partition}:s3:::${this.bucket}`;
  }

  get tableArn(): string {
    return this.#regional('dynamodb', `table/${this.of('registry')}`);
  }

  get countersTableArn(): string {
    return this.#regional('dynamodb', `table/${this.of('counters')}`);
  }

  get answersTableArn(): string {
    return this.#regional('dynamodb', `table/${this.of('answers')}`);
  }

  /** Of the bus that is told of budgets; it is the account's, not this stack's. */
  get eventBusArn(): string {
    return this.#regional('events', `event-bus/${this.#settings.eventBus}`);
  }

  /** What alerts may be sent to: topics of the stage’s name; and where what could not be delivered is kept. */
  get alerts(): { topicArn: string; failuresArn: string } | undefined {
    if (!this.#settings.alerts) return undefined;
    return {
      topicArn: this.#regional('sns', this.of('*')),
      failuresArn: this.#regional('sqs', this.of('schedule-failures')),
    };
  }

  /** Of the secret with the key that contexts are sealed with. */
  get contextKey(): string {
    return this.of('context-key');
  }

  /** Secrets Manager adds a hyphen and six characters to the name. */
  get contextKeyArn(): string {
    return this.#regional('secretsmanager', `secret:${this.contextKey}-??????`);
  }

  /** Of the secret that keys of the gateway are hashed with. */
  get keysSecret(): string {
    return this.of('keys-secret');
  }

  /** Of their table and that secret; undefined where the stage has no keys. */
  get keys(): { tableArn: string; secretArn: string } | undefined {
    if (this.#settings.keyMaxDays === undefined) return undefined;
    return {
      tableArn: this.#regional('dynamodb', `table/${this.of('keys')}`),
      secretArn: this.#regional('secretsmanager', `secret:${this.keysSecret}-??????`),
    };
  }

  /** Of the roles that may read it. */
  get contextKeyReaders(): string[] {
    return [...(this.#settings.admin ? ['admin'] : []), 'authorizer', 'invoke'].map((name) => this.#roleArn(name));
  }

  get invokerRoleArn(): string {
    return this.#roleArn('invoker');
  }

  /** Of what may assume the invoker role: what makes calls, or the broker alone. */
  get trustedRoleArn(): string | string[] {
    const { broker, runtime } = this.#settings;
    const callers = [...(runtime === 'container' ? [] : ['invoke']), ...(runtime === 'lambda' ? [] : ['container'])];
    const [first = '', ...others] = (broker ? ['broker'] : callers).map((name) => this.#roleArn(name));
    // IAM gives a list of one back as text.
    return others.length === 0 ? first : [first, ...others];
  }

  /** Lambda cannot change the isolation of a function that is there, so with it there is another one. */
  functionName(name: FunctionName): string {
    return this.of(name === 'invoke' && this.#settings.tenantIsolation ? 'invoke-per-tenant' : name);
  }

  functionArn(name: FunctionName): string {
    return this.#regional('lambda', `function:${this.functionName(name)}`);
  }

  /** Of the broker function; undefined without one. */
  get brokerArn(): string | undefined {
    return this.#settings.broker ? this.functionArn('broker') : undefined;
  }

  logGroup(name: LogGroupName): string {
    return `/tollgate/${this.#settings.stage}/${name}`;
  }

  logGroupArn(name: LogGroupName): string {
    return this.#regional('logs', `log-group:${this.logGroup(name)}`);
  }

  /** Of the stream that usage lines are delivered by. */
  get deliveryArn(): string {
    return this.#regional('firehose', `deliverystream/${this.of('usage')}`);
  }

  /** Of the trail that CloudTrail keeps of the stage. */
  get trailArn(): string {
    return this.#regional('cloudtrail', `trail/${this.of('trail')}`);
  }

  get answersBucketArn(): string {
    return `arn:${this.#settings.partition}:s3:::${this.answersBucket}`;
  }

  /** What the sessions of a role's begin with, as CloudTrail has them. */
  sessionsOf(what: string): string {
    return `arn:${this.#settings.partition}:sts::${this.account}:assumed-role/${this.role(what)}/`;
  }

  /** Everything that CloudWatch Logs has in this account and region. */
  get logsArn(): string {
    return this.#regional('logs', '*');
  }

  #roleArn(what: string): string {
    return `arn:${this.#settings.partition}:iam::${this.account}:role/${this.role(what)}`;
  }

  #regional(service: string, resource: string): string {
    return `arn:${this.#settings.partition}:${service}:${this.#settings.region}:${this.account}:${resource}`;
  }
}
