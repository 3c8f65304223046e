import { expect, test } from 'vitest';
import { EXAMPLE_TOOLS, faultsIn, NO_SETTINGS, type Settings } from '../../../../console/views/playground/settings.ts';

const tools = (value: unknown): Partial<Settings> => ({ tools: JSON.stringify(value) });
const tool = (value: object) => tools([{ type: 'function', function: value }]);

test.each<[string, Partial<Settings>]>([
  ['nothing', {}],
  ['numbers at their bounds', { temperature: '2', topP: '0', maxTokens: '1' }],
  ['four stops', { stop: 'a\nb\nc\nd\n' }],
  ['the example', { tools: EXAMPLE_TOOLS }],
  ['no tools', { tools: ' ' }],
])('%s can be sent', (_, settings) => {
  expect(faultsIn({ ...NO_SETTINGS, ...settings })).toEqual({});
});

test.each<[string, Partial<Settings>, keyof Settings, RegExp]>([
  ['a temperature above 2', { temperature: '2.1' }, 'temperature', /from 0 to 2/],
  ['a temperature that is no number', { temperature: 'warm' }, 'temperature', /number/],
  ['a share above 1', { topP: '1.5' }, 'topP', /from 0 to 1/],
  ['half a token', { maxTokens: '0.5' }, 'maxTokens', /whole/],
  ['five stops', { stop: 'a\nb\nc\nd\ne' }, 'stop', /4/],
  ['tools that are no JSON', { tools: '[' }, 'tools', /Not JSON/],
  ['one tool without its list', tools({ type: 'function' }), 'tools', /list/],
  ['a tool of another kind', tools([{ type: 'custom' }]), 'tools', /Tool 1: its type/],
  ['a tool without a function', tools([{ type: 'function' }]), 'tools', /no "function"/],
  ['a tool without a name', tool({}), 'tools', /name/],
  ['a name that no model takes', tool({ name: 'a b' }), 'tools', /name/],
  ['a description that is none', tool({ name: 'a', description: 1 }), 'tools', /description/],
  ['parameters that are no schema', tool({ name: 'a', parameters: [] }), 'tools', /Schema/],
  [
    'two tools of one name',
    tools(['a', 'a'].map((name) => ({ type: 'function', function: { name } }))),
    'tools',
    /Tool 2/,
  ],
])('%s cannot', (_, settings, name, fault) => {
  const faults = faultsIn({ ...NO_SETTINGS, ...settings });
  expect(Object.keys(faults)).toEqual([name]);
  expect(faults[name]).toMatch(fault);
});
