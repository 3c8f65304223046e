import { describe, expect, test } from 'vitest';
import { parseGrant } from '../../../registry/grant.ts';
import { parseModel } from '../../../registry/model.ts';
import { grantDocument, modelDocument } from './documents.ts';

const problemsOf = (parse: () => unknown): unknown => {
  try {
    return parse();
  } catch (error) {
    return (error as { problems?: readonly { path: string; reason: string }[] }).problems?.map(
      ({ path, reason }) => `${path}: ${reason}`,
    );
  }
};

describe('all that is wrong with an entry is told at once', () => {
  test('of its members', () => {
    const document = { ...grantDocument('acme', 'm1'), actions: [], model: 'M 1', colour: 'red', direct: 1 };
    expect(problemsOf(() => parseGrant(document))).toEqual([
      'model: not-a-model-id',
      'actions: empty',
      'direct: not-true',
      'colour: unknown-member',
    ]);
  });

  test('of what its members must be together', () => {
    const document = {
      ...modelDocument('m1'),
      container: 'tgi',
      fallbacks: ['m1'],
      lifecycle: { status: 'active', successor: 'm1' },
    };
    expect(problemsOf(() => parseModel(document))).toEqual([
      'container: not-an-endpoint',
      'fallbacks[0]: is-the-model-itself',
      'lifecycle.successor: is-the-model-itself',
    ]);
  });
});
