import { readFile } from 'node:fs/promises';
import { TollgateError } from '../contract/errors.ts';
import { CREDENTIALS_ASK_MS } from '../contract/limits/credentials.ts';
import { request } from '../server/node-http.ts';
import { CREDENTIALS_PATH } from './credentials.ts';
import type { At } from './socket.ts';

/**
 * What `credential_process` of an AWS profile prints
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html), from the sidecar that runs.
 *
 * @param file where that sidecar wrote its authorization value
 * @throws TollgateError `unavailable` when no sidecar answers or its file cannot be read; `forbidden` in the words of the
 *   sidecar or the gateway when it gives none
 */
export async function processCredentials(at: At, file: string, model: string): Promise<string> {
  const { status, body } = await get(
    at,
    `${CREDENTIALS_PATH}?${new URLSearchParams({ model })}`,
    await authorizationIn(file),
  );
  const answer = parsed(body);
  const { AccessKeyId, SecretAccessKey, Token: SessionToken, Expiration } = answer;
  // Whatever else listens there may well answer 200.
  if (status !== 200 || typeof AccessKeyId !== 'string')
    throw new TollgateError('forbidden', {
      reason: 'no-credentials',
      message: String(answer.message ?? `What listens there answered ${status}, and gave no credentials.`),
    });
  return JSON.stringify({ Version: 1, AccessKeyId, SecretAccessKey, SessionToken, Expiration });
}

async function authorizationIn(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw notRunning(`${file} cannot be read (${code}); SIDECAR_AUTHORIZATION_FILE names another`, cause);
  }
}

function get(at: At, path: string, authorization: string): Promise<{ status: number; body: string }> {
  const to = 'socket' in at ? { socketPath: at.socket } : { host: '127.0.0.1', port: at.port };
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException): void =>
      reject(notRunning(`nothing answers on ${'socket' in at ? at.socket : `127.0.0.1:${at.port}`}`, cause));
    request({ ...to, path, headers: { authorization }, signal: AbortSignal.timeout(CREDENTIALS_ASK_MS) }, (res) => {
      let body = '';
      res.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      res.once('end', () => resolve({ status: res.statusCode ?? 0, body })).once('error', failed);
    })
      .once('error', failed)
      .end();
  });
}

function parsed(body: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(body));
  } catch {
    return {};
  }
}

function notRunning(why: string, cause: unknown): TollgateError {
  return new TollgateError('unavailable', {
    reason: 'no-sidecar',
    message: `no sidecar of yours gives credentials here: ${why}`,
    cause,
  });
}
