import { Command } from 'commander';
import { expect, test } from 'vitest';
import { respelled } from '../../../cli/spelling.ts';

const program = new Command();
program.command('tenant').command('put').option('--cost-center <text>').option('--licence <text>');

test.each([
  ['tenant put acme --cost-centre CC-1', 'tenant put acme --cost-center CC-1'],
  ['tenant put acme --cost-centre=CC-1', 'tenant put acme --cost-center=CC-1'],
  ['tenant put acme --cost-center CC-1', 'tenant put acme --cost-center CC-1'],
  ['tenant put acme --license MIT', 'tenant put acme --licence MIT'],
  ['tenant put acme --colour red', 'tenant put acme --colour red'],
  ['tenant put -- --cost-centre', 'tenant put -- --cost-centre'],
])('%s is %s', (words, meant) => {
  expect(respelled(words.split(' '), program).join(' ')).toBe(meant);
});
