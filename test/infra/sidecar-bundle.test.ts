import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { build, type Metafile } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sidecarBundle } from '../../infra/bundling.ts';
import { SIDECAR_IMAGE } from './image.ts';

/** What is in the sidecar's image, and what it does there. */

const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'tollgate-sidecar-image-'));
const running = new Set<ChildProcess>();
let metafile: Metafile;

beforeAll(async () => {
  ({ metafile } = await build({ ...sidecarBundle(), outdir: folder, metafile: true }));
  writeFileSync(join(folder, 'token'), 'a token');
});

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const ENVIRONMENT = { TOLLGATE_URL: 'http://127.0.0.1:9', TOLLGATE_TOKEN_FILE: join(folder, 'token') };

/** @returns the process once it says that it is ready, and its address */
async function started(args: readonly string[], env: Record<string, string>) {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...ENVIRONMENT, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const [, address] = /^ready (.*)/.exec(line) ?? [];
    if (address === undefined) continue;
    child.stdout.resume();
    return { child, address };
  }
  throw new Error('it ended before it was ready');
}

test('is the bundle, under 300 kB, which needs nothing beside it', () => {
  const outputs = Object.values(metafile.outputs);
  expect(outputs.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(300_000);
  for (const { path } of outputs.flatMap(({ imports }) => imports.filter(({ external }) => external)))
    expect(isBuiltin(path), `${path} would be missing in the image`).toBe(true);
  const rooms = new Set(Object.keys(metafile.inputs).map((path) => path.split('/')[0]));
  for (const left of ['invoke', 'registry', 'local', 'infra', 'cli', 'test']) expect(rooms).not.toContain(left);
});

test.each([
  ['a port', {}],
  ['a socket', { SIDECAR_SOCKET: join(folder, 'own/sidecar.sock') }],
])(
  'starts in a folder of its own on %s, is healthy by the image’s own check, and ends when it is told to',
  async (_, where) => {
    // The check knows the port by its setting alone.
    const probe = await started(SIDECAR_IMAGE.command.slice(1), { ...SIDECAR_IMAGE.env, PORT: '0' });
    const env = { ...SIDECAR_IMAGE.env, PORT: new URL(probe.address).port, ...where };
    probe.child.kill('SIGTERM');
    expect(await once(probe.child, 'exit')).toEqual([0, null]);

    const { child } = await started(SIDECAR_IMAGE.command.slice(1), env);
    const [, check = ''] =
      /^HEALTHCHECK [^\n]*\\\n\s*CMD (\[.*\])$/m.exec(readFileSync(join(ROOT, 'Dockerfile.sidecar'), 'utf8')) ?? [];
    const [, ...args] = JSON.parse(check) as string[];
    const healthy = promisify(execFile)(process.execPath, args, { env });
    await expect(healthy).resolves.toMatchObject({ stderr: '' });
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    await expect(promisify(execFile)(process.execPath, args, { env })).rejects.toMatchObject({ code: 1 });
  },
);

test('`tollgate sidecar` is as small as the image: without the compiler, and with its bounds of memory', async () => {
  const { child } = await started([join(ROOT, 'cli/tollgate.mjs'), 'sidecar'], { PORT: '0' });
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=,args=', '-p', String(child.pid)]);
  const [, resident, given] = /^\s*(\d+) \S+ (.*)$/m.exec(stdout) ?? [];
  expect(given).toBe(`${SIDECAR_IMAGE.env.NODE_OPTIONS} ${join(ROOT, 'cli/tollgate.mjs')} sidecar`);
  expect(Number(resident) * 1_024).toBeLessThan(75_000_000);
});
