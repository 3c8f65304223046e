import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { type Answer, say } from '../../../cli/answer.ts';
import { importPrices } from '../../../cli/price/import.ts';
import { TollgateError } from '../../../contract/errors.ts';
import { PRICE_FILE_MAX_BYTES } from '../../../contract/limits/registry.ts';
import { createWriter, type Writer } from '../../../registry/writer.ts';
import { modelDocument } from '../registry/documents.ts';
import { memoryItems } from '../registry/memory-items.ts';

let folder: string;
let writer: Writer;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-import-'));
});

afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

async function setUp(): Promise<void> {
  writer = createWriter({ items: memoryItems(), clock: () => 5_000, actor: 'tester' });
  for (const id of ['a', 'b', 'c']) {
    const { version: _, updatedAt: __, updatedBy: ___, ...document } = modelDocument(id);
    await writer.putModel(document);
  }
}

function fileOf(text: string | Uint8Array): string {
  const path = join(folder, 'prices.csv');
  writeFileSync(path, text);
  return path;
}

/** What is printed while `act` runs, and of its answer. */
async function printed(act: () => Promise<Answer>) {
  const said = { out: '', err: '', error: undefined as unknown };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.err += String(text);
    return true;
  });
  try {
    const answer = await act();
    say(answer, { verb: 'price import', dryRun: false, format: 'table', quiet: false });
    said.error = answer.failure;
  } catch (error) {
    said.error = error;
  }
  vi.restoreAllMocks();
  return said;
}

const FILE = 'model,from,input\na,2026-12-01,1\nb,2026-12-01,2\nc,2026-12-01,3\n';
const ADDED = (model: string) => `${model}: 2026-12-01, any region, on-demand, from 2026-12-01: added\n`;

test('an import that is interrupted says what was applied and what was not, and again does the rest', async () => {
  await setUp();
  const { setPrices } = writer;
  let edits = 0;
  const failing: Writer = {
    ...writer,
    setPrices: async (...args) => {
      if (++edits === 2) throw new TollgateError('unavailable', { reason: 'no-store' });
      return setPrices(...args);
    },
  };
  const first = await printed(() => importPrices(failing, fileOf(FILE), {}));
  expect(first).toMatchObject({
    error: { code: 'unavailable' },
    out: `${ADDED('a')}1 added, 0 corrected, 0 unchanged\n`,
  });
  expect(first.err).toBe('tollgate: not applied: b, c; the same import again does the rest\n');

  const second = await printed(() => importPrices(writer, fileOf(FILE), {}));
  expect(second).toEqual({
    out: `${ADDED('b')}${ADDED('c')}2 added, 0 corrected, 1 unchanged\n`,
    err: '',
    error: undefined,
  });
  expect(await writer.history({ model: 'a' })).toHaveLength(2);
});

test('a file with a bad entry makes no edit at all, however many are good', async () => {
  await setUp();
  const edits = vi.spyOn(writer, 'setPrices');
  const said = await printed(() => importPrices(writer, fileOf(`${FILE}c,2027-01-01,-1\n`), {}));
  expect(said).toMatchObject({ error: { code: 'bad_entry', reason: 'bad-prices' }, out: '' });
  expect(said.err).toMatch(/prices\.csv:5: input: negative\n$/);
  expect(edits).not.toHaveBeenCalled();
});

test.each([
  ['that is not there', () => join(folder, 'none.csv'), 'unreadable'],
  ['that is no text', () => fileOf(new Uint8Array([0x6d, 0xff, 0xfe])), 'not-utf8'],
  ['of more bytes than any list of a region', () => fileOf(new Uint8Array(PRICE_FILE_MAX_BYTES + 1)), 'too-large'],
])('a file %s is said so', async (_, path, reason) => {
  await setUp();
  const { error } = await printed(() => importPrices(writer, path(), {}));
  expect(error).toMatchObject({ code: 'bad_setting', reason });
});

test('nothing of a file moves the terminal’s cursor', async () => {
  await setUp();
  const said = await printed(() => importPrices(writer, fileOf('model,input\n"x\u001b[2J",1\n"y\u001b[2J",-1\n'), {}));
  expect(said.err + said.out).not.toContain('\u001b');
});
