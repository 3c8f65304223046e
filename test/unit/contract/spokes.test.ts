import { describe, expect, test } from 'vitest';
import type { AllowedModel } from '../../../contract/model.ts';
import { at, placesOf } from '../../../contract/places.ts';
import { externalIdOf, isListed, spokeProblem, spokesIn } from '../../../contract/spoke-list.ts';
import { isSpokeRole, spokeOf } from '../../../contract/spokes.ts';

const role = (name: string, account = '444455556666', partition = 'aws') =>
  `arn:${partition}:iam::${account}:role/${name}`;
const HUB = { stage: 'prod', partition: 'aws', account: '111122223333' };

test.each([
  ['of a tenant', role('tollgate-prod-spoke-acme'), true],
  ['of a stage with a hyphen, with every letter that a name has', role('tollgate-a-b-spoke-Ac.me_1-x'), true],
  ['of another partition', role('tollgate-prod-spoke-acme', '444455556666', 'aws-us-gov'), true],
  ['of 28 characters behind its stage', role(`tollgate-prod-spoke-${'a'.repeat(28)}`), true],
  ['of 29, which no role has room for', role(`tollgate-prod-spoke-${'a'.repeat(29)}`), false],
  ['without a name', role('tollgate-prod-spoke-'), false],
  ['an administrator’s', role('Admin'), false],
  ['with a path', role('x/tollgate-prod-spoke-acme'), false],
  ['with a wildcard', role('tollgate-prod-spoke-*'), false],
  ['with a variable', role('tollgate-prod-spoke-${aws:x}'), false],
  ['of no account', role('tollgate-prod-spoke-acme', '44445555666'), false],
  ['of a made-up partition', role('tollgate-prod-spoke-acme', '444455556666', 'aws-x'), false],
  ['a session', 'arn:aws:sts::444455556666:assumed-role/tollgate-prod-spoke-acme/x', false],
  ['with a line break behind it', `${role('tollgate-prod-spoke-acme')}\n`, false],
  ['no text', 444455556666, false],
])('a spoke’s role: %s', (_, value, expected) => {
  expect(isSpokeRole(value)).toBe(expected);
});

test.each([
  ['an account', '444455556666', undefined],
  ['a role of this stage', role('tollgate-prod-spoke-acme'), undefined],
  ['a role of another stage', role('tollgate-dev-spoke-acme'), 'must be an account'],
  ['a role of another partition', role('tollgate-prod-spoke-acme', '444455556666', 'aws-cn'), 'must be an account'],
  ['another role', role('Admin'), 'must be an account'],
  ['an account that lost its zeros', 444455556, 'must be an account'],
  ['the stage’s own account', '111122223333', 'is the stage’s own account'],
  ['a role of that', role('tollgate-prod-spoke-acme', '111122223333'), 'is the stage’s own account'],
])('of a stage’s list: %s', (_, one, expected) => {
  const problem = spokeProblem(one, HUB);
  if (expected === undefined) expect(problem).toBeUndefined();
  else expect(problem).toContain(expected);
});

describe('what a list lets be assumed', () => {
  const listed = spokesIn(
    { TOLLGATE_SPOKES: ` 444455556666, ${role('tollgate-prod-spoke-acme', '777788889999')},` },
    HUB,
  );

  test('is what IAM is told, no more', () => {
    expect(listed).toEqual([role('tollgate-prod-spoke-*'), role('tollgate-prod-spoke-acme', '777788889999')]);
  });

  test.each([
    ['any of the stage in a listed account', role('tollgate-prod-spoke-globex'), true],
    ['the listed role', role('tollgate-prod-spoke-acme', '777788889999'), true],
    ['another of its account', role('tollgate-prod-spoke-globex', '777788889999'), false],
    ['of another account', role('tollgate-prod-spoke-acme', '222222222222'), false],
    ['of another stage', role('tollgate-dev-spoke-acme'), false],
    ['none of a spoke', role('tollgate-prod-invoker'), false],
    ['a pattern', role('tollgate-prod-spoke-*'), false],
  ])('%s', (_, one, expected) => {
    expect(isListed(one, listed)).toBe(expected);
  });

  test('nothing where nothing is listed, and a setting that is wrong names itself', () => {
    expect(spokesIn({}, HUB)).toEqual([]);
    expect(() => spokesIn({ TOLLGATE_SPOKES: '111122223333' }, HUB)).toThrow(
      expect.objectContaining({ code: 'bad_setting', field: 'TOLLGATE_SPOKES' }),
    );
  });
});

describe('whose role a call is made under', () => {
  const target = { kind: 'bedrock-model', modelId: 'm', region: 'us-east-1', arn: 'a' } as const;
  const model: AllowedModel = { id: 'm', actions: ['invoke'], lifecycle: { status: 'active' }, target };
  const acme = role('tollgate-prod-spoke-acme');
  const shared = role('tollgate-prod-spoke-shared');

  test('the stage’s own, unless the tenant or the place has another; a place’s wins, and is for everyone', () => {
    expect(spokeOf(model)).toBeUndefined();
    expect(spokeOf({ ...model, spokeRole: acme })).toEqual({ role: acme, shared: false });
    const placed = {
      ...model,
      spokeRole: acme,
      places: [
        { target, role: acme },
        { target, role: shared },
      ],
    };
    expect(placesOf(placed).map((place) => spokeOf(at(placed, place)))).toEqual([
      { role: acme, shared: false },
      { role: shared, shared: true },
    ]);
  });

  test('the words that a role asks for are the stage’s, or of the tenant in it: none of them another’s', () => {
    expect(externalIdOf('prod', undefined)).toBe('tollgate-prod');
    expect(externalIdOf('prod', 'acme')).toBe('tollgate-prod-acme');
  });
});
