import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { type Column, PARTITIONS, RAW_COLUMNS, USAGE_COLUMNS } from './athena-columns.ts';
import { prestoView, VIEWS, type View } from './athena-views.ts';
import type { Names } from './names.ts';
import type { InfraSettings } from './settings/index.ts';

/** Partitions are computed from the clock, not kept: there is no day on which someone forgot to add one. */
const FIRST_DAY = '2026-01-01';

const HIVE = 'org.apache.hadoop.hive';
const PARQUET = {
  input: `${HIVE}.ql.io.parquet.MapredParquetInputFormat`,
  output: `${HIVE}.ql.io.parquet.MapredParquetOutputFormat`,
  serde: `${HIVE}.ql.io.parquet.serde.ParquetHiveSerDe`,
};
/** A line is one column: this SerDe's separator is a control character, and JSON has those escaped. */
const TEXT = {
  input: 'org.apache.hadoop.mapred.TextInputFormat',
  output: `${HIVE}.ql.io.HiveIgnoreKeyTextOutputFormat`,
  serde: `${HIVE}.serde2.lazy.LazySimpleSerDe`,
};

/**
 * SQL on the ledger: tables over the hours' Parquet and over the raw lines, views, and a workgroup that bounds what a
 * question may read. It only reads; its answers go to a bucket of their own, away from the evidence.
 */
export class UsageQueries extends Construct {
  readonly #names: Names;
  readonly #database: CfnDatabase;
  readonly #workGroup: CfnWorkGroup;

  constructor(scope: Construct, id: string, settings: InfraSettings, names: Names, answers: IBucket) {
    super(scope, id);
    this.#names = names;
    this.#database = new CfnDatabase(this, 'Database', {
      catalogId: names.account,
      databaseInput: { name: names.database, description: `Tollgate, stage ${settings.stage}: usage and cost` },
    });
    this.#table('usage', 'Usage and cost by the hour', 'athena', USAGE_COLUMNS, 'parquet', PARQUET);
    this.#table('raw_lines', 'Usage lines as they were emitted', 'raw', RAW_COLUMNS, 'text', TEXT);
    this.#workGroup = new CfnWorkGroup(this, 'WorkGroup', {
      name: names.of('usage'),
      description: 'Questions about usage and cost',
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        // Nobody's own settings: neither another place for the answers nor one without encryption.
        enforceWorkGroupConfiguration: true,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: settings.queryScanGb * 1_000_000_000,
        resultConfiguration: {
          outputLocation: `s3://${answers.bucketName}/results/`,
          encryptionConfiguration: { encryptionOption: 'SSE_S3' },
          expectedBucketOwner: names.account,
        },
      },
    });
    for (const view of VIEWS) this.#view(view);
  }

  #table(
    name: string,
    description: string,
    prefix: string,
    columns: readonly Column[],
    classification: string,
    { input, output, serde }: typeof PARQUET,
  ): void {
    const location = `s3://${this.#names.bucket}/${prefix}/`;
    this.#entry(name, {
      description,
      tableType: 'EXTERNAL_TABLE',
      partitionKeys: [...PARTITIONS],
      parameters: {
        EXTERNAL: 'TRUE',
        classification,
        'projection.enabled': 'true',
        'projection.dt.type': 'date',
        'projection.dt.format': 'yyyy-MM-dd',
        'projection.dt.range': `${FIRST_DAY},NOW`,
        'projection.hour.type': 'integer',
        'projection.hour.range': '0,23',
        'projection.hour.digits': '2',
        'storage.location.template': `${location}dt=\${dt}/hour=\${hour}/`,
      },
      storageDescriptor: {
        columns: [...columns],
        location,
        inputFormat: input,
        outputFormat: output,
        serdeInfo: { serializationLibrary: serde, parameters: { 'serialization.format': '1' } },
      },
    });
  }

  /**
   * The view as Athena keeps one, so that it is there as soon as the stack is. That form is known but not documented, so
   * the statement that makes the same view is kept beside it, one click away.
   */
  #view(view: View): void {
    const { name, means, columns, sql } = view;
    this.#entry(name, {
      description: means,
      tableType: 'VIRTUAL_VIEW',
      partitionKeys: [],
      parameters: { presto_view: 'true', comment: 'Presto View' },
      viewOriginalText: prestoView(view, this.#names.database),
      viewExpandedText: '/* Presto View */',
      storageDescriptor: { columns: [...columns], serdeInfo: {} },
    });
    new CfnNamedQuery(this, `Query-${name}`, {
      database: this.#names.database,
      workGroup: this.#names.of('usage'),
      name: `create ${name}`,
      description: means,
      queryString: `CREATE OR REPLACE VIEW ${name} AS\n${sql}`,
    }).addResourceDependency(this.#workGroup);
  }

  #entry(name: string, input: Omit<CfnTable.TableInputProperty, 'name'>): void {
    new CfnTable(this, `Table-${name}`, {
      catalogId: this.#names.account,
      databaseName: this.#names.database,
      tableInput: { name, ...input },
    }).addResourceDependency(this.#database);
  }
}
