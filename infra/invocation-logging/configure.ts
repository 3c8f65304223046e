/** Bedrock's setting, as far as it says where to: it is the whole account's, one a region. */
export interface Logging {
  s3Config?: { bucketName?: string | undefined } | undefined;
  cloudWatchConfig?: { logGroupName?: string | undefined } | undefined;
}

/** The three operations of Bedrock that there are for it. */
export interface LoggingSetting {
  get(): Promise<Logging | undefined>;
  put(logging: Logging): Promise<void>;
  remove(): Promise<void>;
}

/** What CloudFormation sends for a resource that a function makes. */
export interface ResourceEvent {
  RequestType: 'Create' | 'Update' | 'Delete';
  ResponseURL: string;
  StackId: string;
  RequestId: string;
  LogicalResourceId: string;
  PhysicalResourceId?: string;
  /** `Logging` is JSON: CloudFormation makes text of every other value. */
  ResourceProperties: { Logging: string };
  OldResourceProperties?: { Logging: string };
}

/** The same for every version of it: Bedrock has one, so no update ever leaves an old one to delete. */
const ID = 'bedrock-invocation-logging';

/** Bedrock tries to write when it is told where to, and IAM may not know a new role or policy everywhere yet. */
const TRIES = 8;
const BETWEEN_MS = 10_000;

export interface Parts {
  setting: LoggingSetting;
  /** Where CloudFormation waits for the answer. */
  answer(url: string, body: string): Promise<void>;
  wait(ms: number): Promise<void>;
}

/**
 * Sets Bedrock's invocation logging as a resource of a stack. What another stage, or a person, has set is neither replaced nor
 * taken away: a setting is ours if it writes into our bucket.
 *
 * @returns what Lambda calls; whatever happens, CloudFormation is told, or it would wait for an hour
 */
export function createConfigure({ setting, answer, wait }: Parts): (event: ResourceEvent) => Promise<void> {
  const apply = async ({ RequestType, ResourceProperties, OldResourceProperties }: ResourceEvent): Promise<void> => {
    const wanted = JSON.parse(ResourceProperties.Logging) as Logging;
    const buckets = [
      wanted,
      ...(OldResourceProperties === undefined ? [] : [JSON.parse(OldResourceProperties.Logging)]),
    ];
    const there = await setting.get();
    const isOurs = there !== undefined && buckets.some((one) => bucketOf(one) === bucketOf(there));
    if (RequestType === 'Delete') return isOurs ? setting.remove() : undefined;
    if (there !== undefined && !isOurs)
      throw new Error(
        `Invocation logging is set in this account and region already, to ${nameOf(there)}: it has one setting, and this stage takes over nobody's.`,
      );
    await patiently(() => setting.put(wanted), wait);
  };
  return async (event) => {
    const { ResponseURL, StackId, RequestId, LogicalResourceId, PhysicalResourceId = ID } = event;
    const told = await apply(event).then(
      () => ({ Status: 'SUCCESS' }),
      (error: unknown) => ({ Status: 'FAILED', Reason: (error as Error).message }),
    );
    await answer(ResponseURL, JSON.stringify({ ...told, StackId, RequestId, LogicalResourceId, PhysicalResourceId }));
  };
}

async function patiently(attempt: () => Promise<void>, wait: Parts['wait'], tries = TRIES): Promise<void> {
  try {
    return await attempt();
  } catch (error) {
    if ((error as Error).name !== 'ValidationException' || tries <= 1) throw error;
  }
  await wait(BETWEEN_MS);
  return patiently(attempt, wait, tries - 1);
}

/** Where it writes to: of those that were never set up here there may be a log group alone. */
function bucketOf({ s3Config }: Logging): string {
  return s3Config?.bucketName ?? '';
}

function nameOf({ s3Config, cloudWatchConfig }: Logging): string {
  const names = [s3Config?.bucketName, cloudWatchConfig?.logGroupName].filter((name) => name !== undefined);
  return names.join(' and ') || 'nowhere';
}
