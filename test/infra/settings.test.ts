import { describe, expect, test } from 'vitest';
import cdk from '../../cdk.json' with { type: 'json' };
import { readSettings } from '../../infra/settings.ts';
import cases from '../cases/infra-settings.json' with { type: 'json' };

interface Case {
  id: string;
  name: string;
  input: Record<string, unknown>;
  expected: Record<string, unknown>;
}

const all = cases as unknown as Case[];

describe('the settings of a deployment', () => {
  test.each(all.filter(({ expected }) => 'field' in expected))('refused by its name: $name', ({ input, expected }) => {
    expect(() => readSettings({ ...cdk.context, ...input })).toThrow(
      expect.objectContaining({
        code: 'bad_setting',
        field: expected.field,
        publicMessage: expect.stringContaining(String(expected.field)),
      }),
    );
  });

  test.each(all.filter(({ expected }) => !('field' in expected)))('$name', ({ input, expected }) => {
    expect(readSettings({ ...cdk.context, ...input })).toMatchObject(expected);
  });

  test('those in cdk.json are valid, and members of other programs are ignored', () => {
    expect(readSettings({ ...cdk.context, '@aws-cdk/core:anything': true, other: 1 })).toMatchObject({ stage: 'dev' });
  });
});
