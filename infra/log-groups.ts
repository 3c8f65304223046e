import { CfnResource, type IAspect, RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import type { InfraSettings } from './settings/index.ts';

/**
 * A function without a log group of its own, such as those that CDK makes for itself, would be given one by Lambda that is kept
 * for ever: it gets one here, for as long as all others.
 */
export class KeptLogs implements IAspect {
  readonly #settings: InfraSettings;

  constructor(settings: InfraSettings) {
    this.#settings = settings;
  }

  visit(node: IConstruct): void {
    if (!CfnResource.isCfnResource(node) || node.cfnResourceType !== 'AWS::Lambda::Function') return;
    const { loggingConfig } = node as { loggingConfig?: unknown };
    if (loggingConfig !== undefined) return;
    const [, ...path] = node.node.path.split('/');
    const { logGroupName } = new LogGroup(node, 'Logs', {
      logGroupName: `/tollgate/${this.#settings.stage}/${path.join('/').replaceAll(/[^\w/]+/g, '-')}`,
      retention: this.#settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    node.addPropertyOverride('LoggingConfig.LogGroup', logGroupName);
  }
}
