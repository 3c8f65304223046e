import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { AUTHORIZER_TTL_SECONDS } from '../../contract/limits/contract.ts';
import { KEY_DAYS_TAG } from '../../contract/names.ts';
import { listen } from '../../server/listen.ts';
import { DEMO_CLIENTS } from '../clients.ts';
import type { Limits } from './apigateway/limits.ts';
import { createApiGateway } from './apigateway/service.ts';
import { createEvaluations } from './bedrock/evaluations.ts';
import { createBedrock } from './bedrock/service.ts';
import { CALLS_MAX, type CallRecord, type Calls, createCalls } from './calls.ts';
import { openCallsFile } from './calls-file.ts';
import { createCloudWatch } from './cloudwatch/service.ts';
import { control, isOwn, refuseForeign } from './control.ts';
import { createDynamo } from './dynamodb/service.ts';
import { createEvents, type EventRecord } from './events.ts';
import { exchange } from './exchange.ts';
import { createFaults } from './faults.ts';
import { createIam } from './iam.ts';
import { knownRoles } from './known-roles.ts';
import { createLambda, type InvokeFunction } from './lambda/service.ts';
import {
  API_ID,
  CONTEXT_KEY,
  containerRole,
  EVENT_BUS,
  KEYS_SECRET,
  localFunctionArn,
  localRoles,
  roleName,
  STAGE,
} from './roles.ts';
import { createS3 } from './s3/service.ts';
import { createStore } from './s3/store.ts';
import { createSageMaker } from './sagemaker/service.ts';
import { createSecretsManager } from './secretsmanager/service.ts';
import type { Service, ServiceName } from './service.ts';
import { type Credentials, createSessions, type Role, type Session } from './sessions.ts';
import { parseAuthorization } from './sigv4.ts';
import { createSns } from './sns.ts';
import { spokeRole } from './spokes.ts';
import { createSts } from './sts.ts';

/** Milliseconds for calls in flight when the endpoint closes. */
const CLOSE_GRACE_MS = 1_000;

/** Bytes of a request: more than any SDK sends here in one piece. */
const REQUEST_MAX_BYTES = 64 * 1024 * 1024;

export interface AwsOptions {
  /** 0 to 65,535; 0 lets the system choose. */
  port: number;
  /** Folder of the table and the buckets; made if absent. */
  dataDir: string;
  /** 12 digits. */
  account: string;
  /** The stores' region. Models are called in the region that each request is signed for. */
  region: string;
  /** Whether the default roles are those of a stage with a broker. Default false. */
  broker?: boolean;
  /** Roles of the second account that calls may run under, as policies name them; absent: there is no such account. */
  spokes?: readonly string[] | undefined;
  /** Days for which keys of the gateway are good at most; absent: there are none. */
  keyMaxDays?: number | undefined;
  /** Seconds for which the gateway in front remembers an authorizer's answer: what API Gateway says of the authorizer. */
  authorizerTtlSeconds?: number;
  /** Default: the roles that the template deploys, for the local stage. */
  functionRoles?: readonly Role[];
  /** Milliseconds since 1970. */
  clock?: () => number;
}

export interface Aws {
  readonly url: string;
  readonly port: number;
  readonly calls: Calls;
  /** What API Gateway's usage plans let through, for the gateway in front. */
  readonly limits: Limits;
  /**
   * Credentials of a function's role, as Lambda gives them to a function; always the same ones, valid until the endpoint
   * closes: Lambda renews its functions' credentials by itself.
   *
   * @param functionName default: the role's own function, which has the role's name; null: not Lambda gives them out, but
   *   whoever else may be trusted with the role
   * @throws Error when there is no such role
   */
  credentialsFor(roleName: string, functionName?: string | null): Credentials;
  /** One line of a function's stdout; its metrics are extracted as CloudWatch Logs does. Other lines are ignored. */
  ingestEmf(line: string): void;
  /** What `POST /_local/flush` waits for; to be set by whoever delivers lines. */
  onFlush: () => Promise<void>;
  /** Awaited before a call of a model is in the calls list; to be set by whoever keeps the usage lines. */
  onModelCall: () => Promise<void>;
  /** What Lambda's Invoke calls; to be set by whoever runs the functions. There are none until then. */
  onInvoke: InvokeFunction;
  /** What a rule for every event of Tollgate hands on; to be set by whoever runs the functions. */
  onEvent: (event: EventRecord) => void;
  close(): Promise<void>;
}

/** The services' names in a signature's scope. */
const SCOPES: Readonly<Record<string, ServiceName>> = {
  sts: 'sts',
  iam: 'iam',
  dynamodb: 'dynamodb',
  s3: 's3',
  bedrock: 'bedrock',
  sagemaker: 'sagemaker',
  lambda: 'lambda',
  apigateway: 'apigateway',
  events: 'events',
  secretsmanager: 'secretsmanager',
  sns: 'sns',
  monitoring: 'cloudwatch',
};

/**
 * The AWS services that Tollgate uses, on one loopback port, told apart by the scope of each request's signature.
 *
 * @throws TollgateError `bad_setting` when the port or the folder cannot be used
 */
export async function startAws(options: AwsOptions): Promise<Aws> {
  const { account, region, dataDir, clock: now = Date.now } = options;
  const roles = knownRoles(
    account,
    options.functionRoles ?? [...localRoles(account, region, options), containerRole(account, region, options)],
    (name) => (options.spokes === undefined ? undefined : spokeRole(name, account)),
  );
  const sessions = createSessions(now);
  const faults = createFaults();
  const cloudwatch = createCloudWatch({ now });
  const events = createEvents({ account, buses: [EVENT_BUS], onEvent: (event) => aws.onEvent(event), now });
  const dynamo = await createDynamo({ folder: join(dataDir, 'dynamodb'), account, region, now });
  const apiGateway = await createApiGateway(
    dataDir,
    {
      account,
      region,
      apiId: API_ID,
      name: `tollgate-${STAGE}-gateway`,
      stage: STAGE,
      authorizerTtlSeconds: options.authorizerTtlSeconds ?? AUTHORIZER_TTL_SECONDS,
    },
    now,
  );
  const secrets = await createSecretsManager({
    folder: dataDir,
    account,
    region,
    secret: CONTEXT_KEY,
    rotation: roleName('seal'),
    operators:
      options.keyMaxDays === undefined
        ? undefined
        : { secret: KEYS_SECRET, tags: { [KEY_DAYS_TAG]: String(options.keyMaxDays) } },
    known: new Map(DEMO_CLIENTS.flatMap(({ id, by }) => (typeof by === 'string' ? [] : [[id, by.secret] as const]))),
    invoke: (...call) => aws.onInvoke(...call),
    now,
  });
  /** CloudWatch has the metrics of its own account. */
  const counts = ({ service, caller }: CallRecord): boolean =>
    service === 'bedrock' && (caller === null || caller.arn.split(':')[4] === account);
  const calls = createCalls(openCallsFile(dataDir, CALLS_MAX));
  // What was asked before a restart was counted, too.
  for (const record of calls.after(0)) if (counts(record) && record.status !== null) cloudwatch.asked(record);
  const objects = createStore(join(dataDir, 's3'));
  const services: Record<ServiceName, Service> = {
    sts: createSts({ account, roles, sessions, now }),
    iam: createIam({ account, roles }),
    dynamodb: dynamo.service,
    s3: createS3({ folder: join(dataDir, 's3'), now }),
    bedrock: createBedrock({ account, evaluations: createEvaluations({ folder: dataDir, store: objects, now }) }),
    sagemaker: createSageMaker({ account, objects, now }),
    apigateway: apiGateway.service,
    lambda: createLambda({ account, invoke: (...call) => aws.onInvoke(...call) }),
    events: events.service,
    secretsmanager: secrets,
    sns: createSns(account),
    cloudwatch: cloudwatch.service,
  };

  const onRequest = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const isControl = (req.url ?? '').startsWith('/_local/');
    if (isControl && !isOwn(req)) return refuseForeign(res);
    const body = await readBody(req);
    if (body === null) return void res.writeHead(413).end();
    if (isControl) return control(req, res, body, { calls, events, faults, flush: aws.onFlush });
    const headers = headersOf(req);
    const auth = parseAuthorization(headers.authorization);
    const name = auth === null ? undefined : SCOPES[auth.service];
    if (auth === null || name === undefined) return unsigned(res);
    const [path = '/', ...query] = (req.url ?? '/').split('?');
    const request = { method: req.method ?? '', path, query: query.join('?'), headers, body, region: auth.region };
    return exchange(services[name], request, auth, res, {
      account,
      sessions,
      calls,
      faults,
      now,
      onModelCall: () => aws.onModelCall(),
      onAnswer: (record) => {
        if (counts(record)) cloudwatch.asked(record);
      },
    });
  };
  const server = await listen({
    host: '127.0.0.1',
    port: options.port,
    onRequest: (req, res) => void onRequest(req, res).catch(() => res.destroy()),
  }).catch(async (error: unknown) => {
    await dynamo.close();
    throw error;
  });

  const functions = new Map<string, Session>();
  const aws: Aws = {
    url: `http://127.0.0.1:${server.port}`,
    port: server.port,
    calls,
    limits: apiGateway.limits,
    credentialsFor(name, functionName = name) {
      const role = roles.byName(name);
      if (role === undefined) throw new Error(`there is no role ${name}`);
      const key = `${name} ${functionName}`;
      const given = functionName === null ? {} : { functionArn: localFunctionArn(account, region, functionName) };
      const session =
        functions.get(key) ??
        sessions.issue(
          { ...functionCaller(account, role, functionName ?? 'session', now()), ...given },
          Number.POSITIVE_INFINITY,
        );
      functions.set(key, session);
      const { accessKeyId, secretAccessKey, sessionToken } = session;
      return { accessKeyId, secretAccessKey, sessionToken };
    },
    ingestEmf: cloudwatch.ingestEmf,
    onFlush: () => Promise.resolve(),
    onModelCall: () => Promise.resolve(),
    onInvoke: () => undefined,
    onEvent: () => {},
    async close() {
      await server.close(CLOSE_GRACE_MS);
      await apiGateway.limits.close();
      calls.close();
      await dynamo.close();
    },
  };
  return aws;
}

/** Lambda names a function's session after the function. */
function functionCaller(account: string, role: Role, sessionName: string, issuedAt: number): Session['caller'] {
  const arn = `arn:aws:sts::${account}:assumed-role/${role.name}/${sessionName}`;
  return { arn, role, sessionName, sourceIdentity: null, tags: {}, sessionPolicy: null, issuedAt };
}

async function readBody(req: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > REQUEST_MAX_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function headersOf(req: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(req.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value;
  // Each protocol has its own name for the host, and a client may have signed either.
  const host = headers.host ?? headers[':authority'];
  return host === undefined ? headers : { ...headers, host, ':authority': host };
}

function unsigned(res: ServerResponse): void {
  res.writeHead(403, {
    'content-type': 'application/json',
    'x-amzn-errortype': 'MissingAuthenticationTokenException',
  });
  res.end(JSON.stringify({ message: 'Missing Authentication Token' }));
}
