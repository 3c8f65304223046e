import { join } from 'node:path';
import { freePorts } from '../flow/ports.ts';
import { tokenOf } from '../flow/token.ts';
import { START_ENV, type Stack, startContainer } from './contenders.ts';
import { CLIENT_OF, callOf, MODEL } from './points.ts';
import { start } from './process.ts';

const { path, body } = callOf('converse', MODEL);

async function answer(port: number, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`the first answer was ${response.status}`);
}

/** Milliseconds from the start of `local/main.ts` in an empty folder to its first model's answer. */
export async function laptopFirstAnswerMs(folder: string): Promise<number> {
  const port = await freePorts(3);
  const begin = performance.now();
  const process = await start({
    script: 'local/main.ts',
    env: { ...START_ENV, PORT: String(port), TOLLGATE_DATA: join(folder, 'first') },
    at: { port, when: (line) => line.includes('ready ') },
  });
  try {
    await answer(port, await tokenOf(`http://127.0.0.1:${port + 1}`, CLIENT_OF[0]));
    return performance.now() - begin;
  } finally {
    await process.stop();
  }
}

/** The same of the container door, whose caller has its token already: keys, registry and session are fetched on the way. */
export async function containerFirstAnswerMs({ issuer, door }: Stack): Promise<number> {
  const token = await tokenOf(issuer, CLIENT_OF[0]);
  const begin = performance.now();
  const process = await startContainer(door);
  try {
    await answer(process.port, token);
    return performance.now() - begin;
  } finally {
    await process.stop();
  }
}
