import { CONTAINER } from '../contract/limits/server.ts';
import { type Clock, logLine, type WriteLine } from '../contract/log.ts';
import { type Listening, listen } from '../server/listen.ts';
import { createFront } from './front.ts';
import { createGateway } from './gateway.ts';
import type { At, SidecarSettings } from './settings.ts';
import { asOwner, clearSocket } from './socket.ts';
import { createSource, pollMsOf } from './token/source.ts';
import { systemTime as time } from './token/time.ts';
import type { Tokens } from './token/token.ts';
import { createTokens } from './token/tokens.ts';

export interface Sidecar {
  /** What a client is pointed at: `http://127.0.0.1:9191`, or a socket's file. */
  address: string;
  /** Takes no new call, lets streams come to their end within the grace, and cuts the rest. */
  stop(): Promise<void>;
}

/**
 * A running sidecar. It does not wait for its first token: whoever calls before it is there does.
 *
 * @throws TollgateError `bad_setting` naming PORT or SIDECAR_SOCKET when it cannot be listened on
 */
export async function startSidecar(settings: SidecarSettings, write: WriteLine): Promise<Sidecar> {
  const clock: Clock = () => Date.now();
  const gateway = createGateway(settings.gateway);
  const tokens = tokensOf(settings, write);
  const front = createFront({ gateway, tokens, metrics: settings.metrics, clock, write });
  const { address, server } = await open(settings.at, front);
  tokens.start();
  return {
    address,
    async stop() {
      write(logLine(clock(), { event: 'stopping', graceMs: settings.graceMs }));
      await server.close(settings.graceMs);
      tokens.stop();
      gateway.stop();
    },
  };
}

function tokensOf({ tokens }: SidecarSettings, write: WriteLine): Tokens {
  // Not to stdout, which has the log's lines.
  const tell = (text: string): void => void process.stderr.write(text);
  const source = createSource(tokens, { fetch, time, tell });
  return createTokens({ source, pollMs: pollMsOf(tokens), time, random: Math.random, write });
}

/** What the gateway's own door bears: what is longer, or takes longer, would be refused there. */
const { patience, headMaxBytes, headersMax } = CONTAINER;
const BOUNDS = { patience, headMaxBytes, headersMax };

async function open(at: At, front: ReturnType<typeof createFront>): Promise<{ address: string; server: Listening }> {
  if ('socket' in at) {
    const path = await clearSocket(at.socket);
    const onRequest = front(undefined);
    return {
      address: path,
      server: await asOwner(path, () => listen({ path, onRequest, asksFirst: true, ...BOUNDS })),
    };
  }
  // The guard wants the port, which the system may choose.
  let onRequest = front(undefined);
  const server = await listen({
    host: '127.0.0.1',
    port: at.port,
    onRequest: (req, res) => onRequest(req, res),
    asksFirst: true,
    ...BOUNDS,
  });
  onRequest = front(server.port);
  return { address: `http://127.0.0.1:${server.port}`, server };
}
