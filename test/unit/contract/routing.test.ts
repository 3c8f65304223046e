import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isRouting, ROUTING, type Routing, routingOf, routingProblem } from '../../../contract/routing.ts';

const members = Object.keys(ROUTING) as (keyof Routing)[];

test('what nobody says of routing is the table’s, which is within its own rules', () => {
  const routing = routingOf();
  expect(Object.keys(routing)).toEqual(members);
  for (const name of members) expect(routing[name], name).toBe(ROUTING[name].otherwise);
  expect(isRouting(routing)).toBe(true);
});

test('a model’s own member goes before its stage’s, and false is said, too', () => {
  const routing = routingOf({ acrossRegions: false, maxAttempts: 2 }, { maxAttempts: 3, cooldownSeconds: 7 });
  expect(routing).toEqual({ ...routingOf(), acrossRegions: false, maxAttempts: 2, cooldownSeconds: 7 });
});

test.each([
  ['no object', [], '', 'must be an object'],
  ['a member of nobody’s', { attempts: 3 }, 'attempts', `is none of ${members.join(', ')}`],
  ['an inherited name', { constructor: 3 }, 'constructor', `is none of ${members.join(', ')}`],
  ['no attempt at all', { maxAttempts: 0 }, 'maxAttempts', 'must be a whole number from 1 to 10'],
  ['too many of them', { maxAttempts: 11 }, 'maxAttempts', 'must be a whole number from 1 to 10'],
  ['half an attempt', { attemptsPerRegion: 1.5 }, 'attemptsPerRegion', 'must be a whole number from 1 to 5'],
  ['a flag as text', { profiles: 'true' }, 'profiles', 'must be true or false'],
  [
    'a distribution of nobody’s',
    { distribution: 'random' },
    'distribution',
    'must be one of first, equal, weighted, leastLatency',
  ],
  [
    'longer than the helper’s hour',
    { cooldownSeconds: 3601 },
    'cooldownSeconds',
    'must be a whole number from 1 to 3600',
  ],
  ['a number as text', { attemptSeconds: '5' }, 'attemptSeconds', 'must be a whole number from 1 to 300'],
])('routing is refused for %s, by the member’s name', (_case, value, member, what) => {
  expect(routingProblem(value)).toMatchObject({ member, what });
  expect(isRouting(value)).toBe(false);
});

test('docs/regions.md has each member as the table has it', () => {
  const page = readFileSync(new URL('../../../docs/regions.md', import.meta.url), 'utf8');
  for (const [name, { otherwise, is, does }] of Object.entries(ROUTING))
    expect(page).toContain(`| \`${name}\` | \`${otherwise}\` | ${is} | ${does} |`);
});
