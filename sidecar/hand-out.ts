import type { IncomingMessage, ServerResponse } from 'node:http';
import { CREDENTIALS_ANSWER_BYTES_MAX, CREDENTIALS_GATEWAY_MS } from '../contract/limits/credentials.ts';
import type { Clock } from '../contract/log.ts';
import { ANTHROPIC_ID_HEADER, AWS_ID_HEADER, REQUEST_ID_HEADER } from '../contract/request-id.ts';
import type { Authorization } from './authorization.ts';
import type { Counts } from './counts.ts';
import { type Answer, createCredentials } from './credentials.ts';
import type { Fault } from './error.ts';
import { faultOf, type Gateway } from './gateway.ts';
import { PSEUDONYM } from './headers.ts';
import type { Tokens } from './token/token.ts';

export interface HandOutOptions {
  gateway: Gateway;
  tokens: Tokens;
  counts: Counts;
  clock: Clock;
  /** Answers a caller in the gateway's place. @param cause for the log */
  refuse(res: ServerResponse, fault: Fault, cause?: unknown): void;
}

/** What of the gateway's answer is the caller's to know; the rest is of its body or its connection. */
const PASSED = [
  ...['date', 'content-type', 'cache-control', 'deprecation', 'sunset', 'link', 'retry-after'],
  ...['www-authenticate', 'x-amzn-errortype', REQUEST_ID_HEADER, ANTHROPIC_ID_HEADER, AWS_ID_HEADER],
];

/** A token that the gateway no longer takes is renewed, and it is asked once more. */
const ATTEMPTS = 2;

/**
 * `GET /credentials?model=ID`, for who has the value of the authorization file; that value goes no further. The SDK for JavaScript
 * leaves after one second and comes again: what is asked of the gateway goes on without it.
 */
export function createHandOut({ gateway, tokens, counts, clock, refuse }: HandOutOptions) {
  const ask = async (path: string): Promise<Answer> => {
    for (let attempt = 1; ; attempt++) {
      const { token } = await tokens.current();
      const answer = await get(gateway, path, token);
      counts.answered(answer.status);
      if (answer.status !== 401) return answer;
      tokens.refused(token);
      if (attempt === ATTEMPTS) return answer;
    }
  };
  const credentials = createCredentials({ ask, clock });

  return (authorization: Authorization, req: IncomingMessage, res: ServerResponse): void => {
    const { method, url = '', headers } = req;
    // RFC 9110 sections 15.5.6 and 11.6.1: what would do.
    if (method !== 'GET') {
      refuse(res.setHeader('allow', 'GET'), 'method-refused');
      return;
    }
    if (!authorization.opens(headers.authorization)) {
      refuse(res.setHeader('www-authenticate', PSEUDONYM), 'authorization-refused');
      return;
    }
    // A client may leave at any moment; unheard, that would end the process.
    res.on('error', () => {});
    const models = new URLSearchParams(url.slice(url.indexOf('?') + 1)).getAll('model');
    credentials(models).then(
      ({ status, headers, body }) => {
        res.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(body)) }).end(body);
      },
      (error: unknown) => refuse(res, faultOf(error), error),
    );
  };
}

function get(gateway: Gateway, path: string, token: string): Promise<Answer> {
  const headers = ['host', gateway.host, 'accept', 'application/json', 'authorization', `Bearer ${token}`];
  return new Promise((resolve, reject) => {
    const fail = (code: string): void => {
      reject(Object.assign(new Error(code), { code }));
      sent.destroy();
    };
    const sent = gateway.send('GET', path, [...headers, 'via', `1.1 ${PSEUDONYM}`], (answer) => {
      const chunks: Buffer[] = [];
      let length = 0;
      answer.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length > CREDENTIALS_ANSWER_BYTES_MAX) fail('EMSGSIZE');
      });
      answer.once('error', reject);
      answer.once('end', () => resolve(answerOf(answer, Buffer.concat(chunks).toString())));
    });
    const late = setTimeout(() => fail('ETIMEDOUT'), CREDENTIALS_GATEWAY_MS);
    sent.once('error', reject);
    sent.once('close', () => clearTimeout(late));
    sent.end();
  });
}

function answerOf({ statusCode = 502, headers }: IncomingMessage, body: string): Answer {
  const passed = PASSED.flatMap((name) => {
    const { [name]: value } = headers;
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  return { status: statusCode, headers: Object.fromEntries(passed), body };
}
