import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isTollgateError } from '../../../../contract/errors.ts';
import type { Environment } from '../../../../contract/read-setting.ts';
import { SIDECAR_VARIABLES, sidecarSettings } from '../../../../sidecar/settings.ts';
import { TOKEN_SETTINGS, tokenSettings } from '../../../../sidecar/token/settings.ts';

interface Case {
  name: string;
  env: Environment;
}
const cases = JSON.parse(readFileSync('test/cases/sidecar-tokens.json', 'utf8')) as {
  read: (Case & { settings: object })[];
  refused: (Case & { lines: string[] })[];
};

/** What it says of what is wrong, a line each. */
function linesOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (isTollgateError(error, 'bad_setting')) return error.publicMessage.split('\n');
    throw error;
  }
  return [];
}

describe('where tokens come from', () => {
  test.each(cases.read)('$name', ({ env, settings }) => {
    expect(tokenSettings(env)).toMatchObject(settings);
  });

  test('every variable is in a case', () => {
    const used = new Set(cases.read.flatMap(({ env }) => Object.keys(env)));
    expect(Object.keys(TOKEN_SETTINGS).filter((name) => !used.has(name))).toEqual([]);
  });
});

describe('a setting that is wrong is named', () => {
  test.each(cases.refused)('$name', ({ env, lines }) => {
    const said = linesOf(() => tokenSettings(env));
    expect(said).toHaveLength(lines.length);
    for (const [index, line] of lines.entries()) expect(said[index]).toContain(line);
  });

  test('with a line for each of what is wrong, the gateway’s and the issuer’s', () => {
    const env = { TOLLGATE_CLIENT_SECRET_FILE: '/s', TOLLGATE_CLIENT_ID: 'a', PORT: 'x' };
    expect(linesOf(() => sidecarSettings(env)).map((line) => line.split(' ')[0])).toEqual([
      'TOLLGATE_URL',
      'PORT',
      'TOLLGATE_ISSUER',
    ]);
  });

  test.each(SIDECAR_VARIABLES)('%s, misspelt', (name) => {
    const said = linesOf(() => sidecarSettings({ [`${name.slice(0, -2)}${name.slice(-1)}X`]: '1' }));
    expect(said.some((line) => line.endsWith(`is no setting; it is ${name}.`))).toBe(true);
  });

  test('the gateway’s own variables are no mistakes', () => {
    const env = { TOLLGATE_URL: 'https://gateway.example.com', TOLLGATE_TOKEN_FILE: '/t', TOLLGATE_ISSUERS: '[]' };
    expect(linesOf(() => sidecarSettings(env))).toEqual([]);
  });
});
