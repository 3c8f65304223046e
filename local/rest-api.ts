import type { GatewayResponseType } from '../contract/gateway-responses.ts';
import type { Clock } from '../contract/log.ts';
import { listen } from '../server/listen.ts';
import { API_ID, roleName, STAGE } from './aws/roles.ts';
import type { Functions } from './functions.ts';
import { createAuthorizer } from './gateway/authorizers.ts';
import type { Api } from './gateway/event.ts';
import { ADMIN_RESOURCE, createFront, type FrontOptions } from './gateway/front.ts';

export interface RestApiOptions {
  port: number;
  account: string;
  region: string;
  authorizerTtlSeconds: number;
  functions: Pick<Functions, 'admin' | 'authorizer' | 'invoke'>;
  /** Counts a call by the API key that the authorizer named; says how it is refused, if it is. */
  count(usageKey: string | undefined): GatewayResponseType | undefined;
  /** Whether pages may call from a browser. */
  cors: boolean;
  /** The console. */
  servePage: FrontOptions['servePage'];
  /** As `/ai`; '' for none. */
  basePath: string;
  clock: Clock;
  newId(): string;
  /** Something to be found in the log. */
  note(event: string, fields: Record<string, unknown>): void;
}

export interface RestApi {
  url: string;
  /** Lets calls in flight finish, and cuts the rest after `graceMs` milliseconds. */
  close(graceMs: number): Promise<void>;
}

/** @throws TollgateError `bad_setting` when the port is taken */
export async function startRestApi(options: RestApiOptions): Promise<RestApi> {
  const { port, account, region, authorizerTtlSeconds, functions, count, cors, basePath, clock, newId, note } = options;
  const { servePage } = options;
  const api: Api = { apiId: API_ID, accountId: account, region, stage: STAGE, domainName: `127.0.0.1:${port}` };
  const authorize = createAuthorizer({
    api,
    call: (event, requestId) => functions.authorizer.call(event, requestId),
    ttlSeconds: authorizerTtlSeconds,
    clock,
    onFailure: (error, requestId) =>
      note('authorizer-failed', { requestId, reason: error instanceof Error ? error.message : 'not an Error' }),
  });
  const onRequest = createFront({
    api,
    authorize,
    count,
    servePage,
    cors,
    basePath,
    integrate: (route, event, requestId, reader, tenantId) =>
      route === ADMIN_RESOURCE
        ? functions.admin.stream(event, requestId, reader)
        : functions.invoke.stream(event, requestId, reader, tenantId),
    clock,
    newId,
    onBroken: ({ requestId }, ending, error) =>
      note('integration-broken', { function: roleName('invoke'), requestId, ending, reason: error?.message ?? '' }),
  });
  const { close } = await listen({ host: '127.0.0.1', port, onRequest });
  return { url: `http://127.0.0.1:${port}`, close };
}
