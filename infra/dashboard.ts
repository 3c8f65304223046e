import { Duration } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import {
  Dashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  Metric,
  type MetricOptions,
  type MetricProps,
  PeriodOverride,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { HttpCodeElb, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { DIMENSIONS, METRICS } from '../contract/log.ts';
import type { FunctionName } from '../policies/roles.ts';
import type { Watched } from './alarms.ts';
import type { ContainerDoor } from './container.ts';
import type { Names } from './names.ts';

const HOUR = Duration.hours(1);
const FIVE_MINUTES = Duration.minutes(5);

export interface Shown extends Pick<Watched, 'container'> {
  /** All but the one that makes a key once a day. */
  functions: Omit<Watched['functions'], 'seal'>;
  api?: RestApi;
  /** Whether the registry is compared with what AWS has. */
  sync: boolean;
}

/** A line of graphs; three stand side by side. */
type Row = { title: string; left: IMetric[]; unit?: string; stacked?: boolean }[];

/**
 * What an operator looks at, from money down to machines. Our own metrics come without a dimension or by one: nothing asks
 * for tenant and model at once, because each such pair would be a metric that is paid for.
 */
export class UsageDashboard extends Construct {
  constructor(scope: Construct, id: string, names: Names, shown: Shown) {
    super(scope, id);
    const dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: names.role('usage'),
      defaultInterval: Duration.days(1),
      // A cost is the greatest value of its hour: in another period it would be another number.
      periodOverride: PeriodOverride.INHERIT,
    });
    for (const [title, ...rows] of sections(names, shown)) {
      dashboard.addWidgets(new TextWidget({ markdown: `## ${title}`, width: 24, height: 1 }));
      for (const row of rows)
        dashboard.addWidgets(
          ...row.map(
            ({ title, left, unit = '', stacked = false }) =>
              new GraphWidget({ title, left, stacked, width: 8, height: 6, leftYAxis: { label: unit, min: 0 } }),
          ),
        );
    }
  }
}

function sections(names: Names, { api, functions, container, sync }: Shown): [string, ...Row[]][] {
  const { own, sums, together, percentiles, by, costBy, reason, cacheHits, attemptsPerCall, failoverRate } = ownMetrics(
    names.namespace,
  );
  // A search for all of them: a dashboard that names more than fifty metrics is not one of an account's three free ones.
  const named = Object.keys(functions).map((name) => `FunctionName="${names.functionName(name as FunctionName)}"`);
  const perFunction = (metricName: string, statistic: string) =>
    searched(`{AWS/Lambda,FunctionName} MetricName="${metricName}" (${named.join(' OR ')})`, statistic, FIVE_MINUTES);
  const tableMetric = (metricName: string) =>
    metric('AWS/DynamoDB', metricName, 'Sum', { dimensionsMap: { TableName: names.of('counters') } });
  return [
    [
      'Cost, as the ledger has it',
      [
        { title: 'Cost an hour, by tenant', left: [costBy(DIMENSIONS.tenant)], unit: 'USD', stacked: true },
        { title: 'Cost an hour, by model', left: [costBy(DIMENSIONS.model)], unit: 'USD', stacked: true },
        { title: 'Cost an hour', left: [own('cost', 'Maximum', { period: HOUR })], unit: 'USD' },
      ],
    ],
    [
      'Calls',
      [
        { title: 'Calls', left: sums('calls', 'refused', 'authorizerRefused') },
        { title: 'Calls, by tenant', left: [by('calls', DIMENSIONS.tenant)], stacked: true },
        { title: 'Refusals, by reason', left: [by('refused', DIMENSIONS.reason)], stacked: true },
      ],
      [
        { title: 'Tokens', left: sums('inputTokens', 'outputTokens', 'cacheReadTokens', 'cacheWriteTokens') },
        { title: 'Latency', left: percentiles('latency'), unit: 'ms' },
        { title: 'Time to first byte', left: percentiles('timeToFirstByte'), unit: 'ms' },
      ],
      [
        {
          title: 'Throttles',
          left: [
            reason('upstream_throttled', 'by the model'),
            reason('rate_limited', 'by Tollgate'),
            perFunction('Throttles', 'Sum'),
          ],
        },
        { title: 'Budgets', left: sums('budgetRefused', 'budgetUnsettled', 'reservationsReleased', 'budgetEventLost') },
        {
          title: 'Counters table, throttled writes',
          left: [tableMetric('WriteThrottleEvents')],
        },
      ],
    ],
    [
      'Models of several places',
      [
        { title: 'Attempts a call', left: [attemptsPerCall()] },
        { title: 'Answered elsewhere than tried first', left: [failoverRate()], unit: '% of calls' },
        { title: 'Places that begin to cool', left: sums('placeCooled') },
      ],
    ],
    [
      'Credentials and decisions',
      [
        { title: 'Sessions held in memory', left: [cacheHits()], unit: '% of calls' },
        { title: 'Sessions issued', left: [by('credentialsIssued', DIMENSIONS.mode)], stacked: true },
        {
          title: 'Not as it should be',
          left: [
            ...sums(
              'deniedByIam',
              'modelNotSubscribed',
              'credentialsRefused',
              'undecided',
              'unusableEntry',
              'modelEnd',
              ...(sync ? (['registryDrift'] as const) : []),
            ),
            ...(functions.broker === undefined ? [] : sums('brokerRefused')),
          ],
        },
      ],
    ],
    [
      'The ledger',
      [
        { title: 'Unsettled and unpriced calls', left: sums('unsettled', 'unpriced') },
        { title: 'Quarantined lines, failed hours', left: sums('quarantined', 'aggregationFailed') },
        { title: 'Drift against CloudWatch', left: [together('drift', 'compared', 'driftBeyond')], unit: 'tokens' },
        { title: 'Calls against AWS’s own counts', left: sums('unknownToAws', 'missingCalls') },
      ],
      [
        { title: 'Guardrails, by policy', left: [by('interventions', DIMENSIONS.policy)], stacked: true },
        { title: 'Models that answer otherwise', left: sums('modelDrift') },
      ],
    ],
    [
      'Machines',
      [
        { title: 'Function errors', left: [perFunction('Errors', 'Sum')] },
        { title: 'Function duration, p95', left: [perFunction('Duration', 'p95')], unit: 'ms' },
        { title: 'Functions at once', left: [perFunction('ConcurrentExecutions', 'Maximum')] },
      ],
      ...(api === undefined ? [] : [apiRow(names, api)]),
      ...(container === undefined ? [] : containerRows(container)),
    ],
  ];
}

function apiRow(names: Names, { deploymentStage }: RestApi): Row {
  const dimensionsMap = { ApiName: names.of('gateway'), Stage: deploymentStage.stageName };
  const line = (metricName: string, statistic: string, label: string) =>
    metric('AWS/ApiGateway', metricName, statistic, { label, dimensionsMap });
  return [
    { title: 'API, refused and failed', left: [line('4XXError', 'Sum', '4xx'), line('5XXError', 'Sum', '5xx')] },
    { title: 'API, latency', left: [line('Latency', 'p95', 'p95')], unit: 'ms' },
  ];
}

function containerRows({ loadBalancer, targets, service }: ContainerDoor): Row[] {
  const shown = (label: string, statistic = 'Sum'): MetricOptions => ({ label, statistic, period: FIVE_MINUTES });
  const { metrics } = targets;
  return [
    [
      {
        title: 'Container, refused and failed',
        left: [
          metrics.httpCodeTarget(HttpCodeTarget.TARGET_4XX_COUNT, shown('4xx')),
          metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, shown('5xx')),
          loadBalancer.metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, shown('5xx of the load balancer')),
        ],
      },
      { title: 'Container, requests', left: [metrics.requestCount(shown('requests'))] },
      { title: 'Container, time to first byte', left: [metrics.targetResponseTime(shown('p95', 'p95'))], unit: 's' },
    ],
    [
      {
        title: 'Container, tasks',
        left: [
          metrics.healthyHostCount(shown('ready', 'Minimum')),
          metrics.unhealthyHostCount(shown('not ready', 'Maximum')),
        ],
      },
      {
        title: 'Container, cores and memory',
        left: [
          service.metricCpuUtilization(shown('cores', 'Average')),
          service.metricMemoryUtilization(shown('memory', 'Average')),
        ],
        unit: '%',
      },
      { title: 'Container, connections', left: [loadBalancer.metrics.activeConnectionCount(shown('open'))] },
    ],
  ];
}

type Own = keyof typeof METRICS;

function metric(namespace: string, metricName: string, statistic: string, more: Partial<MetricProps> = {}): Metric {
  return new Metric({ namespace, metricName, statistic, period: FIVE_MINUTES, ...more });
}

function searched(what: string, statistic: string, period: Duration): MathExpression {
  const expression = `SEARCH('${what}', '${statistic}', ${period.toSeconds()})`;
  return new MathExpression({ expression, usingMetrics: {}, period, label: '' });
}

/** A count of nothing is not published, hence FILL in them; a time without calls has no ratio. */
function ratio(label: string, expression: string, usingMetrics: Record<string, IMetric>): MathExpression {
  return new MathExpression({ expression, usingMetrics, period: FIVE_MINUTES, label });
}

/** Tollgate's own metrics as graphs ask for them, of one stage's namespace. */
function ownMetrics(namespace: string) {
  const own = (name: Own, statistic: string, more: Partial<MetricProps> = {}): Metric =>
    metric(namespace, METRICS[name], statistic, more);
  /** One line for each value of a dimension that there is, without naming any: a new tenant needs no new dashboard. */
  const search = (name: Own, dimension: string, statistic: string, period: Duration): MathExpression =>
    searched(`{"${namespace}",${dimension}} MetricName="${METRICS[name]}"`, statistic, period);
  return {
    own,
    sums: (...names: Own[]): Metric[] => names.map((name) => own(name, 'Sum')),
    percentiles: (name: Own): Metric[] =>
      ['p50', 'p95', 'p99'].map((statistic) => own(name, statistic, { label: statistic })),
    /** Several over all, as one search: each that is named is one of the fifty of a dashboard that costs nothing. */
    together: (...names: Own[]): MathExpression =>
      searched(
        `{"${namespace}"} MetricName=(${names.map((name) => `"${METRICS[name]}"`).join(' OR ')})`,
        'Sum',
        FIVE_MINUTES,
      ),
    by: (name: Own, dimension: string) => search(name, dimension, 'Sum', FIVE_MINUTES),
    /** Each run publishes an hour's cost again as it then stands, so it is never summed. */
    costBy: (dimension: string) => search('cost', dimension, 'Maximum', HOUR),
    reason: (code: string, label: string) =>
      own('refused', 'Sum', { label, dimensionsMap: { [DIMENSIONS.reason]: code } }),
    cacheHits: () =>
      ratio('held in memory', '100 * FILL(cached, 0) / (FILL(cached, 0) + FILL(renewed, 0))', {
        cached: own('credentialsCached', 'Sum'),
        renewed: own('credentialsRenewed', 'Sum'),
      }),
    attemptsPerCall: () =>
      ratio('attempts', '(calls + FILL(retried, 0)) / calls', {
        calls: own('calls', 'Sum'),
        retried: own('retried', 'Sum'),
      }),
    failoverRate: () =>
      ratio('failed over', '100 * FILL(moved, 0) / calls', {
        calls: own('calls', 'Sum'),
        moved: own('failedOver', 'Sum'),
      }),
  };
}
