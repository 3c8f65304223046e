import { Aspects, CfnResource, type IAspect, Stack } from 'aws-cdk-lib';
import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnLogGroup, CfnSubscriptionFilter } from 'aws-cdk-lib/aws-logs';
import { Construct, type IConstruct } from 'constructs';
import type { Names } from './names.ts';
import { fromLogs, serviceRole } from './service-role.ts';
import type { Siem } from './settings/custody.ts';

/** Neither a usage line nor one of Lambda itself, which has what happened in `record`. A firewall logs what it blocked alone. */
const EVENTS = '{ ($.usage NOT EXISTS) && ($.record NOT EXISTS) }';
const ALL = '{ $.record NOT EXISTS }';
/** Of API Gateway: what it or we refused, and what failed. */
const REFUSED = '{ ($.status = "4*") || ($.status = "5*") }';

/** What to put into a stream, by the service that has it; a destination of CloudWatch Logs needs no role. */
const PUT: Readonly<Record<string, readonly string[]>> = {
  firehose: ['firehose:PutRecord', 'firehose:PutRecordBatch'],
  kinesis: ['kinesis:PutRecord', 'kinesis:PutRecords'],
};

/**
 * Every log group of the stage sends its events to one place: of two subscriptions that CloudWatch Logs gives a log group one is
 * this, and invoke's other one is the ledger's. It is an aspect, so no log group is forgotten.
 */
export class SiemSubscriptions extends Construct implements IAspect {
  readonly #siem: Siem;
  readonly #names: Names;
  readonly #role: CfnRole | undefined;

  constructor(scope: Construct, id: string, names: Names, siem: Siem) {
    super(scope, id);
    this.#siem = siem;
    this.#names = names;
    const [, , service = ''] = siem.destination.split(':');
    const Action = PUT[service];
    this.#role =
      Action === undefined
        ? undefined
        : serviceRole(this, 'Role', names, {
            ...{ name: 'siem', statements: [{ Effect: 'Allow', Action, Resource: [siem.destination] }] },
            ...fromLogs(names),
          });
    Aspects.of(Stack.of(this)).add(this);
  }

  visit(node: IConstruct): void {
    if (!CfnResource.isCfnResource(node) || !(node instanceof CfnLogGroup)) return;
    // Beside the groups and not in them: who waits for a function and its log need not wait for this.
    new CfnSubscriptionFilter(this, Stack.of(this).resolve(node.logicalId), {
      logGroupName: node.ref,
      filterName: this.#names.of('siem'),
      filterPattern: this.#patternOf(node.logGroupName ?? ''),
      destinationArn: this.#siem.destination,
      ...(this.#role === undefined ? {} : { roleArn: this.#role.attrArn }),
    });
  }

  #patternOf(logGroup: string): string {
    if (this.#siem.usage) return ALL;
    return logGroup === this.#names.logGroup('access') ? REFUSED : EVENTS;
  }
}
