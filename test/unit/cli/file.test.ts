import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { bytesOf, withFile } from '../../../cli/file.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-file-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

test('a file is read whole, however many reads it takes', () => {
  const bytes = new Uint8Array(200_001).fill(7);
  writeFileSync(join(folder, 'whole'), bytes);
  expect(Buffer.compare(bytesOf(join(folder, 'whole')), bytes)).toBe(0);
});

test('a file of 100 MB is refused without being read', () => {
  const file = openSync(join(folder, 'large'), 'w');
  ftruncateSync(file, 100_000_000);
  closeSync(file);
  const before = process.memoryUsage().rss;
  expect(() => bytesOf(join(folder, 'large'))).toThrow(expect.objectContaining({ reason: 'too-large' }));
  expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000);
});

test.skipIf(process.platform === 'win32')(
  'what does not say how long it is, is read no further than is allowed',
  () => {
    expect(() => bytesOf('/dev/zero', 100_000)).toThrow(expect.objectContaining({ reason: 'too-large' }));
  },
);

test('a file that is not there is named', () => {
  expect(() => bytesOf(join(folder, 'none'))).toThrow(
    expect.objectContaining({ code: 'bad_setting', field: join(folder, 'none'), reason: 'unreadable' }),
  );
});

test.each(['null', '[]', '"x"', '1', '~', '- 1'])(
  'a file of %s is of no entry, and no verb takes it apart',
  async (text) => {
    const file = join(folder, 'entry');
    writeFileSync(file, text);
    const work = vi.fn();
    await expect(withFile({ file }, work)).rejects.toMatchObject({
      code: 'bad_entry',
      cause: { field: 'entry', reason: 'not-an-object' },
    });
    expect(work).not.toHaveBeenCalled();
  },
);
