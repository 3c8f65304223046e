import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { printed, type Words } from '../../../../sidecar/token/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'tollgate-command-'));
afterAll(() => rmSync(folder, { recursive: true }));

const never = new AbortController().signal;
const node = (script: string): Words => [process.execPath, '-e', script];

test('what a program prints is taken whole; what it says on stderr is not', async () => {
  expect(await printed(node('console.error("no"); console.log("a"); console.log("b")'), never)).toBe('a\nb\n');
});

test.each<[string, Words, string]>([
  ['is not there', [join(folder, 'nowhere')], 'ENOENT'],
  ['fails', node('console.log("a"); process.exit(3)'), 'exit-3'],
  ['is killed', node('process.kill(process.pid, "SIGTERM")'), 'SIGTERM'],
  ['prints without end', ['yes', 'eyJ'], 'too-long'],
])('a program that %s has no token, and why is named', async (_, words, error) => {
  await expect(printed(words, never)).rejects.toMatchObject({ reason: 'command-failed', error });
});

test('one that takes too long ends with all that it started', async () => {
  const file = join(folder, 'pid');
  const words: Words = ['sh', '-c', `sleep 60 & echo $! > ${file}; wait`];
  await expect(printed(words, never, 1_000)).rejects.toMatchObject({ error: 'timeout' });
  expect(existsSync(file)).toBe(true);
  const isAlive = (): boolean => {
    try {
      return process.kill(Number(readFileSync(file, 'utf8')), 0);
    } catch {
      return false;
    }
  };
  await expect.poll(isAlive, { timeout: 5_000 }).toBe(false);
});

test('one that is no longer wanted ends, too', async () => {
  const stopped = new AbortController();
  const printing = printed(node('setTimeout(() => {}, 60_000)'), stopped.signal);
  stopped.abort();
  await expect(printing).rejects.toMatchObject({ reason: 'command-failed' });
});
