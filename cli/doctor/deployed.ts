import { TollgateError } from '../../contract/errors.ts';
import { partitionOf } from '../../policies/partition.ts';
import { type AskAws, elements } from './ask.ts';

/** A resource as it was deployed: its properties, references among them resolved. */
export interface DeployedResource {
  logicalId: string;
  type: string;
  /** Its name, id or ARN, as CloudFormation knows it. */
  id: string;
  properties: Record<string, unknown>;
}

/**
 * The stack as CloudFormation has it. What is compared with AWS is what was deployed and not what a template would say today, so nothing
 * of an option that is off is looked for, and nothing of this command has to know an option.
 */
export interface Deployed {
  account: string;
  region: string;
  /** `CREATE_COMPLETE`, ... */
  status: string;
  /** The version of Tollgate that made the template; undefined: an older one, which did not say. */
  version: string | undefined;
  of(type: string): DeployedResource[];
}

/** In place of what a template does not say: it is like anything. */
export const ANYTHING = '\uFFFC';

/**
 * @param table of the stage's registry, by which its stack is found: of a unit's stage the stack has another name
 * @throws TollgateError `not_found` where there is no such stage; what CloudFormation refuses
 */
export async function readDeployed(
  ask: AskAws,
  table: string,
  where: { account: string; region: string },
): Promise<Deployed> {
  const own = String(
    await ask('cloudformation', 'DescribeStackResources', { PhysicalResourceId: table }).catch(missing(table)),
  );
  const [StackName = ''] = elements(own, 'StackName');
  const input = { StackName };
  const [template, stacks, ids] = await Promise.all([
    ask('cloudformation', 'GetTemplate', { ...input, TemplateStage: 'Original' }),
    ask('cloudformation', 'DescribeStacks', input),
    physicalIds(ask, input),
  ]);
  const [body = '{}'] = elements(String(template), 'TemplateBody');
  const [status = ''] = elements(String(stacks), 'StackStatus');
  return deployedOf(JSON.parse(body) as Template, { ...where, ids, status, outputs: outputsOf(String(stacks)) });
}

export interface Template {
  Resources?: Record<string, { Type: string; Properties?: Record<string, unknown> }>;
}

interface Known {
  account: string;
  region: string;
  ids: ReadonlyMap<string, string>;
  status: string;
  outputs: ReadonlyMap<string, string>;
}

export function deployedOf({ Resources = {} }: Template, { account, region, ids, status, outputs }: Known): Deployed {
  const fill = filler({
    account,
    region,
    ids,
    types: new Map(Object.entries(Resources).map(([id, { Type }]) => [id, Type])),
  });
  const all = Object.entries(Resources).map(
    ([logicalId, { Type: type, Properties = {} }]): DeployedResource => ({
      logicalId,
      type,
      id: ids.get(logicalId) ?? '',
      properties: fill(Properties) as Record<string, unknown>,
    }),
  );
  const of = (type: string) => all.filter((resource) => resource.type === type);
  return { account, region, status, version: outputs.get('Version'), of };
}

function missing(table: string) {
  return (error: Error): never => {
    if (!/does not exist/.test(error.message)) throw error;
    throw new TollgateError('not_found', {
      field: '--stage',
      reason: 'no-such-stage',
      message: `no stack in this account and region has the table ${table}; --stage, --region and AWS_PROFILE say which stage is meant`,
      cause: error,
    });
  };
}

async function physicalIds(ask: AskAws, input: { StackName: string }): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  let next: string | undefined;
  do {
    const page = String(
      await ask('cloudformation', 'ListStackResources', {
        ...input,
        ...(next === undefined ? {} : { NextToken: next }),
      }),
    );
    for (const member of elements(page, 'member')) {
      const [logical = ''] = elements(member, 'LogicalResourceId');
      const [physical = ''] = elements(member, 'PhysicalResourceId');
      ids.set(logical, physical);
    }
    [next] = elements(page, 'NextToken');
  } while (next !== undefined);
  return ids;
}

function outputsOf(xml: string): Map<string, string> {
  const [outputs = ''] = elements(xml, 'Outputs');
  return new Map(
    elements(outputs, 'member').map((member) => [
      elements(member, 'OutputKey')[0] ?? '',
      elements(member, 'OutputValue')[0] ?? '',
    ]),
  );
}

/** Resolves what the CDK writes into a template in place of what is known only once it is deployed. */
function filler(known: Pick<Known, 'account' | 'region' | 'ids'> & { types: ReadonlyMap<string, string> }) {
  const { account, region, ids, types } = known;
  const partition = partitionOf(region) ?? 'aws';
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::AccountId': account,
    'AWS::Region': region,
    'AWS::Partition': partition,
  };
  const arnOf = (logical: string): string => {
    const id = ids.get(logical);
    const form = ARNS[types.get(logical) ?? ''];
    if (id === undefined || form === undefined) return ANYTHING;
    return id.startsWith('arn:') ? id : `arn:${partition}:${form(id, region, account)}`;
  };
  const fill = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(fill);
    if (value === null || typeof value !== 'object') return value;
    const [[name, inner] = ['', undefined], ...others] = Object.entries(value);
    if (others.length === 0) {
      if (name === 'Ref') return pseudo[String(inner)] ?? ids.get(String(inner)) ?? ANYTHING;
      if (name === 'Fn::GetAtt') {
        const [logical, attribute] = inner as [string, string];
        return attribute === 'Arn' ? arnOf(logical) : ANYTHING;
      }
      if (name === 'Fn::Join') {
        const [separator, parts] = inner as [string, unknown[]];
        return parts.map((part) => String(fill(part))).join(separator);
      }
      if (name.startsWith('Fn::')) return ANYTHING;
    }
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one)]));
  };
  return fill;
}

/** What `GetAtt Arn` gives of each type whose ARN something of the stack names, after the partition. */
const ARNS: Readonly<Record<string, (id: string, region: string, account: string) => string>> = {
  'AWS::DynamoDB::Table': (id, region, account) => `dynamodb:${region}:${account}:table/${id}`,
  'AWS::IAM::Role': (id, _, account) => `iam::${account}:role/${id}`,
  'AWS::KMS::Key': (id, region, account) => `kms:${region}:${account}:key/${id}`,
  'AWS::KinesisFirehose::DeliveryStream': (id, region, account) => `firehose:${region}:${account}:deliverystream/${id}`,
  'AWS::Lambda::Function': (id, region, account) => `lambda:${region}:${account}:function:${id}`,
  'AWS::Logs::LogGroup': (id, region, account) => `logs:${region}:${account}:log-group:${id}:*`,
  'AWS::S3::Bucket': (id) => `s3:::${id}`,
  'AWS::SQS::Queue': (id, region, account) => `sqs:${region}:${account}:${id.slice(id.lastIndexOf('/') + 1)}`,
};

/** Whether AWS has what the template says, where it says it; what it leaves open is like anything. */
export function isLike(deployed: unknown, found: unknown): boolean {
  if (typeof deployed === 'string' && deployed.includes(ANYTHING))
    return deployed === ANYTHING || matches(deployed, String(found));
  if (Array.isArray(deployed))
    return (
      Array.isArray(found) && deployed.length === found.length && deployed.every((one, i) => isLike(one, found[i]))
    );
  if (deployed !== null && typeof deployed === 'object') {
    const there = (found ?? {}) as Record<string, unknown>;
    return Object.entries(deployed).every(([name, one]) => isLike(one, there[name]));
  }
  return String(deployed) === String(found);
}

function matches(deployed: string, found: string): boolean {
  const [first = '', ...rest] = deployed.split(ANYTHING);
  const last = rest.pop() ?? '';
  if (!found.startsWith(first) || !found.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    at = found.indexOf(part, at);
    if (at < 0) return false;
    at += part.length;
  }
  return at <= found.length - last.length;
}
