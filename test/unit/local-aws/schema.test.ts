import { expect, test } from 'vitest';
import { fitting } from '../../../local/aws/answer/schema.ts';
import cases from '../../cases/fitting.json' with { type: 'json' };

interface Case {
  name: string;
  schema: unknown;
  expected?: unknown;
  refused?: string;
}

test.each(cases as Case[])('a value for $name', ({ schema, expected, refused }) => {
  const value = () => fitting(schema, 'echo: T');
  if (refused === undefined) expect(value()).toEqual(expected);
  else expect(value).toThrow(refused);
});
