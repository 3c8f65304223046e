import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildConsole, buildConsoleSync, lazyConsole } from '../../../pages/build.ts';
import type { PageFiles } from '../../../pages/files.ts';
import { filesIn, isBuilt, writeFiles } from '../../../pages/folder.ts';

/** Bytes by gzip: of everything, and of what is loaded before anything is seen. */
const ALL_MAX = 150_000;
const FIRST_MAX = 45_000;

let files: PageFiles;
let html: string;
let folder: string;

beforeAll(async () => {
  files = await buildConsole();
  html = text('index.html');
  folder = mkdtempSync(join(tmpdir(), 'tollgate-console-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

const text = (path: string): string => Buffer.from(files.get(path)?.body ?? []).toString();
const zipped = (paths: Iterable<string>): number =>
  [...paths].reduce((sum, path) => sum + (files.get(path)?.gzip.length ?? Number.NaN), 0);

describe('the console’s files', () => {
  test('are small: in all, and at the first load', () => {
    const first = [...html.matchAll(/(?:src|href)="(assets\/[^"]+)"/g)].map(([, path]) => path ?? '');
    expect(first.length).toBeGreaterThan(0);
    expect(zipped(['index.html', ...first])).toBeLessThan(FIRST_MAX);
    expect(zipped(files.keys())).toBeLessThan(ALL_MAX);
  });

  test('are named by what is in them, but for the document', () => {
    const others = [...files.keys()].filter((path) => path !== 'index.html');
    for (const path of others) expect(path).toMatch(/^assets\/[\w.-]+-[A-Z0-9]{8}\.(?:js|css)$/);
  });

  test('hold no script and no style within the document, and ask nothing of another origin', () => {
    expect(html.match(/<script[^>]*>/g)).toEqual([expect.stringMatching(/^<script type="module" src="assets\//)]);
    expect(html).not.toMatch(/<style|style=|\son\w+=/);
    for (const path of files.keys())
      expect(text(path)).not.toMatch(/@import|url\(\s*["']?https?:|\beval\(|new Function\(/);
  });

  test('keep no token where it outlives the page', () => {
    for (const path of files.keys()) expect(text(path)).not.toMatch(/localStorage|indexedDB|document\.cookie/);
  });

  test('are the same for a template, and from a folder', async () => {
    expect(isBuilt(folder)).toBe(false);
    expect(isBuilt(join(folder, 'none'))).toBe(false);
    writeFiles(buildConsoleSync(), folder);
    expect(isBuilt(folder)).toBe(true);
    const read = await filesIn(folder)();
    expect([...read.keys()].sort()).toEqual([...files.keys()].sort());
    expect(Buffer.from(read.get('index.html')?.body ?? []).toString()).toBe(html);
    await expect(filesIn(join(folder, 'none'))()).rejects.toThrow('ENOENT');
  });

  test('are built once as long as nothing changes', async () => {
    const lazy = lazyConsole();
    expect(await lazy()).toBe(await lazy());
  });
});
