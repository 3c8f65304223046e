import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build, type Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { containerBundle } from '../../infra/bundling.ts';
import { MEMORY_MIB } from '../../infra/container.ts';
import manifest from '../../package.json' with { type: 'json' };
import { buildConsole } from '../../pages/build.ts';
import { FOLDER } from '../../pages/files.ts';
import { writeFiles } from '../../pages/folder.ts';
import { IMAGE_COMMAND, IMAGE_ENV } from './image.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What the process is told in the image; nothing of it is called before somebody asks. */
const ENVIRONMENT = {
  ...IMAGE_ENV,
  TOLLGATE_STAGE: 'test',
  TOLLGATE_TABLE: 'registry',
  TOLLGATE_COUNTERS_TABLE: 'counters',
  TOLLGATE_EVENT_BUS: 'default',
  TOLLGATE_INVOKER_ROLE_ARN: 'arn:aws:iam::111122223333:role/invoker',
  TOLLGATE_ISSUERS: '[{"issuer":"https://login.example.com","audience":"tollgate","tenantClaim":"tenant"}]',
  AWS_REGION: 'us-east-1',
  TOLLGATE_CONSOLE: '{"issuer":"https://login.example.com","clientId":"console"}',
  HOST: '127.0.0.1',
  PORT: '0',
};
const [, ...ARGUMENTS] = IMAGE_COMMAND;

describe('what is in the image', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-image-'));
  let metafile: Metafile;
  let started: ChildProcess | undefined;

  beforeAll(async () => {
    ({ metafile } = await build({ ...containerBundle(), outdir: folder, metafile: true }));
    writeFiles(await buildConsole(), join(folder, FOLDER));
  });

  afterAll(() => {
    started?.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  test('is the bundle, which needs nothing beside it, and nothing of the laptop or the template', () => {
    const left = Object.values(metafile.outputs).flatMap(({ imports }) => imports.filter(({ external }) => external));
    for (const { path } of left) expect(isBuiltin(path), `${path} would be missing in the image`).toBe(true);
    expect(Object.keys(metafile.inputs).filter((path) => /^(local|infra|cli|test|console)\//.test(path))).toEqual([]);
  });

  test('is built from files that the build is given', () => {
    const given = readFileSync(join(ROOT, '.dockerignore'), 'utf8').match(/(?<=^!).*/gm) ?? [];
    const built = new Set(Object.keys(metafile.inputs).map((path) => path.split('/')[0] ?? ''));
    built.delete('node_modules');
    expect(given).toEqual(expect.arrayContaining([...built, 'console', 'infra', 'package.json', 'package-lock.json']));
    for (const path of given) expect(existsSync(join(ROOT, path)), path).toBe(true);
  });

  test.each(['credential-provider-http', 'credential-provider-web-identity'])(
    'finds credentials at ECS, at EKS and by a web identity: %s',
    (name) => {
      const inputs = Object.keys(metafile.inputs);
      expect(inputs.some((path) => path.startsWith(`node_modules/@aws-sdk/${name}/`))).toBe(true);
    },
  );

  test('starts in a folder of its own, says that it is alive, and ends when it is told to', async () => {
    expect(readdirSync(folder)).toContain('index.mjs');
    const child = spawn(process.execPath, ARGUMENTS, {
      cwd: folder,
      env: ENVIRONMENT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    started = child;
    let port: number | undefined;
    for await (const line of createInterface({ input: child.stdout })) {
      ({ port } = JSON.parse(line) as { port?: number });
      if (port !== undefined) break;
    }
    const answer = await fetch(`http://127.0.0.1:${port}/health`);
    expect(answer.status).toBe(200);
    // From the image's own files: what builds them is not there.
    const page = await fetch(`http://127.0.0.1:${port}/console/`);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('assets/main-')]);
    child.stdout.resume();
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('may hold as much memory as what `npm run serve` and `npm start` start, which is half of a task’s', () => {
    const { scripts } = manifest;
    expect(scripts.serve).toBe(`exec node ${IMAGE_ENV.NODE_OPTIONS} server/main.ts`);
    // What one start makes of the sources the next one reads: it is ready in four fifths of the time.
    const cached = 'exec env NODE_COMPILE_CACHE=node_modules/.cache/tollgate node';
    expect(scripts.start).toBe(`${cached} ${IMAGE_ENV.NODE_OPTIONS} local/main.ts`);
    const limit = 'process.stdout.write(String(v8.getHeapStatistics().heap_size_limit))';
    const bytes = execFileSync(process.execPath, ['-e', limit], { env: { ...IMAGE_ENV }, encoding: 'utf8' });
    expect(Number(bytes) / 2 ** 20).toBeLessThan(MEMORY_MIB * 0.55);
  });

  test('names a setting that is missing, and does not start', async () => {
    const { TOLLGATE_TABLE: _, ...env } = ENVIRONMENT;
    const child = spawn(process.execPath, ARGUMENTS, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
    const said = child.stderr.toArray();
    expect(await once(child, 'exit')).toEqual([1, null]);
    expect(Buffer.concat((await said) as Buffer[]).toString()).toContain('TOLLGATE_TABLE');
  });
});
