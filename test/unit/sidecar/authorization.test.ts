import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { authorizationFile, writeAuthorization } from '../../../sidecar/authorization.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-authorization-'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test('the value is 32 random bytes, in a file of its own user alone that is written whole', () => {
  const file = join(folder, 'authorization');
  writeFileSync(file, 'of the last run, and readable by all', { mode: 0o644 });
  const { opens } = writeAuthorization(file, randomBytes);
  const value = readFileSync(file, 'utf8');
  expect(value).toMatch(/^[\w-]{43}$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['authorization']);
  expect(opens(value)).toBe(true);
  const wrong = [
    undefined,
    '',
    value.slice(1),
    `${value} `,
    `Bearer ${value}`,
    value.toLowerCase(),
    `${value}${value}`,
  ];
  for (const given of wrong) expect(opens(given)).toBe(false);
});

test('each start has a value of its own, and takes away no other’s file', () => {
  const file = join(folder, 'authorization');
  const first = writeAuthorization(file, randomBytes);
  const old = readFileSync(file, 'utf8');
  const second = writeAuthorization(file, randomBytes);
  expect(second.opens(old)).toBe(false);
  first.remove();
  expect(second.opens(readFileSync(file, 'utf8'))).toBe(true);
  second.remove();
  second.remove();
  expect(readdirSync(folder)).toEqual([]);
});

test('a link in its place is replaced, and nothing is written where it leads', () => {
  const file = join(folder, 'authorization');
  const target = join(folder, 'target');
  for (const link of [file, `${file}.${process.pid}`]) symlinkSync(target, link);
  writeAuthorization(file, randomBytes);
  expect(readdirSync(folder)).toEqual(['authorization']);
});

test('a folder that is not there is named', () => {
  expect(() => writeAuthorization(join(folder, 'gone', 'authorization'), randomBytes)).toThrow(
    expect.objectContaining({ code: 'bad_setting', field: 'SIDECAR_AUTHORIZATION_FILE' }),
  );
});

test('the usual folder is made for this user alone, and not believed when it is open to others or a link', () => {
  vi.stubEnv('TMPDIR', folder);
  const file = authorizationFile({ port: 9191 });
  expect(dirname(dirname(file))).toBe(folder);
  writeAuthorization(file, randomBytes).remove();
  expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
  chmodSync(dirname(file), 0o755);
  expect(() => writeAuthorization(file, randomBytes)).toThrow('not a folder of this user alone');
  rmSync(dirname(file), { recursive: true });
  mkdirSync(join(folder, 'elsewhere'), { mode: 0o700 });
  symlinkSync(join(folder, 'elsewhere'), dirname(file));
  expect(() => writeAuthorization(file, randomBytes)).toThrow('not a folder of this user alone');
});
