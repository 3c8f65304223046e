import { GATEWAY_LOOK_MEMORY_MS, GATEWAY_LOOK_MS } from '../contract/limits/sidecar.ts';
import type { Clock } from '../contract/log.ts';
import type { Gateway } from './gateway.ts';

/** Whether the gateway answers its own health check, which needs no token. Asked at most once a second, however often it is asked. */
export function createReach(gateway: Gateway, clock: Clock): () => Promise<boolean> {
  let last: { at: number; answer: Promise<boolean> } | undefined;
  const look = (): Promise<boolean> =>
    new Promise((resolve) => {
      const sent = gateway.send('GET', '/health', ['host', gateway.host], (answer) => {
        answer.resume().on('error', () => {});
        resolve(answer.statusCode === 200);
      });
      sent.on('error', () => resolve(false));
      const late = setTimeout(() => sent.destroy(), GATEWAY_LOOK_MS).unref();
      sent.once('close', () => clearTimeout(late));
      sent.end();
    });
  return () => {
    const now = clock();
    if (last === undefined || now - last.at >= GATEWAY_LOOK_MEMORY_MS || now < last.at)
      last = { at: now, answer: look() };
    return last.answer;
  };
}
