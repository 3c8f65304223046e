import { join } from 'node:path';
import { createAdmission } from '../authorizer/admission.ts';
import { trustIssuers } from '../authorizer/issuers.ts';
import { createReport } from '../authorizer/report.ts';
import { createVerifier } from '../authorizer/verify.ts';
import type { CallerContext } from '../contract/context.ts';
import { isTollgateError, TollgateError } from '../contract/errors.ts';
import { CONTEXT_KEY_TIMEOUT_MS } from '../contract/limits/seal.ts';
import { CONTAINER, SESSIONS_MAX } from '../contract/limits/server.ts';
import { SPANS_BATCH_MS } from '../contract/limits/traces.ts';
import { createLines } from '../contract/lines.ts';
import { logLine } from '../contract/log.ts';
import { misspelt } from '../contract/variables.ts';
import { createApp } from '../invoke/app.ts';
import { compose } from '../invoke/compose.ts';
import { createTransport } from '../invoke/providers/transport.ts';
import { FOLDER } from '../pages/files.ts';
import { createAnswers } from './answers.ts';
import { byPath } from './by-path.ts';
import { createFront } from './front.ts';
import { listen } from './listen.ts';
import { createReady } from './ready.ts';
import { type ServerSettings, serverSettings } from './settings.ts';

/** The second door: the authorizer, the pipeline and the surfaces in one process, for a container. `npm run serve` */
async function serve(settings: ServerSettings): Promise<void> {
  const { authorizer, invoke, port, host, authorizerTtlSeconds, proxies, bucket, catalog, graceMs } = settings;
  const clock = (): number => Date.now();
  const background = new Set<Promise<unknown>>();
  const lines = createLines(process.stdout, invoke.stage, () => background.size <= 1);
  const { write, writeOut } = lines;
  const writeNow = (line: string): void => {
    write(line);
    lines.flush();
  };
  const report = createReport({ clock, write });
  const { registry, flushSpans, ...deps } = await compose(invoke, {
    ...{ clock, write, writeOut },
    ...{ sessionsMax: SESSIONS_MAX, spansEveryMs: SPANS_BATCH_MS },
  });
  const issuers = trustIssuers(authorizer.issuers, { fetch, clock, report: report.issuer });
  const { client, ...app } = deps;
  const { table, keys } = authorizer;
  const transport = createTransport({ requestMs: CONTEXT_KEY_TIMEOUT_MS });
  const gatewayKeys =
    keys &&
    (await import('../authorizer/open-keys.ts')).openKeys({
      ...{ client, clock, write, table, keys, transport },
      notes: true,
    });
  const admission = createAdmission({
    ...{ verify: createVerifier({ issuers, clock }), registry, clock, write },
    keys: gatewayKeys,
  });

  // The context is the object that the authorizer made, in this memory: nobody else can have written it.
  const open = (caller: unknown) => caller as CallerContext;
  const served = createApp({ ...app, open });
  const onRequest = createFront({
    app: settings.admin
      ? byPath(
          served,
          await (await import('../admin/compose.ts')).composeAdmin(
            { ...authorizer, bucket, countersTable: invoke.countersTable, catalog },
            {
              client,
              clock,
              write,
              transport,
              open,
            },
          ),
        )
      : served,
    admit: createAnswers({
      async admit(authorization, requestId) {
        const admitted = await admission({ headers: { authorization } }, requestId);
        if (admitted.admitted) return admitted.context;
        throw new TollgateError('forbidden', { reason: 'not-admitted' });
      },
      ttlSeconds: authorizerTtlSeconds,
      clock,
    }),
    cors: invoke.corsOrigins.length > 0,
    basePath: invoke.basePath,
    proxies,
    servePage:
      settings.console &&
      (await import('./console.ts')).openConsole({
        ...{ settings: settings.console, admin: settings.admin, stage: invoke.stage },
        // Beside the program: here, where the entry point says where that is.
        folder: join(import.meta.dirname, FOLDER),
      }),
    ready: createReady({ registry, issuers, clock }),
    background(work) {
      background.add(work);
      void work.finally(() => background.delete(work));
    },
  });
  const server = await listen({ host, port, onRequest, ...CONTAINER });
  writeNow(logLine(clock(), { event: 'listening', host, port: server.port }));

  const stop = async (signal: string): Promise<void> => {
    writeNow(logLine(clock(), { event: 'stopping', signal, graceMs }));
    const late = setTimeout(() => exit('late'), graceMs + EXIT_MS).unref();
    await server.close(graceMs);
    while (background.size > 0) await Promise.allSettled(background);
    await flushSpans?.();
    clearTimeout(late);
    exit('done');
  };
  const exit = (how: string): void => {
    writeNow(logLine(clock(), { event: 'stopped', how }));
    // After the pipe has taken what was written before.
    process.stdout.write('', () => process.exit(0));
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal));
}

/** Milliseconds beyond the grace for what a call still has to do when its connection was cut: settle, and its usage line. */
const EXIT_MS = 3_000;

for (const text of misspelt(process.env, 'stage')) process.stderr.write(`${text}\n`);
try {
  await serve(serverSettings(process.env));
} catch (error) {
  if (!isTollgateError(error, 'bad_setting')) throw error;
  process.stderr.write(`${error.publicMessage}\n`);
  process.exit(1);
}
