import { describe, expect, test } from 'vitest';
import { PROTECT, type Protect } from '../../infra/settings/index.ts';
import { BOTH, CONTAINER, flat, type Resource, resourcesOf, stackOf } from './synth.ts';

const stacks = Object.fromEntries(
  PROTECT.map((protect) => {
    const { stack } = stackOf({ 'tollgate:protect': protect });
    return [protect, { resources: resourcesOf(stack), terminates: stack.terminationProtection !== true }];
  }),
) as Record<Protect, { resources: Record<string, Resource>; terminates: boolean }>;

const HOLDS_DATA = ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::Logs::LogGroup'];
const NAMED = ['TableName', 'BucketName', 'LogGroupName'];

const nameOf = ({ Properties }: Resource): string | undefined => {
  const name = NAMED.map((property) => Properties[property]).find((value) => value !== undefined);
  return name === undefined ? undefined : flat(name);
};

const list = (protect: Protect): [string, Resource][] => Object.entries(stacks[protect].resources);

describe('a first deployment that fails can be made again', () => {
  test.each(['none', 'data'] as const)('with %s: nothing that it made is kept, or refuses to be deleted', (protect) => {
    expect(stacks[protect].terminates).toBe(true);
    for (const [id, { DeletionPolicy, Properties }] of list(protect)) {
      expect(DeletionPolicy ?? 'Delete', id).toMatch(/^(Delete|RetainExceptOnCreate)$/);
      expect(Properties.DeletionProtectionEnabled ?? false, id).toBe(false);
    }
  });
});

describe('what happens to data', () => {
  test.each(['data', 'all'] as const)('with %s it outlives the stack, and its own replacement', (protect) => {
    const kept = list(protect).filter(([, { DeletionPolicy }]) => DeletionPolicy === 'RetainExceptOnCreate');
    for (const [id, { UpdateReplacePolicy }] of kept) expect(UpdateReplacePolicy, id).toBe('Retain');
    const names = kept.map(([, resource]) => nameOf(resource));
    expect(names).toEqual(
      expect.arrayContaining([
        'tollgate-dev-registry',
        'tollgate-dev-counters',
        'tollgate-dev-usage-111122223333-us-east-1',
        '/tollgate/dev/invoke',
        '/tollgate/dev/authorizer',
        '/tollgate/dev/broker',
        '/tollgate/dev/access',
      ]),
    );
  });

  test('what callers said and were told goes with the stack, whatever is protected', () => {
    for (const protect of PROTECT) {
      const answers = list(protect).find(([, resource]) => nameOf(resource) === 'tollgate-dev-answers');
      expect(answers?.[1].DeletionPolicy, protect).toBe('Delete');
    }
  });

  test('with all, neither the stack nor a lasting table is deleted by mistake', () => {
    expect(stacks.all.terminates).toBe(false);
    const tables = list('all').filter(([, { Type }]) => Type === 'AWS::DynamoDB::Table');
    expect(tables).toHaveLength(3);
    for (const [, resource] of tables)
      expect(resource.Properties.DeletionProtectionEnabled).toBe(nameOf(resource) !== 'tollgate-dev-answers');
  });

  test('with none it goes with the stack, buckets emptied first; CDK’s function for that is in no other stack', () => {
    for (const [id, { Type, DeletionPolicy }] of list('none'))
      if (HOLDS_DATA.includes(Type)) expect(DeletionPolicy, id).toBe('Delete');
    const emptied = (protect: Protect) =>
      list(protect).filter(([, { Type }]) => Type === 'Custom::S3AutoDeleteObjects');
    expect(emptied('none')).toHaveLength(list('none').filter(([, { Type }]) => Type === 'AWS::S3::Bucket').length);
    expect(emptied('data')).toEqual([]);
    const functions = (protect: Protect) => list(protect).filter(([, { Type }]) => Type === 'AWS::Lambda::Function');
    expect(functions('data')).toHaveLength(4);
  });
});

test('an option that is turned off and on again meets nothing of its own that was kept', () => {
  const keptNames = (overrides: Record<string, unknown>): string[] =>
    Object.values(resourcesOf(stackOf(overrides).stack))
      .filter(({ DeletionPolicy }) => DeletionPolicy === 'RetainExceptOnCreate')
      .flatMap((resource) => nameOf(resource) ?? [])
      .sort();
  const usual = keptNames({});
  expect(usual.length).toBeGreaterThan(8);
  for (const on of [
    { 'tollgate:broker': true },
    { 'tollgate:tenantIsolation': true },
    CONTAINER,
    BOTH,
    { 'tollgate:usagePlans': false, 'tollgate:apiGatewayLogRole': false, 'tollgate:globalProfiles': true },
  ])
    expect(keptNames(on)).toEqual(usual);
});

test('what is kept can be taken up by a new stack: its names stand in the template as they are', () => {
  for (const [id, { Type, Properties, DeletionPolicy }] of list('data'))
    if (DeletionPolicy === 'RetainExceptOnCreate' && HOLDS_DATA.includes(Type))
      for (const property of NAMED) if (property in Properties) expect(typeof Properties[property], id).toBe('string');
});
