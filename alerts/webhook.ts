import { lookup as resolve } from 'node:dns';
import { request as plain } from 'node:http';
import { request as encrypted } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { ALERT_TIMEOUT_MS } from '../contract/limits/alerts.ts';
import { isThisMachine } from '../registry/alert.ts';
import { isPublic } from './address.ts';

export interface WebhookOptions {
  /** Whether a receiver may be on this machine, over HTTP: of the gateway that runs on a laptop. */
  loopback: boolean;
  resolve?: typeof resolve;
}

/** @throws Error that does not hold the URL */
export type SendWebhook = (url: string, body: object) => Promise<void>;

/**
 * One POST of JSON. The address is looked at that is connected to, so that a name cannot be another one a moment later, and a
 * redirection is not followed. It makes one attempt.
 */
export function createWebhook({ loopback, resolve: ask = resolve }: WebhookOptions): SendWebhook {
  const publicOnly: LookupFunction = (hostname, options, done) =>
    void ask(hostname, { ...options, all: true }, (error, found) => {
      const [first] = found ?? [];
      if (error !== null || first === undefined) return done(error ?? new Error('no address'), '', 0);
      if (!found.every(({ address }) => isPublic(address))) return done(notPublic(), '', 0);
      return options.all ? done(null, found) : done(null, first.address, first.family);
    });

  return (text, body) => {
    const url = new URL(text);
    const here = loopback && isThisMachine(url.hostname);
    const literal = url.hostname.replace(/^\[(.*)\]$/, '$1');
    if (url.protocol !== 'https:' && !here) return Promise.reject(new Error('a webhook without TLS'));
    // An address is not looked up.
    if (!here && isIP(literal) !== 0 && !isPublic(literal)) return Promise.reject(notPublic());
    const content = JSON.stringify(body);
    const { promise, resolve: sent, reject } = Promise.withResolvers<void>();
    const request = (url.protocol === 'https:' ? encrypted : plain)(
      url,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) },
        signal: AbortSignal.timeout(ALERT_TIMEOUT_MS),
        agent: false,
        ...(here ? {} : { lookup: publicOnly }),
      },
      (response) => {
        response.resume();
        const { statusCode = 0 } = response;
        if (statusCode >= 200 && statusCode < 300) sent();
        else reject(new Error(`the webhook answered ${statusCode}`));
      },
    );
    request.on('error', reject);
    request.end(content);
    return promise;
  };
}

function notPublic(): Error {
  return new Error('the webhook is at no address of the internet');
}
