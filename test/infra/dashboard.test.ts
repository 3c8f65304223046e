import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DIMENSIONS, METRICS, namespaceOf } from '../../contract/log.ts';
import { flat, ofType, only, resourcesOf, stackOf } from './synth.ts';

const ROOT = join(import.meta.dirname, '../..');
const resources = resourcesOf(
  stackOf({ 'tollgate:broker': true, 'tollgate:sync': true, 'tollgate:alarms': 'each' }).stack,
);

/** A metric as a graph or an alarm asks for it. */
interface Asked {
  where: string;
  namespace: string;
  name: string;
  dimensions: string[];
  statistic: string;
  seconds: number;
}

interface Widget {
  type: string;
  properties: { title?: string; metrics?: unknown[][] };
}

type Options = { stat?: string; period?: number; expression?: string };

const { widgets } = JSON.parse(flat(only(resources, 'AWS::CloudWatch::Dashboard').DashboardBody)) as {
  widgets: Widget[];
};
const graphs = widgets.filter(({ type }) => type === 'metric').map(({ properties }) => properties);

const onDashboard: Asked[] = graphs.flatMap(({ title: where = '', metrics = [] }) =>
  metrics.flatMap((line): Asked[] => {
    const { stat: statistic = '', period: seconds = 300, expression } = line.at(-1) as Options;
    if (expression === undefined) {
      const [namespace = '', name = '', ...dimensions] = line.slice(0, -1).map(String);
      return [{ where, namespace, name, statistic, seconds, dimensions: dimensions.filter((_, i) => i % 2 === 0) }];
    }
    const all = /^SEARCH\('\{"([\w/]+)"\} MetricName=\(([^)]+)\)', '(\w+)', (\d+)\)$/.exec(expression);
    if (all !== null) {
      const [, namespace = '', names = '', by = '', every] = all;
      return names.split(' OR ').map((name) => ({
        where,
        namespace,
        name: name.slice(1, -1),
        dimensions: [],
        statistic: by,
        seconds: Number(every),
      }));
    }
    const searched = /^SEARCH\('\{"([\w/]+)",(\w+)\} MetricName="(\w+)"', '(\w+)', (\d+)\)$/.exec(expression);
    if (searched === null) return [];
    const [, namespace = '', dimension = '', name = '', by = '', every] = searched;
    return [{ where, namespace, name, dimensions: [dimension], statistic: by, seconds: Number(every) }];
  }),
);

const searches = graphs.flatMap(({ metrics = [] }) =>
  metrics.flatMap((line) => /^SEARCH\('([^']+)'/.exec((line.at(-1) as Options).expression ?? '')?.[1] ?? []),
);

type Watched = Record<string, unknown>;

/** The metric of an alarm, or those that its expression is made of. */
const metricsOf = (alarm: Watched): Watched[] =>
  ((alarm.Metrics as { MetricStat?: { Metric: Watched; Stat: string; Period: number } }[] | undefined) ?? []).flatMap(
    ({ MetricStat }) =>
      MetricStat === undefined ? [] : [{ ...MetricStat.Metric, Statistic: MetricStat.Stat, Period: MetricStat.Period }],
  );

const onAlarms: Asked[] = ofType(resources, 'AWS::CloudWatch::Alarm').flatMap((alarm) =>
  (alarm.MetricName === undefined ? metricsOf(alarm) : [alarm]).map((asked) => ({
    where: String(alarm.AlarmName),
    namespace: String(asked.Namespace),
    name: String(asked.MetricName),
    dimensions: ((asked.Dimensions ?? []) as { Name: string }[]).map(({ Name }) => Name),
    statistic: String(asked.Statistic ?? asked.ExtendedStatistic),
    seconds: Number(asked.Period),
  })),
);

const ours = [...onDashboard, ...onAlarms].filter(({ namespace }) => namespace === namespaceOf('dev'));
const keyOf = new Map<string, string>(Object.entries(METRICS).map(([key, name]) => [name, key]));

describe('every metric that a graph or an alarm asks for', () => {
  test.each(ours)('$where: $name is one that Tollgate publishes, by at most one dimension of ours', (asked) => {
    expect(keyOf.has(asked.name)).toBe(true);
    expect(asked.dimensions.length).toBeLessThan(2);
    for (const dimension of asked.dimensions) expect(Object.values(DIMENSIONS)).toContain(dimension);
  });

  test.each(ours)('$where: $name by the statistic that means something', ({ name, statistic, seconds }) => {
    if (name === METRICS.cost) {
      // It is published anew by every run, whole and for its hour.
      expect({ statistic, seconds }).toEqual({ statistic: 'Maximum', seconds: 3_600 });
    } else if (name === METRICS.latency || name === METRICS.timeToFirstByte) {
      expect(statistic).toMatch(/^p\d+$/);
    } else {
      expect(statistic).toBe('Sum');
    }
  });

  test('is written by some line of our code', () => {
    const rooms = ['authorizer', 'broker', 'invoke', 'metering', 'sync', 'registry', 'seal', 'sessions'];
    const sources = rooms
      .flatMap((room) =>
        readdirSync(join(ROOT, room), { recursive: true }).map((file) => join(ROOT, room, String(file))),
      )
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    const named = new Set(ours.map(({ name }) => keyOf.get(name) ?? name));
    expect([...named].filter((key) => !sources.includes(`METRICS.${key}`))).toEqual([]);
  });

  test('nothing asks for two dimensions of ours together', () => {
    const schemas = searches.map((text) => text.slice(1, text.indexOf('}')));
    expect(schemas.length).toBeGreaterThan(3);
    for (const schema of schemas) expect(schema.split(',').length).toBeLessThanOrEqual(2);
  });
});

describe('the dashboard', () => {
  test('shows everything that Tollgate publishes', () => {
    const shown = JSON.stringify(widgets);
    expect(
      Object.values(METRICS).filter((name) => !shown.includes(`"${name}"`) && !shown.includes(`\\"${name}\\"`)),
    ).toEqual([]);
  });

  test.each(['p50', 'p95', 'p99'])('shows latency and time to first byte at %s', (statistic) => {
    const names = onDashboard.filter((asked) => asked.statistic === statistic).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([METRICS.latency, METRICS.timeToFirstByte]));
  });

  test.each([
    ['by tenant', DIMENSIONS.tenant],
    ['by model', DIMENSIONS.model],
  ])('shows cost %s, whoever they are', (_, dimension) => {
    expect(onDashboard).toContainEqual(expect.objectContaining({ name: METRICS.cost, dimensions: [dimension] }));
  });

  test('shows refusals by reason and sessions by mode', () => {
    expect(onDashboard).toContainEqual(
      expect.objectContaining({ name: METRICS.refused, dimensions: [DIMENSIONS.reason] }),
    );
    expect(onDashboard).toContainEqual(
      expect.objectContaining({ name: METRICS.credentialsIssued, dimensions: [DIMENSIONS.mode] }),
    );
  });

  test('shows how often a session was held in memory, of all calls that needed one', () => {
    const { metrics = [] } = graphs.find(({ title }) => title === 'Sessions held in memory') ?? {};
    const ids = Object.fromEntries(
      metrics.filter((line) => line.length > 1).map((line) => [(line.at(-1) as { id: string }).id, line[1]]),
    );
    expect(ids).toEqual({ cached: METRICS.credentialsCached, renewed: METRICS.credentialsRenewed });
    expect(JSON.stringify(metrics)).toContain('100 * FILL(cached, 0) / (FILL(cached, 0) + FILL(renewed, 0))');
  });

  test.each([
    ['Attempts a call', { calls: METRICS.calls, retried: METRICS.retried }, '(calls + FILL(retried, 0)) / calls'],
    [
      'Answered elsewhere than tried first',
      { calls: METRICS.calls, moved: METRICS.failedOver },
      '100 * FILL(moved, 0) / calls',
    ],
  ])('shows “%s”', (title, ids, expression) => {
    const { metrics = [] } = graphs.find((graph) => graph.title === title) ?? {};
    const asked = metrics
      .filter((line) => line.length > 1)
      .map((line) => [(line.at(-1) as { id: string }).id, line[1]]);
    expect(Object.fromEntries(asked)).toEqual(ids);
    expect(JSON.stringify(metrics)).toContain(expression);
  });

  test('shows each function’s errors, duration and concurrency, and what the API refused and failed', () => {
    const functions = ['authorizer', 'broker', 'invoke', 'metering'].map(
      (name) => `FunctionName="tollgate-dev-${name}"`,
    );
    for (const name of ['Errors', 'Duration', 'ConcurrentExecutions', 'Throttles'])
      expect(searches).toContain(`{AWS/Lambda,FunctionName} MetricName="${name}" (${functions.join(' OR ')})`);
    const api = onDashboard.filter(({ namespace }) => namespace === 'AWS/ApiGateway');
    expect(api.map(({ name }) => name)).toEqual(expect.arrayContaining(['4XXError', '5XXError', 'Latency']));
    for (const { dimensions } of api) expect(dimensions).toEqual(['ApiName', 'Stage']);
  });

  test('keeps the period of each graph, since a cost of another period is another number', () => {
    const body = JSON.parse(flat(only(resources, 'AWS::CloudWatch::Dashboard').DashboardBody));
    expect(body.periodOverride).toBe('inherit');
  });

  test('has a graph for everything and fits into one dashboard', () => {
    for (const { metrics } of graphs) expect(metrics?.length).toBeGreaterThan(0);
    expect(graphs.length).toBeGreaterThan(15);
    // CloudWatch takes up to 500 widgets and 2,500 metrics.
    expect(onDashboard.length).toBeLessThan(500);
  });
});
