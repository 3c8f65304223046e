import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TollgateError } from '../contract/errors.ts';
import { roleName, STAGE, stageName } from '../contract/names.ts';
import type { Environment } from '../contract/read-setting.ts';

/** What a command acts on: the gateway running on this machine, or a deployed stage. */
export interface Target {
  kind: 'local' | 'stage';
  /** `local`, or the stage's name. */
  stage: string;
  region: string;
  /** DynamoDB table of the registry. */
  table: string;
  /** DynamoDB table of the budgets' counters and of the days' summaries. */
  countersTable: string;
  /** DynamoDB table of the secrets of keys, and the name of the secret that these are hashed with; there where a stage has keys. */
  keysTable: string;
  keysSecret: string;
  /** Bucket of usage. Asked for only by who needs it: for a stage it costs a call to STS. */
  bucket(): Promise<string>;
  /** Of the stage's role for `what`, e.g. `invoker`. */
  roleName(what: string): string;
  /** What every AWS SDK client is built with: `new DynamoDBClient(target.clientConfig)`. */
  clientConfig: ClientConfig;
  /** Base URLs of the local identity provider and gateway; absent for a stage. */
  issuer?: string;
  gateway?: string;
}

export interface ClientConfig {
  region: string;
  endpoint?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/** The options that every command accepts. */
export interface TargetOptions {
  stage?: string;
  region?: string;
  bucket?: string;
}

/** The file that a ready local gateway writes. */
interface LocalFile {
  gateway: string;
  issuer: string;
  aws: string;
  pid: number;
}

const LOCAL_REGION = 'us-east-1';

// Not a secret: the local AWS endpoint listens on loopback and knows this pair as its operator.
const LOCAL_OPERATOR = { accessKeyId: 'tollgate-operator', secretAccessKey: 'tollgate-operator' };

/**
 * @param options `stage` absent: the local gateway
 * @param env TOLLGATE_DATA (folder of the local gateway), TOLLGATE_BUCKET, AWS_REGION
 * @throws TollgateError `unavailable` when no local gateway runs; `bad_setting` naming a wrong option
 */
export async function resolveTarget(options: TargetOptions, env: Environment): Promise<Target> {
  return options.stage === undefined ? localTarget(options, env) : stageTarget(options.stage, options, env);
}

function localTarget(options: TargetOptions, env: Environment): Target {
  const local = readLocalFile(join(env.TOLLGATE_DATA || '.tollgate', 'local.json'));
  return {
    kind: 'local',
    stage: 'local',
    region: LOCAL_REGION,
    table: 'tollgate-registry',
    countersTable: 'tollgate-counters',
    keysTable: 'tollgate-keys',
    keysSecret: stageName('local', 'keys-secret'),
    bucket: async () => options.bucket ?? 'tollgate-usage',
    roleName: (what) => stageName('local', what),
    clientConfig: { region: LOCAL_REGION, endpoint: local.aws, credentials: LOCAL_OPERATOR },
    issuer: local.issuer,
    gateway: local.gateway,
  };
}

async function stageTarget(stage: string, options: TargetOptions, env: Environment): Promise<Target> {
  if (!STAGE.test(stage))
    throw bad('--stage', 'must be a stage name: 1 to 20 of a-z, 0-9 and "-", beginning with a letter');
  const region = options.region || env.AWS_REGION || env.AWS_DEFAULT_REGION || (await configuredRegion());
  const clientConfig = { region };
  return {
    kind: 'stage',
    stage,
    region,
    table: stageName(stage, 'registry'),
    countersTable: stageName(stage, 'counters'),
    keysTable: stageName(stage, 'keys'),
    keysSecret: stageName(stage, 'keys-secret'),
    bucket: async () =>
      options.bucket ??
      (env.TOLLGATE_BUCKET || `${stageName(stage, 'usage')}-${await accountOf(clientConfig, '--bucket')}-${region}`),
    roleName: (what) => roleName(stage, what, region),
    clientConfig,
  };
}

// The SDK's own look-up, which also reads the profile; loaded only here because the import takes longer than the call.
async function configuredRegion(): Promise<string> {
  const { STSClient } = await import('@aws-sdk/client-sts');
  try {
    return await new STSClient({}).config.region();
  } catch {
    throw bad('--region', 'is needed: neither AWS_REGION nor the AWS profile names one');
  }
}

/** The account that the credentials belong to. @throws TollgateError `bad_setting` naming `option` when STS does not say */
export async function accountOf(config: ClientConfig, option: string): Promise<string> {
  const { Account } = await callerIdentity(config);
  if (Account === undefined) throw bad(option, 'is needed: STS did not say which account this is');
  return Account;
}

/** Whose the credentials are. */
export async function callerIdentity(config: ClientConfig): Promise<{ Account?: string; Arn?: string }> {
  const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
  const { Account, Arn } = await new STSClient(config).send(new GetCallerIdentityCommand({}));
  return { ...(Account === undefined ? {} : { Account }), ...(Arn === undefined ? {} : { Arn }) };
}

function readLocalFile(path: string): LocalFile {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw notRunning(cause);
  }
  if (!isLocalFile(value) || !isAlive(value.pid)) throw notRunning();
  return value;
}

function isLocalFile(value: unknown): value is LocalFile {
  if (value === null || typeof value !== 'object') return false;
  const file = value as Partial<LocalFile>;
  return [file.gateway, file.issuer, file.aws].every((url) => typeof url === 'string') && Number.isInteger(file.pid);
}

/** Signal 0 only asks; EPERM means that the process is there and is another user's. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function notRunning(cause?: unknown): TollgateError {
  return new TollgateError('unavailable', {
    reason: 'no-local-gateway',
    message: 'no local gateway is running; start it with npm start, or name a deployed one with --stage',
    cause,
  });
}

function bad(field: string, what: string): TollgateError {
  return new TollgateError('bad_setting', { field, reason: 'bad-option', message: `${field} ${what}` });
}
