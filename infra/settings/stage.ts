import { RegionInfo } from 'aws-cdk-lib/region-info';
import { STAGE } from '../../contract/names.ts';
import { type Partition, partitionOf } from '../../policies/partition.ts';
import { type At, bad, type Group, oneOf, optional, PREFIX, text } from './setting.ts';

/**
 * What outlives a mistake. `none`: everything goes with the stack, for a stage to throw away. `data`: tables, buckets and logs
 * stay when the stack, or they in it, are deleted. `all`: the stack and the tables also refuse to be deleted, so a first
 * deployment that fails under it cannot be made again without taking it back.
 */
export const PROTECT = ['none', 'data', 'all'] as const;
export type Protect = (typeof PROTECT)[number];

/** Which doors a stage has: API Gateway with its functions, the container, or both side by side. */
export const RUNTIMES = ['lambda', 'container', 'both'] as const;
export type Runtime = (typeof RUNTIMES)[number];

/** What other settings are checked against. */
export interface StageSettings {
  /** Goes into every name; several stages live side by side in one account. */
  stage: string;
  region: string;
  partition: Partition;
  /** Twelve digits; undefined: the account that the deployment's credentials belong to. */
  account: string | undefined;
  protect: Protect;
  /** Regions in which a model may run; at least one, all in `partition`. */
  modelRegions: readonly string[];
  runtime: Runtime;
}

export const STAGE_GROUP: Group<StageSettings, undefined> = {
  told: {
    stage: {
      values: '1 to 20 of a-z, 0-9, -',
      makes: 'the stack `tollgate-<stage>`; the stage is in every name',
      costs: 'nothing',
      security: 'stages share no table, key, role or bucket',
    },
    region: {
      values: 'a region of AWS',
      makes: 'where the stage lies',
      costs: 'prices are a region’s',
      security: 'usage, logs and the registry stay there',
    },
    account: {
      values: 'twelve digits; else whoever deploys',
      makes: 'names with the account in them known before deployment',
      costs: 'nothing',
      security: 'the stack deploys into no other account',
    },
    protect: {
      values: '`none`, `data` (default), `all`',
      makes: 'what outlives a mistake (below)',
      costs: 'what is kept',
      security: '`all`: neither the stack nor its tables can be deleted',
    },
    modelRegions: {
      values: 'a list of regions; else the stage’s',
      makes: 'nothing',
      costs: 'nothing',
      security: 'the invoker role calls models there and nowhere else, whatever the registry says',
    },
    runtime: {
      values: '`lambda` (default), `container`, `both`',
      makes:
        '`container`: a load balancer and Fargate tasks ([container.md](container.md)) in place of API Gateway and its functions',
      costs: 'container: about $16 a month of load balancer and $14 a task (0.5 vCPU, 1 GB, ARM), idle or not',
      security: 'one process serves all tenants; the session policy is the same',
    },
  },
  read(at) {
    const region = text(at, 'region', /./, A_REGION);
    const partition = partitionOfKnown(region);
    if (partition === undefined) throw bad(`${PREFIX}region`, A_REGION);
    return {
      stage: text(at, 'stage', STAGE, 'must be 1 to 20 of a-z, 0-9 and "-", beginning with a letter'),
      region,
      partition,
      account: optional(at, 'account', /^\d{12}$/, 'must be the twelve digits of an account'),
      protect: oneOf(at, 'protect', PROTECT, 'data'),
      modelRegions: modelRegions(at, region, partition),
      runtime: oneOf(at, 'runtime', RUNTIMES, 'lambda'),
    };
  },
};

export const A_REGION = 'must be a region that this version of aws-cdk-lib knows, such as us-east-1';

function modelRegions(at: At, region: string, partition: Partition): string[] {
  const told = at('modelRegions');
  const given = told === undefined ? region : told;
  const list = typeof given === 'string' ? given.split(',').map((name) => name.trim()) : given;
  const key = `${PREFIX}modelRegions`;
  if (!Array.isArray(list) || list.length === 0) throw bad(key, 'must be a list of regions');
  for (const [index, name] of list.entries())
    if (typeof name !== 'string' || partitionOfKnown(name) !== partition)
      throw bad(`${key}[${index}]`, `${A_REGION}, in the partition ${partition}`);
  return list;
}

/**
 * A misspelt region would be found only when something is missing there, so only those of CDK's own list are taken: a region
 * of AWS that is newer needs a newer aws-cdk-lib.
 */
function partitionOfKnown(region: string): Partition | undefined {
  return RegionInfo.regions.some(({ name }) => name === region) ? partitionOf(region) : undefined;
}
