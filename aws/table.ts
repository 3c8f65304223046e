import { setTimeout as after } from 'node:timers/promises';
import { type AttributeValue, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { COUNTERS_ANSWER_MAX_BYTES, COUNTERS_ATTEMPTS, COUNTERS_BACKOFF_MS } from '../contract/limits/budgets.ts';
import { caughtRequest } from './caught.ts';
import { AwsJsonError, type AwsJsonOptions, type CallAws, createAwsJson } from './json.ts';

export interface TableOptions extends Pick<AwsJsonOptions, 'transport' | 'clock'> {
  /** Whose credentials, region and endpoint are used. */
  client: DynamoDBClient;
  /** 0 to 1; spreads retries. */
  random?: () => number;
}

/**
 * An operation of DynamoDB in its JSON, which is the SDK's own input and output for all that is text, number or a set of them;
 * bytes are base64 in it.
 *
 * @throws Error by the name that the SDK's client gives it, with `Item` where a condition did not hold
 */
export type AskTable = (
  operation: 'DeleteItem' | 'GetItem' | 'PutItem' | 'Query' | 'UpdateItem',
  input: object,
  options: { abortSignal: AbortSignal },
) => Promise<{ Item?: Attributes; Attributes?: Attributes; Items?: Attributes[]; LastEvaluatedKey?: Attributes }>;
type Attributes = Record<string, AttributeValue>;

/**
 * What each call under a budget asks, twice: through the SDK's client it is four times the work of the call itself. What the
 * client decides is still the client's, where its table is and by which credentials; it is asked once.
 */
export function createAskTable({ client, transport, clock, random = Math.random }: TableOptions): AskTable {
  let found: Promise<CallAws> | undefined;
  const call = (): Promise<CallAws> => {
    found ??= endpointOf(client).then((url) =>
      createAwsJson({
        ...{ signedAs: client.config, transport, clock, url },
        service: 'dynamodb',
        maxBytes: COUNTERS_ANSWER_MAX_BYTES,
      }),
    );
    found.catch(() => {
      found = undefined;
    });
    return found;
  };

  return async (operation, input, options) => {
    const ask = await call();
    for (let attempt = 1; ; attempt++)
      try {
        return await ask(operation, input, options);
      } catch (error) {
        if (attempt === COUNTERS_ATTEMPTS || options.abortSignal.aborted || !isTransient(error)) throw named(error);
        await after(random() * COUNTERS_BACKOFF_MS * 2 ** (attempt - 1));
      }
  };
}

async function endpointOf({ config }: DynamoDBClient): Promise<string> {
  const { region, credentials } = config;
  const { protocol, hostname, port, path } = await caughtRequest((requestHandler) =>
    new DynamoDBClient({ region, credentials, requestHandler, maxAttempts: 1 }).send(
      new GetItemCommand({ TableName: 'none', Key: {} }),
    ),
  );
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`;
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const THROTTLED = new Set(['ProvisionedThroughputExceededException', 'RequestLimitExceeded', 'ThrottlingException']);

function isTransient(error: unknown): boolean {
  return !(error instanceof AwsJsonError) || error.status >= 500 || THROTTLED.has(error.type);
}

function named(error: unknown): unknown {
  if (!(error instanceof AwsJsonError)) return error;
  const { message, type: name, item: Item } = error;
  return Object.assign(new Error(message, { cause: error }), { name, Item });
}
