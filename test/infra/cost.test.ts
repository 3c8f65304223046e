import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { idleCost, idleLines, type Resource } from '../../docs/cost/idle.ts';
import { costParts, withCosts } from '../../docs/cost/page.ts';
import { EACH_OPTION, made } from './made.ts';

const resources = (name: string) => made(name).template.Resources as unknown as Record<string, Resource>;
const plain = resources('as configured');

test('the default costs less than a dollar a month while nobody calls', () => {
  expect(idleCost(plain)).toBeLessThan(1);
  // A count that had found nothing would be below it, too.
  expect(idleLines(plain).map(({ what }) => what)).toEqual(
    expect.arrayContaining(['alarm metric', 'queried alarm metric', 'dashboard', 'secret']),
  );
});

test.each(EACH_OPTION)('nobody forgot what a resource costs: %s', { timeout: 120_000 }, (name) => {
  expect(idleCost(resources(name))).toBeGreaterThan(0);
});

test('a type that nobody has priced is an error', () => {
  const more: Record<string, Resource> = { ...plain, Rack: { Type: 'AWS::Outposts::Rack' } };
  expect(() => idleCost(more)).toThrow('AWS::Outposts::Rack');
});

test.each<[string, string, Record<string, unknown>, string, number]>([
  [
    'an alarm by the metrics that it watches',
    'AWS::CloudWatch::Alarm',
    {
      Metrics: [{ Expression: 'a/b' }, { MetricStat: {} }, { MetricStat: {} }],
    },
    'alarm metric',
    2,
  ],
  [
    'an alarm of a query, of which none is free',
    'AWS::CloudWatch::Alarm',
    { Metrics: [{ Expression: 'SELECT 1' }] },
    'queried alarm metric',
    1,
  ],
  [
    'a load balancer with an address in each zone',
    'AWS::ElasticLoadBalancingV2::LoadBalancer',
    { Scheme: 'internet-facing', Subnets: ['a', 'b', 'c'] },
    'public address',
    3,
  ],
  [
    'an internal one without',
    'AWS::ElasticLoadBalancingV2::LoadBalancer',
    { Scheme: 'internal', Subnets: ['a'] },
    'public address',
    0,
  ],
  [
    'an interface endpoint in each of its zones',
    'AWS::EC2::VPCEndpoint',
    { VpcEndpointType: 'Interface', SubnetIds: ['a', 'b', 'c'] },
    'interface endpoint in a zone',
    3,
  ],
  [
    'a gateway endpoint as nothing',
    'AWS::EC2::VPCEndpoint',
    { VpcEndpointType: 'Gateway' },
    'interface endpoint in a zone',
    0,
  ],
  ['a web ACL by its rules', 'AWS::WAFv2::WebACL', { Rules: [1, 2] }, 'rule of a web ACL', 2],
])('counts %s', (_, Type, Properties, what, count) => {
  const found = idleLines({ One: { Type, Properties } }).find((line) => line.what === what);
  expect(found?.count ?? 0).toBe(count);
});

test('a dashboard of more than fifty metrics is not free', () => {
  const body = (metrics: number) =>
    JSON.stringify({
      widgets: [{ properties: { metrics: Array.from({ length: metrics }, (_, i) => ['N', `m${i}`, {}]) } }],
    });
  const cost = (metrics: number) =>
    idleCost({ One: { Type: 'AWS::CloudWatch::Dashboard', Properties: { DashboardBody: body(metrics) } } });
  expect(cost(51) - cost(50)).toBe(3);
});

test('docs/cost.md says what templates and prices say (npm run docs)', () => {
  const page = readFileSync(new URL('../../docs/cost.md', import.meta.url), 'utf8');
  const options = EACH_OPTION.map((name) => [name, resources(name)] as const);
  expect(withCosts(page, options)).toBe(page);
  expect(Object.keys(costParts(options)).length).toBeGreaterThan(5);
});
