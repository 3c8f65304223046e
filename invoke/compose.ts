import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as after } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createAskTable } from '../aws/table.ts';
import { COUNTERS_ATTEMPT_MS, EVENTS_TIMEOUT_MS, RESERVATION_NAME_BYTES } from '../contract/limits/budgets.ts';
import { V8_FLAGS } from '../contract/limits/invoke.ts';
import { REGISTRY_TIMEOUT_MS } from '../contract/limits/registry.ts';
import {
  BROKER_ATTEMPTS,
  BROKER_TIMEOUT_MS,
  CREDENTIALS_CACHE_MAX,
  STS_TIMEOUT_MS,
} from '../contract/limits/sessions.ts';
import { type Clock, logLine, METRICS, type WriteLine, type WriteLineOut } from '../contract/log.ts';
import type { InvokeSettings } from '../contract/settings.ts';
import { createBudgets } from '../metering/budgets/budgets.ts';
import { createCounters } from '../metering/budgets/counters.ts';
import { createShares } from '../metering/budgets/shares.ts';
import { createMeter } from '../metering/emit.ts';
import type { ClientReader, DescriptionReader, PriceReader, RegistryReader } from '../registry/reader.ts';
import { reportUnusable } from '../registry/unusable.ts';
import { createSts, createStsIssuer, type StsIssuerOptions } from '../sessions/assume.ts';
import type { Issue } from '../sessions/session.ts';
import type { AppDeps } from './app.ts';
import type { Costs } from './costs.ts';
import type { Direct } from './direct/direct.ts';
import { passTraces } from './edge/trace.ts';
import type { Answers } from './kept.ts';
import { type CallScope, createCredentials } from './pipeline/credentials.ts';
import { createEntries } from './pipeline/entries.ts';
import { createPipeline } from './pipeline/pipeline.ts';
import type { Routes } from './pipeline/ways.ts';
import { createBedrock } from './providers/bedrock.ts';
import { createPost } from './providers/post.ts';
import type { Provider } from './providers/provider.ts';
import { createTransport } from './providers/transport.ts';
import type { SessionIds } from './session-ids.ts';

export interface Surroundings {
  clock: Clock;
  /** Where lines go. */
  write: WriteLine;
  /** Where a line goes that must be out before its call is sent. Default `write`, which has it out when it returns. */
  writeOut?: WriteLineOut;
  /** Sessions remembered. */
  sessionsMax?: number;
  /** Milliseconds for which spans wait for each other; absent: they are sent when they are flushed. */
  spansEveryMs?: number;
}

type Registry = RegistryReader & PriceReader & ClientReader & DescriptionReader;

export interface Composed extends Omit<AppDeps, 'open'> {
  registry: Registry;
  /** As AWS's SDK found them: region, credentials. */
  client: DynamoDBClient;
  /** Sends spans of calls that have ended; absent where nobody collects them. */
  flushSpans: (() => Promise<void>) | undefined;
}

/** Everything of a call but who makes it, which each door learns in its own way: the function and the container are both made of it. */
export async function compose(
  settings: InvokeSettings,
  { clock, write, writeOut = write, sessionsMax = CREDENTIALS_CACHE_MAX, spansEveryMs: everyMs }: Surroundings,
): Promise<Composed> {
  const { table, countersTable, eventBus, eventsUrl, invokerRoleArn, brokerFunction, registryMemoryMs } = settings;
  const { stage, firstByteMs, streamIdleMs, callTotalMs } = settings;
  // Here, because NODE_OPTIONS takes no such flag, and a function has no command line. V8 reads them whenever it looks at a function.
  for (const flag of V8_FLAGS) setFlagsFromString(flag);
  const registry = registryWhenAsked(async () => {
    const { createRegistry } = await import('../registry/dynamo.ts');
    const requestHandler = createTransport({ requestMs: REGISTRY_TIMEOUT_MS });
    return createRegistry({
      client: new DynamoDBClient({ requestHandler }),
      table,
      clock,
      memoryMs: registryMemoryMs,
      rememberTenants: true,
      onUnusable: reportUnusable({ clock, write }),
    });
  });
  const entries = createEntries({
    registry,
    clock,
    onUndecided: ({ code, reason }) =>
      write(logLine(clock(), { event: 'undecided', level: 'error', code, reason }, { [METRICS.undecided]: 1 })),
  });

  const countersTransport = createTransport({ requestMs: COUNTERS_ATTEMPT_MS });
  const countersClient = new DynamoDBClient({ requestHandler: countersTransport });
  const ask = createAskTable({ client: countersClient, transport: countersTransport, clock });
  const counters = createCounters({ client: countersClient, ask, table: countersTable });

  const { answers } = settings;
  let answersLoaded: Promise<Answers> | undefined;
  const loadAnswers = (kept: NonNullable<typeof answers>): Promise<Answers> => {
    answersLoaded ??= import('./answers/answers.ts').then(({ createAnswers }) =>
      createAnswers({ ...kept, ask, clock }),
    );
    return answersLoaded;
  };

  let sessionIdsLoaded: Promise<SessionIds> | undefined;
  const sessionIds = (): Promise<SessionIds> => {
    sessionIdsLoaded ??= import('./session-ids.ts').then(({ createSessionIds }) =>
      createSessionIds({ ask, table: countersTable, random: randomBytes }),
    );
    return sessionIdsLoaded;
  };

  let costsLoaded: Promise<Costs> | undefined;
  const costs = (): Promise<Costs> => {
    costsLoaded ??= import('./costs.ts').then(({ createCosts }) => createCosts({ prices: registry, clock }));
    return costsLoaded;
  };

  const budgets = createBudgets({
    counters,
    prices: registry,
    clock,
    write,
    newCall: () => randomBytes(RESERVATION_NAME_BYTES).toString('base64url'),
    async announce(crossings, subject) {
      // Loaded only when a budget comes near its end, which few calls see.
      const { createAnnounce } = await import('./budgets/announce.ts');
      const transport = createTransport({ requestMs: EVENTS_TIMEOUT_MS });
      const tell = createAnnounce({
        signedAs: countersClient.config,
        transport,
        bus: eventBus,
        stage,
        url: eventsUrl,
        clock,
        write,
      });
      await tell(crossings, subject).finally(() => transport.destroy());
    },
    pause: (ms) => after(ms),
  });

  const calls = { post: createPost(), clock };
  let sagemaker: Provider | undefined;
  const endpoints: Provider = {
    async send(call) {
      // Loaded with the first call of one: not every stage has endpoints.
      sagemaker ??= (await import('./providers/sagemaker.ts')).createSageMaker(calls);
      return sagemaker.send(call);
    },
  };

  let agents: Provider | undefined;
  const resources: Provider = {
    async send(call) {
      agents ??= (await import('./providers/agents.ts')).createAgents(calls, settings.agentsUrl);
      return agents.send(call);
    },
  };

  async function issuer(): Promise<Issue<CallScope>> {
    if (brokerFunction === undefined) {
      const transport = createTransport({ requestMs: STS_TIMEOUT_MS });
      const spokes = async (own: StsIssuerOptions): Promise<Issue> =>
        (await import('../sessions/spoke.ts')).createSpokeIssuer(own, {
          stage,
          roles: settings.spokes,
          stsOf: (credentials) => createSts(transport, credentials),
          remember: (issue) => createCredentials({ issue, roleArn: invokerRoleArn, clock, max: sessionsMax }),
        });
      return createStsIssuer({ sts: createSts(transport), roleArn: invokerRoleArn, clock, write, spokes });
    }
    // Loaded only where there is a broker, so that nobody else's cold start pays for Lambda's client.
    const [{ createBrokerIssuer }, { createInvoke }] = await Promise.all([
      import('./direct/broker.ts'),
      import('../aws/lambda.ts'),
    ]);
    const invoke = createInvoke({
      ...{ signedAs: countersClient.config, transport: createTransport({ requestMs: BROKER_TIMEOUT_MS }), clock },
      ...{ url: settings.lambdaUrl, functionName: brokerFunction, attempts: BROKER_ATTEMPTS, pause: (ms) => after(ms) },
    });
    return createBrokerIssuer({ invoke, clock, write });
  }

  let routesLoaded: Promise<Routes> | undefined;
  const loadRoutes = async (): Promise<Routes> => {
    const random = Math.random;
    const [{ createRoutes }, shared] = await Promise.all([
      import('./pipeline/ways.ts'),
      settings.sharesHealth
        ? import('./routing/shared.ts').then(({ createShared }) => createShared({ counters, clock, random, write }))
        : undefined,
    ]);
    return createRoutes({ clock, random, shared, write, stage: settings.routing });
  };

  const { otel } = settings;
  const traces =
    otel &&
    (await import('./traces/open.ts')).openTraces({
      ...{ otel, stage, prices: registry, post: calls.post, everyMs, clock, write },
      signedAs: countersClient.config,
    });

  const issue = await issuer();
  let handOut: Direct | undefined;
  // Most tenants call through the gateway, and have no grant for this.
  const direct: Direct = async (request) => {
    handOut ??= (await import('./direct/direct.ts')).createDirect({
      entries,
      issue,
      reserve: budgets.reserve,
      routing: settings.routing,
      clock,
      write,
    });
    return handOut(request);
  };
  const run = createPipeline({
    entries,
    credentials: createCredentials({ issue, roleArn: invokerRoleArn, clock, max: sessionsMax }),
    providers: {
      'bedrock-runtime': createBedrock(calls),
      'bedrock-agent-runtime': resources,
      'sagemaker-runtime': endpoints,
    },
    meter: createMeter({ write, writeOut }),
    reserve: budgets.reserve,
    take: createShares({ counters, clock, write }),
    clock,
    newId: randomUUID,
    deadlines: { firstByteMs, streamIdleMs, callTotalMs },
    routes() {
      routesLoaded ??= loadRoutes();
      return routesLoaded;
    },
    tellsRoute: settings.tellsRoute,
    write,
  });

  return {
    run,
    keepToken: brokerFunction !== undefined,
    entries,
    direct,
    // A list of what may be called is one without them, too.
    describe: (ids) => registry.descriptions(ids).catch(() => new Map()),
    counters,
    answers: answers && (() => loadAnswers(answers)),
    storesResponses: answers?.storesResponses === true,
    sessionIds,
    costs,
    corsOrigins: settings.corsOrigins,
    takeUp: traces?.takeUp ?? passTraces,
    flushSpans: traces?.flush,
    clock,
    write,
    registry,
    client: countersClient,
  };
}

/** Most calls bring their tenant's entries with them: only who has too many, or a budget in dollars, asks the registry. */
function registryWhenAsked(load: () => Promise<Registry>): Registry {
  let loading: Promise<Registry> | undefined;
  const loaded = (): Promise<Registry> => {
    loading ??= load();
    return loading;
  };
  return {
    tenant: async (id) => (await loaded()).tenant(id),
    prices: async (ids) => (await loaded()).prices(ids),
    clientTenant: async (client) => (await loaded()).clientTenant(client),
    descriptions: async (ids) => (await loaded()).descriptions(ids),
  };
}
