import { CfnResource, type Stack } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { propertiesOf } from './properties.ts';
import { bad, PREFIX } from './settings/setting.ts';

/** Of all variables of a function, and not to be raised (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
const ENVIRONMENT_MAX_BYTES = 4_096;

/**
 * Of one stack, which takes 500 (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html), less
 * what aspects still add: a subscription of each log group.
 */
const RESOURCES_MAX = 470;

/** As long as what most references stand for: the ids of a pool and of its clients. */
const REFERENCE = 'x'.repeat(26);

/** Variables that are as long as a setting is, and which. */
const LONG: Readonly<Record<string, string>> = {
  TOLLGATE_ISSUERS: 'issuers',
  TOLLGATE_PROVIDERS: 'cognito.providers',
  TOLLGATE_SPOKES: 'spokes',
  TOLLGATE_CORS_ORIGINS: 'corsOrigins',
  TOLLGATE_ROUTING: 'routing',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'otlp.endpoint',
  NO_PROXY: 'network.reachable',
};

/**
 * What several settings have too much of together, none by itself: CloudFormation would find it halfway through a deployment.
 *
 * @param stack with all that it has
 * @throws TollgateError `bad_setting` naming the setting that takes the most
 */
export function assertFits(stack: Stack): void {
  const all = stack.node.findAll().filter(CfnResource.isCfnResource);
  // Nothing else is made for each of a list.
  if (all.length > RESOURCES_MAX)
    throw bad(
      `${PREFIX}cognito`,
      `makes too many groups, machines and providers: ${all.length} resources in all, and a stack has room for ${RESOURCES_MAX}`,
    );
  for (const one of all) if (one instanceof CfnFunction) assertEnvironment(one);
}

/** Lambda measures the whole as JSON, in which a quote within a value is two characters. */
function assertEnvironment(one: CfnFunction): void {
  const { Environment, FunctionName = one.node.path } = propertiesOf(one);
  const { Variables = {} } = (Environment ?? {}) as { Variables?: Record<string, unknown> };
  const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
  const written = Object.fromEntries(Object.entries(Variables).map(([name, value]) => [name, asLong(value)]));
  const total = bytes(written);
  if (total <= ENVIRONMENT_MAX_BYTES) return;
  const [setting] = Object.entries(written)
    .flatMap(([name, value]): [string, number][] => (LONG[name] === undefined ? [] : [[LONG[name], bytes(value)]]))
    .sort(([, a], [, b]) => b - a)[0] ?? ['stage'];
  throw bad(
    PREFIX + setting,
    `is too long beside the other variables of ${FunctionName}: ${total} bytes as JSON, of which Lambda takes ${ENVIRONMENT_MAX_BYTES}`,
  );
}

function asLong(value: unknown): string {
  if (value === null || typeof value !== 'object') return String(value);
  const { 'Fn::Join': joined } = value as { 'Fn::Join'?: [string, unknown[]] };
  return joined === undefined ? REFERENCE : joined[1].map(asLong).join(joined[0]);
}
