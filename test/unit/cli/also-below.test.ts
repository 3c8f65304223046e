import { Command } from 'commander';
import { expect, test } from 'vitest';
import { alsoBelow } from '../../../cli/also-below.ts';

/** What the program and a verb of its make of the words. */
function parsed(words: string) {
  const said: Record<string, unknown> = {};
  const program = new Command().exitOverride().option('--stage <name>').option('--region <region>');
  const noun = program.command('model');
  noun.command('list').action((own) => {
    said.own = own;
  });
  const drain = noun.command('drain').argument('<model>').option('--region <region>');
  drain.action((model, { region }) => {
    said.own = { model, region };
  });
  alsoBelow(program);
  program.parse(words.split(' '), { from: 'user' });
  return { ...said, program: program.opts() };
}

test.each([
  ['--stage dev --region eu-west-1 model list', { program: { stage: 'dev', region: 'eu-west-1' } }],
  ['model --stage dev list --region=eu-west-1', { program: { stage: 'dev', region: 'eu-west-1' } }],
  ['model list --region eu-west-1 --stage dev', { program: { stage: 'dev', region: 'eu-west-1' } }],
  ['--region us-east-1 model list --region eu-west-1', { program: { region: 'eu-west-1' } }],
  ['model drain m --region us-west-2', { own: { model: 'm', region: 'us-west-2' }, program: {} }],
  [
    '--region eu-west-1 model drain --region us-west-2 m --stage dev',
    { own: { model: 'm', region: 'us-west-2' }, program: { stage: 'dev', region: 'eu-west-1' } },
  ],
  ['--region eu-west-1 model drain m', { own: { model: 'm', region: undefined }, program: { region: 'eu-west-1' } }],
  ['model --region eu-west-1 drain m', { own: { model: 'm', region: undefined }, program: { region: 'eu-west-1' } }],
])('%s', (words, expected) => {
  const { program, ...said } = parsed(words);
  expect({ program, ...said }).toMatchObject(expected);
  expect(program).toEqual(expected.program);
});

test('shows them once, in the program’s own help', () => {
  const program = new Command().option('--stage <name>', 'where');
  const noun = program.command('model');
  alsoBelow(program);
  expect(noun.helpInformation()).not.toContain('--stage');
  expect(program.helpInformation()).toContain('--stage');
});
