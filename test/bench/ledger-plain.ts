/**
 * The least that anything must do which reads the lines: unpacks every raw object of a folder and parses each of its lines,
 * `node ledger-plain.ts FOLDER`. Prints how long it took.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const began = performance.now();
let lines = 0;
for (const entry of readdirSync(join(process.argv[2] ?? '', 'raw'), { withFileTypes: true, recursive: true })) {
  if (!entry.isFile()) continue;
  const text = gunzipSync(readFileSync(join(entry.parentPath, entry.name))).toString('utf8');
  for (const line of text.split('\n')) {
    if (line === '') continue;
    if (typeof JSON.parse(line) !== 'object') throw new Error('a line is no object');
    lines++;
  }
}
process.stdout.write(`${JSON.stringify({ seconds: (performance.now() - began) / 1_000, lines })}\n`);
