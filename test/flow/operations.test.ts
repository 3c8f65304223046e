import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { Stack } from './stack.ts';

const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');

interface Step {
  command: string;
  /** What it prints, a line each; `…` stands for anything, a line of it for any lines. */
  says: string[];
}

function blocks(language: string): { info: string; text: string }[] {
  const found = page.matchAll(new RegExp(`^\`\`\`${language} ?(\\S*)\\n(.*?)^\`\`\`$`, 'gms'));
  return [...found].map(([, info = '', text = '']) => ({ info, text }));
}

function steps(): Step[] {
  const made: Step[] = [];
  for (const line of blocks('console').flatMap(({ text }) => text.trimEnd().split('\n')))
    if (line.startsWith('$ ')) made.push({ command: line.slice(2), says: [] });
    else made.at(-1)?.says.push(line);
  return made;
}

/** Columns are as wide as what is in them. */
const plain = (text: string): string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().replaceAll(/\s+/g, ' '));

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** As a pattern of all that is printed; `<name>` is one word, and the same as before where it was seen before. */
function patternOf(says: readonly string[], known: ReadonlyMap<string, string>): RegExp {
  const lines = says.map((line) => {
    if (line === '…') return '(?:.*\\n)*';
    const words = line
      .trim()
      .split(/(…|<\w+>)/)
      .map((part) => {
        if (part === '…') return '.*';
        const [, name] = /^<(\w+)>$/.exec(part) ?? [];
        if (name === undefined) return escaped(part);
        const value = known.get(name);
        return value === undefined ? `(?<${name}>\\S+)` : escaped(value);
      });
    return `${words.join('')}\\n`;
  });
  return new RegExp(`^${lines.join('')}$`);
}

test('what docs/operations.md says is what happens', async () => {
  // An edit is in force on the next call.
  const stack = await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: '0' } });
  const known = new Map<string, string>();
  let token = '';
  const files = blocks('yaml');
  for (const { info, text } of files) writeFileSync(join(stack.dataDir, info), text);

  async function run(command: string): Promise<string> {
    const exported = /^export TOKEN=\$\(npx tollgate (.*)\)$/.exec(command);
    const [, tollgate = exported?.[1]] = /^npx tollgate (.*)$/.exec(command) ?? [];
    if (tollgate === undefined) {
      const env = { ...process.env, TOKEN: token };
      const here = command.replace('http://127.0.0.1:8787', stack.gateway);
      const { stdout } = await promisify(execFile)('sh', ['-c', here], { env });
      return stdout.replaceAll('\r', '');
    }
    const args = tollgate.split(' ').map((word) => (word.endsWith('.yaml') ? join(stack.dataDir, word) : word));
    const { code, stdout, stderr } = await stack.cli(...args);
    expect([code, code === 0 ? '' : stderr], command).toEqual([0, '']);
    if (exported === null) return stdout;
    token = stdout.trim();
    return '';
  }

  try {
    expect(steps().length).toBeGreaterThan(15);
    for (const { command, says } of steps()) {
      if (command.startsWith('date')) {
        // A second later, so that what was edited before is as of it.
        const second = Math.floor(Date.now() / 1000);
        await expect
          .poll(() => Math.floor(Date.now() / 1000), { interval: 50, timeout: 2_000 })
          .toBeGreaterThan(second);
      }
      const filled = command.replaceAll(/<(\w+)>/g, (_, name: string) => known.get(name) ?? '');
      const printed = `${plain(await run(filled)).join('\n')}\n`;
      const pattern = patternOf(says, known);
      expect(printed, filled).toMatch(says.length === 0 ? /^\n$/ : pattern);
      for (const [name, value] of Object.entries(pattern.exec(printed)?.groups ?? {})) known.set(name, value);
    }
  } finally {
    await stack.remove();
  }
}, 90_000);
