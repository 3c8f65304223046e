import { REGISTRY_INDEX } from '../../contract/names.ts';
import { BOTH, type Check, ifThere, type Problem, type Sight, STAGE, warn, wrong } from './check.ts';
import { REVERT } from './mend.ts';

type Properties = Record<string, unknown>;

interface WantedTable {
  name: string;
  indexes: string[];
  /** Attribute after which items go; undefined: none. */
  ttl: string | undefined;
  /** Undefined: it is not asked, because there is no such thing. */
  recovery: boolean | undefined;
  protected: boolean | undefined;
}

interface FoundTable {
  status: string;
  indexes: Record<string, string>;
  ttl: string | undefined;
  recovery: boolean | undefined;
  protected: boolean;
}

export interface TablesSeen {
  tables: { wanted: WantedTable; found: FoundTable | undefined }[];
}

export const tables: Check<TablesSeen> = {
  id: 'tables',
  on: BOTH,
  needs: [
    'cloudformation:GetTemplate',
    'dynamodb:DescribeTable',
    'dynamodb:DescribeTimeToLive',
    'dynamodb:DescribeContinuousBackups',
  ],
  loads: () => import('@aws-sdk/client-dynamodb'),
  async read(sight) {
    const wanted = await wantedTables(sight);
    const sdk = await import('@aws-sdk/client-dynamodb');
    const client = new sdk.DynamoDBClient(sight.target.clientConfig);
    const found = async ({ name: TableName, recovery }: WantedTable): Promise<FoundTable | undefined> => {
      const [described, ttl, backups] = await Promise.all([
        ifThere(client.send(new sdk.DescribeTableCommand({ TableName }))),
        ifThere(client.send(new sdk.DescribeTimeToLiveCommand({ TableName }))),
        recovery === undefined
          ? undefined
          : ifThere(client.send(new sdk.DescribeContinuousBackupsCommand({ TableName }))),
      ]);
      if (described?.Table === undefined) return undefined;
      const { TableStatus = '', GlobalSecondaryIndexes = [], DeletionProtectionEnabled = false } = described.Table;
      const { AttributeName, TimeToLiveStatus } = ttl?.TimeToLiveDescription ?? {};
      return {
        status: TableStatus,
        indexes: Object.fromEntries(
          GlobalSecondaryIndexes.map(({ IndexName = '', IndexStatus = '' }) => [IndexName, IndexStatus]),
        ),
        ttl: TimeToLiveStatus === 'ENABLED' || TimeToLiveStatus === 'ENABLING' ? AttributeName : undefined,
        recovery:
          backups?.ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus ===
          'ENABLED',
        protected: DeletionProtectionEnabled,
      };
    };
    return { tables: await Promise.all(wanted.map(async (one) => ({ wanted: one, found: await found(one) }))) };
  },
  judge({ tables }) {
    const problems = tables.flatMap(({ wanted, found }): Problem[] => {
      const { name } = wanted;
      if (found === undefined) return [wrong(`the table ${name} is gone`, 'docs/operations.md: restore it')];
      const settings = `docs/operations.md: after a restore; or ${REVERT}`;
      return [
        ...(found.status === 'ACTIVE' || found.status === 'UPDATING'
          ? []
          : [wrong(`${name} is ${found.status}`, 'wait until it is ACTIVE')]),
        ...wanted.indexes.flatMap((index) =>
          found.indexes[index] === undefined
            ? [wrong(`${name} has no index ${index}`, settings)]
            : found.indexes[index] === 'ACTIVE'
              ? []
              : [warn(`${name}: its index ${index} is ${found.indexes[index]}`, 'wait until it is ACTIVE')],
        ),
        ...(wanted.ttl === found.ttl
          ? []
          : [
              wrong(
                `${name} forgets items by ${found.ttl ?? 'nothing'}, and was deployed to by ${wanted.ttl ?? 'nothing'}`,
                settings,
              ),
            ]),
        ...(wanted.recovery === true && found.recovery !== true
          ? [wrong(`${name} cannot be restored: point-in-time recovery is off`, settings)]
          : []),
        ...(wanted.protected === true && !found.protected
          ? [wrong(`${name} can be deleted, and was deployed protected`, settings)]
          : []),
      ];
    });
    return { ok: tables.map(({ wanted }) => wanted.name).join(', '), problems };
  },
};

async function wantedTables({ target, deployed }: Sight): Promise<WantedTable[]> {
  if (target.kind === 'local') {
    // Nothing is forgotten here by itself, and nothing can be restored.
    const none = { ttl: undefined, recovery: undefined, protected: undefined };
    return [
      { name: target.table, indexes: [REGISTRY_INDEX], ...none },
      { name: target.countersTable, indexes: [], ...none },
    ];
  }
  return (await deployed()).of('AWS::DynamoDB::Table').map(({ id, properties }) => {
    const { AttributeName, Enabled } = (properties.TimeToLiveSpecification ?? {}) as Properties;
    const { PointInTimeRecoveryEnabled } = (properties.PointInTimeRecoverySpecification ?? {}) as Properties;
    const indexes = (properties.GlobalSecondaryIndexes ?? []) as { IndexName: string }[];
    return {
      name: id,
      indexes: indexes.map(({ IndexName }) => IndexName),
      ttl: Enabled === false ? undefined : (AttributeName as string | undefined),
      recovery: PointInTimeRecoveryEnabled === true,
      protected: properties.DeletionProtectionEnabled === true,
    };
  });
}

interface Rules {
  Rules?: object[] | undefined;
}

export interface BucketsSeen {
  buckets: {
    name: string;
    deployed: Properties;
    /** Each undefined where S3 has none of it. */
    found: {
      open: Properties | undefined;
      encryption: Rules | undefined;
      lifecycle: Rules | undefined;
      versions: string | undefined;
    };
  }[];
}

export const buckets: Check<BucketsSeen> = {
  id: 'buckets',
  on: STAGE,
  needs: [
    'cloudformation:GetTemplate',
    's3:GetBucketPublicAccessBlock',
    's3:GetEncryptionConfiguration',
    's3:GetLifecycleConfiguration',
    's3:GetBucketVersioning',
  ],
  async read({ target, deployed }) {
    const all = (await deployed()).of('AWS::S3::Bucket');
    const sdk = await import('@aws-sdk/client-s3');
    const client = new sdk.S3Client(target.clientConfig);
    const looked = all.map(async ({ id: Bucket, properties }) => {
      const [open, encryption, lifecycle, versions] = await Promise.all([
        ifThere(client.send(new sdk.GetPublicAccessBlockCommand({ Bucket }))),
        ifThere(client.send(new sdk.GetBucketEncryptionCommand({ Bucket }))),
        ifThere(client.send(new sdk.GetBucketLifecycleConfigurationCommand({ Bucket }))),
        ifThere(client.send(new sdk.GetBucketVersioningCommand({ Bucket }))),
      ]);
      return {
        name: Bucket,
        deployed: properties,
        found: {
          open: open?.PublicAccessBlockConfiguration as Properties | undefined,
          encryption: encryption?.ServerSideEncryptionConfiguration,
          lifecycle,
          versions: versions?.Status,
        },
      };
    });
    return { buckets: await Promise.all(looked) };
  },
  judge({ buckets }) {
    const problems = buckets.flatMap(({ name, deployed, found }): Problem[] => {
      const rules = ((deployed.LifecycleConfiguration ?? {}) as Rules).Rules ?? [];
      const blocked = (deployed.PublicAccessBlockConfiguration ?? {}) as Properties;
      const opened = Object.keys(blocked).filter((member) => found.open?.[member] !== true);
      const { Status } = (deployed.VersioningConfiguration ?? {}) as { Status?: string };
      return [
        ...(opened.length === 0 ? [] : [wrong(`${name} can be made public: ${opened.join(', ')} is off`, REVERT)]),
        ...((found.encryption?.Rules ?? []).length > 0 ? [] : [wrong(`${name} is not encrypted by default`, REVERT)]),
        ...(rules.length === (found.lifecycle?.Rules ?? []).length
          ? []
          : [
              wrong(
                `${name} has ${found.lifecycle?.Rules?.length ?? 0} rules of what is deleted when, and was deployed with ${rules.length}`,
                REVERT,
              ),
            ]),
        ...(Status === undefined || Status === found.versions
          ? []
          : [wrong(`${name} keeps no older versions (${found.versions ?? 'off'})`, REVERT)]),
      ];
    });
    return { ok: `${buckets.length} closed, encrypted, with their rules`, problems };
  },
};
