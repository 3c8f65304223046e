import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AskTable } from '../aws/table.ts';
import { TollgateError } from '../contract/errors.ts';
import { COUNTERS_TIMEOUT_MS } from '../contract/limits/budgets.ts';
import { RETRY_AFTER_SECONDS } from '../contract/limits/contract.ts';
import { SESSION_ID_KEY_BYTES, SESSION_ID_MAC_CHARS } from '../contract/limits/invoke.ts';
import { sessionIdKey } from '../metering/budgets/counter-names.ts';
import { within } from '../registry/within.ts';

/**
 * Ids of sessions that Bedrock makes itself, and takes from whoever knows them. A tenant is told one with a MAC over it and the
 * tenant, and only what was told to it goes on to Bedrock: nothing is kept of any session, and no tenant can use another's, even
 * when it has read its id somewhere.
 */
export interface SessionIds {
  /** What the tenant is told: the id, a dot, and the MAC. @throws TollgateError `unavailable` */
  told(tenant: string, id: string): Promise<string>;
  /**
   * @returns Bedrock's own id
   * @throws TollgateError `invalid_request` naming `field` for what was told to nobody, or to another tenant: one answer for
   *   both; `unavailable`
   */
  own(tenant: string, told: unknown, field: string): Promise<string>;
}

export interface SessionIdsOptions {
  ask: AskTable;
  /** The counters table, which every instance of either door has. */
  table: string;
  random: (bytes: number) => Buffer;
}

/** The key is one for the stage, made by whoever first needs it, and read once by each instance. */
export function createSessionIds({ ask, table, random }: SessionIdsOptions): SessionIds {
  let reading: Promise<Buffer> | undefined;
  const key = (): Promise<Buffer> => {
    reading ??= read();
    reading.catch(() => {
      reading = undefined;
    });
    return reading;
  };

  async function read(): Promise<Buffer> {
    const { pk, sk } = sessionIdKey();
    const input = {
      TableName: table,
      Key: { pk: { S: pk }, sk: { S: sk } },
      // Whoever comes second gets what the first one made.
      UpdateExpression: 'SET #value = if_not_exists(#value, :made)',
      ExpressionAttributeNames: { '#value': 'value' },
      ExpressionAttributeValues: { ':made': { S: random(SESSION_ID_KEY_BYTES).toString('base64') } },
      ReturnValues: 'ALL_NEW',
    };
    const { Attributes } = await within(COUNTERS_TIMEOUT_MS, 'counters-timeout', (abortSignal) =>
      ask('UpdateItem', input, { abortSignal }),
    ).catch((cause) => {
      throw unavailable(cause);
    });
    const made = Buffer.from(Attributes?.value?.S ?? '', 'base64');
    if (made.length !== SESSION_ID_KEY_BYTES) throw unavailable();
    return made;
  }

  async function macOf(tenant: string, id: string): Promise<string> {
    const mac = createHmac('sha256', await key()).update(JSON.stringify(['tollgate-session', tenant, id]));
    return mac.digest('base64url').slice(0, SESSION_ID_MAC_CHARS);
  }

  return {
    told: async (tenant, id) => `${id}.${await macOf(tenant, id)}`,
    async own(tenant, told, field) {
      const at = typeof told === 'string' ? told.lastIndexOf('.') : -1;
      const [id, mac] = [String(told).slice(0, at), Buffer.from(String(told).slice(at + 1))];
      const made = at < 0 ? undefined : Buffer.from(await macOf(tenant, id));
      if (made?.length === mac.length && timingSafeEqual(made, mac)) return id;
      throw new TollgateError('invalid_request', {
        field,
        reason: 'unknown-session',
        message: `${field} must be what an answer here has given to this tenant.`,
      });
    },
  };
}

function unavailable(cause?: unknown): TollgateError {
  const retryAfterSeconds = RETRY_AFTER_SECONDS;
  return new TollgateError('unavailable', { reason: 'session-id-key', retryAfterSeconds, cause });
}
