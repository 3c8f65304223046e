import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { logLine } from '../contract/log.ts';
import { ACCOUNT } from './accounts.ts';
import { tell } from './alerts.ts';
import { CONTAINER_ROLE, roleName } from './aws/roles.ts';
import type { Aws } from './aws/start.ts';
import { localConsole } from './console.ts';
import { startDelivery } from './delivery.ts';
import { containerEnvironment, type Surroundings } from './environment.ts';
import { writableFolder } from './files.ts';
import { directly, startFunctions } from './functions.ts';
import { openLog } from './log.ts';
import { startRestApi } from './rest-api.ts';
import { startSchedule } from './schedule.ts';
import type { LocalSettings } from './settings.ts';
import { Teardown } from './teardown.ts';

export interface Local {
  /** Base URLs. */
  gateway: string;
  issuer: string;
  aws: string;
  /** The AWS endpoint itself, for tests. */
  endpoint: Aws;
  /** The variables of a container beside this gateway: `npm run serve`. */
  serveEnv: Readonly<Record<string, string>>;
  /** Finishes calls in flight, delivers usage, and closes everything, in bounded time. */
  stop(): Promise<void>;
}

const REGION = 'us-east-1';

/** Milliseconds for calls in flight at a stop; what follows it takes less than two seconds more. */
const DRAIN_MS = 7_000;

/**
 * Starts the whole gateway on this machine. Resolves when it answers calls.
 *
 * @throws TollgateError `bad_setting` for a port or folder that cannot be used; nothing is left running then
 */
export async function startLocal(settings: LocalSettings): Promise<Local> {
  const { port, dataDir, authorizerTtlSeconds, cacheDir, bedrockUrl, broker, tenantIsolation, corsOrigins, verbose } =
    settings;
  const { basePath, keyMaxDays } = settings;
  const spokes = settings.spokes?.length ? settings.spokes : undefined;
  const clock = () => Date.now();
  const teardown = new Teardown();
  try {
    await writableFolder(dataDir);
    const log = openLog(dataDir, verbose);
    teardown.add(() => log.close());
    const note = (event: string, fields: Record<string, unknown>): void =>
      log.write(logLine(clock(), { event, level: 'warn', ...fields }), 'warn');

    // First the AWS endpoint, which gives the functions their credentials; then everything else beside their start. What
    // takes long to load is loaded where it is used, so that three threads load at once.
    const endpoint = await teardown.opening(
      import('./aws/start.ts').then(({ startAws }) =>
        startAws({
          port: port + 2,
          dataDir,
          account: ACCOUNT,
          region: REGION,
          broker,
          spokes,
          keyMaxDays,
          authorizerTtlSeconds,
        }),
      ),
      (aws) => aws.close(),
    );
    const issuer = `http://127.0.0.1:${port + 1}`;
    // Taken up by the delivery, which is there before any function has started.
    const surroundings: Surroundings = {
      awsUrl: endpoint.url,
      account: ACCOUNT,
      region: REGION,
      issuers: [localIssuer(issuer), ...settings.issuers],
      authorizerTtlSeconds,
      broker,
      keyMaxDays,
      spokes,
      corsOrigins,
      basePath,
      storeResponses: settings.storeResponses,
      routingJson: settings.routingJson,
      tellRoute: settings.tellRoute,
      sharedHealth: settings.sharedHealth,
      otel: settings.otel,
      bedrockUrl,
    };
    const functions = startFunctions({
      credentialsFor: endpoint.credentialsFor,
      surroundings,
      tenantIsolation,
      onLine: (line) => delivery.take(line),
      cacheDir,
    });
    const operator = import('./operator.ts').then(({ createOperator }) =>
      createOperator({ awsUrl: endpoint.url, account: ACCOUNT, region: REGION, clock }),
    );
    teardown.add(async () => (await operator).close());
    const delivery = startDelivery({
      folder: join(dataDir, 'spool'),
      put: async (key, body) => (await operator).put(key, body),
      onMetrics: endpoint.ingestEmf,
      onLog: log.write,
      clock,
    });
    teardown.add(() => delivery.close());
    teardown.add(() => functions.stop());
    const flush = async (): Promise<void> => {
      await functions.sync();
      await delivery.flush();
    };
    endpoint.onFlush = flush;
    // Whatever kills this process, a call that is in the list was announced on disk before: it is on the bill or unsettled.
    endpoint.onModelCall = async () => {
      await functions.invoke.sync();
      delivery.write();
    };
    endpoint.onInvoke = (name, event, requestId) => {
      if (name === roleName('invoke')) return directly(functions.invoke, event, requestId);
      return [functions.broker, functions.seal, functions.alerts]
        .find((fn) => fn?.name === name)
        ?.call(event, requestId);
    };

    endpoint.onEvent = (event) => void tell(functions.alerts, event, note);

    const onIdentityError = ({ message }: Error): void => note('identity-failed', { message });
    const [restApi] = await Promise.all([
      teardown.opening(
        startRestApi({
          port,
          account: ACCOUNT,
          region: REGION,
          authorizerTtlSeconds,
          functions,
          count: endpoint.limits.count,
          servePage: localConsole(issuer),
          cors: corsOrigins.length > 0,
          basePath,
          clock,
          newId: randomUUID,
          note,
        }),
        (api) => api.close(DRAIN_MS),
      ),
      functions.authorizer.start(),
      functions.invoke.start(),
      functions.broker?.start(),
      teardown.opening(
        import('./identity.ts').then(({ startIdentity }) =>
          startIdentity({
            port: port + 1,
            dataDir,
            consoleUrls: consoleUrls(port, basePath),
            onError: onIdentityError,
          }),
        ),
        (identity) => identity.close(0),
      ),
      operator.then(({ provision }) => provision({ keys: keyMaxDays !== undefined })),
    ]);
    const schedule = startSchedule({ flush, metering: functions.metering, newId: randomUUID, note });
    teardown.add(async () => schedule.stop());
    const serveEnv = containerEnvironment(surroundings, endpoint.credentialsFor(CONTAINER_ROLE, null));
    return { gateway: restApi.url, issuer, aws: endpoint.url, endpoint, serveEnv, stop: () => teardown.run() };
  } catch (error) {
    // The first failure is the one to tell; closing what never opened may well fail too.
    await teardown.run().catch(() => {});
    throw error;
  }
}

/** The console's addresses, whichever way this machine is named, with and without a last slash. */
function consoleUrls(port: number, basePath: string): string[] {
  const bases = basePath === '' ? [''] : ['', basePath];
  return ['127.0.0.1', 'localhost'].flatMap((host) =>
    bases.flatMap((base) => ['', '/'].map((slash) => `http://${host}:${port}${base}/console${slash}`)),
  );
}

/** The demo's own identity provider, as one would write it into the setting. */
function localIssuer(issuer: string): object {
  return {
    issuer,
    jwksUri: `${issuer}/jwks`,
    audience: 'tollgate',
    tenantClaim: 'tenant',
    rolesClaim: 'roles',
    algorithms: ['RS256'],
  };
}
