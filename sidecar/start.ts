import { randomBytes } from 'node:crypto';
import { isTollgateError } from '../contract/errors.ts';
import { CONTAINER } from '../contract/limits/server.ts';
import { type Clock, logLine, type WriteLine } from '../contract/log.ts';
import { type Listening, listen, type OnRequest } from '../server/listen.ts';
import { type Authorization, authorizationFile, writeAuthorization } from './authorization.ts';
import { createFront } from './front.ts';
import { createGateway } from './gateway.ts';
import type { SidecarSettings } from './settings.ts';
import { type At, asOwner, clearSocket } from './socket.ts';
import { fetchPlainly } from './token/fetch.ts';
import { createSource, pollMsOf } from './token/source.ts';
import { systemTime as time } from './token/time.ts';
import type { Tokens } from './token/token.ts';
import { createTokens } from './token/tokens.ts';

export interface Sidecar {
  /** What a client is pointed at: `http://127.0.0.1:9191`, or a socket's file. */
  address: string;
  /** The file whose content opens `/credentials`; undefined: it hands out none. */
  authorizationFile: string | undefined;
  /** Takes no new call, lets streams come to their end within the grace, and cuts the rest. */
  stop(): Promise<void>;
}

/**
 * Running sidecars, all or none.
 *
 * @throws TollgateError as `startSidecar` does
 */
export async function startSidecars(all: readonly SidecarSettings[], write: WriteLine): Promise<readonly Sidecar[]> {
  const started = await Promise.allSettled(all.map((settings) => startSidecar(settings, write)));
  const failed = started.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
  const sidecars = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  if (failed === undefined) return sidecars;
  await Promise.all(sidecars.map((one) => one.stop()));
  throw failed.reason;
}

/**
 * A running sidecar. It does not wait for its first token: whoever calls before it is there does.
 *
 * @throws TollgateError `bad_setting` naming PORT or SIDECAR_SOCKET when it cannot be listened on, SIDECAR_AUTHORIZATION_FILE when
 *   that is set and cannot be written
 */
export async function startSidecar(settings: SidecarSettings, writeLine: WriteLine): Promise<Sidecar> {
  const clock: Clock = () => Date.now();
  const { client, metrics, graceMs } = settings;
  const write = client === undefined ? writeLine : naming(client, writeLine);
  const gateway = createGateway(settings.gateway);
  const tokens = tokensOf(settings, write);
  const front = createFront({ gateway, tokens, metrics, clock, write, client });
  const { at, server, authorization } = await open(settings, front, clock, write);
  tokens.start();
  return {
    address: 'socket' in at ? at.socket : `http://127.0.0.1:${at.port}`,
    authorizationFile: authorization?.file,
    async stop() {
      write(logLine(clock(), { event: 'stopping', graceMs }));
      authorization?.remove();
      await server.close(graceMs);
      tokens.stop();
      gateway.stop();
    },
  };
}

/** Lines are of `logLine`, so each begins with `{` and a member. */
function naming(client: string, write: WriteLine): WriteLine {
  return (line) => write(`{"client":${JSON.stringify(client)},${line.slice(1)}`);
}

function tokensOf({ tokens }: SidecarSettings, write: WriteLine): Tokens {
  // Not to stdout, which has the log's lines.
  const tell = (text: string): void => void process.stderr.write(text);
  const source = createSource(tokens, { fetch: fetchPlainly, time, tell });
  return createTokens({ source, pollMs: pollMsOf(tokens), time, random: Math.random, write });
}

/** What the gateway's own door bears: what is longer, or takes longer, would be refused there. */
const { patience, headMaxBytes, headersMax } = CONTAINER;
const BOUNDS = { asksFirst: true, patience, headMaxBytes, headersMax };

interface Open {
  /** With the port that the system chose, or the socket's absolute path. */
  at: At;
  server: Listening;
  authorization: Authorization | undefined;
}

async function open(
  settings: SidecarSettings,
  front: ReturnType<typeof createFront>,
  clock: Clock,
  write: WriteLine,
): Promise<Open> {
  let handle: OnRequest = (_, res) => void res.destroy();
  const onRequest: OnRequest = (req, res) => handle(req, res);
  let { at } = settings;
  let server: Listening;
  if ('socket' in at) {
    const path = await clearSocket(at.socket);
    at = { socket: path };
    server = await asOwner(path, () => listen({ path, onRequest, ...BOUNDS }));
  } else {
    server = await listen({ host: '127.0.0.1', port: at.port, onRequest, ...BOUNDS });
    at = { port: server.port };
  }
  try {
    // Not before: who cannot listen must not replace the value of who does.
    const authorization = authorize(settings.authorizationFile, at, clock, write);
    handle = front({ port: 'port' in at ? at.port : undefined, authorization });
    return { at, server, authorization };
  } catch (error) {
    await server.close(0);
    throw error;
  }
}

/** A folder for temporary files that is not there, or is no good, is no reason not to pass calls on. */
function authorize(file: string | undefined, at: At, clock: Clock, write: WriteLine): Authorization | undefined {
  try {
    return writeAuthorization(file ?? authorizationFile(at), randomBytes);
  } catch (error) {
    if (file !== undefined || !isTollgateError(error)) throw error;
    write(logLine(clock(), { event: 'credentials-off', level: 'warn', why: error.publicMessage }));
    return undefined;
  }
}
