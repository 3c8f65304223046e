import { describe, expect, test } from 'vitest';
import type { TollgateError } from '../../../contract/errors.ts';
import {
  checkFields,
  type Fields,
  ignored,
  type Members,
  refused,
  translated,
} from '../../../invoke/surfaces/fields.ts';
import { fieldRows, objectSchema } from '../../../invoke/surfaces/fields-document.ts';

const TABLE: Fields = {
  model: translated('Whom to ask.', { type: 'string', minLength: 1 }),
  heat: translated('To `temperature`.', { type: 'number', minimum: 0, maximum: 1 }),
  many: translated('To `maxTokens`.', { type: 'integer', minimum: 1 }),
  stop: translated('To `stopSequences`.', {
    type: ['string', 'array'],
    minLength: 1,
    minItems: 1,
    maxItems: 2,
    items: { type: 'string' },
  }),
  mood: translated('To a mood.', { type: 'string', enum: ['calm', 'wild'] }),
  user: ignored('a label for records'),
  n: refused('Ask several times.', [1]),
  parts: translated('To blocks.', {
    type: 'array',
    items: {
      type: 'object',
      by: {
        member: 'type',
        of: {
          text: { fields: { text: translated('To text.', { type: 'string' }) }, required: ['text'] },
          audio: { refused: 'No model here listens.' },
        },
      },
    },
  }),
  inner: translated('To an object.', {
    type: 'object',
    fields: { deep: ignored('it is nothing') },
    required: ['deep'],
  }),
};

function fault(members: Members, required?: string[]): [field: string | undefined, message: string] | undefined {
  try {
    checkFields(TABLE, members, required);
    return undefined;
  } catch (error) {
    const { field, publicMessage } = error as TollgateError;
    return [field, publicMessage];
  }
}

describe('a request is what its table says', () => {
  test.each<[string, Members]>([
    ['nothing', {}],
    [
      'all of it',
      { model: 'm', heat: 0.5, many: 3, stop: ['a', 'b'], mood: 'calm', user: {}, n: 1, inner: { deep: 1 } },
    ],
    ['null, whatever the member is', { model: null, n: null, unheard: null, inner: null }],
    ['one form among several', { parts: [{ type: 'text', text: 'hi' }] }],
    ['one type of two', { stop: 'x' }],
  ])('%s is accepted', (_, members) => {
    expect(fault(members)).toBeUndefined();
  });

  test.each<[Members, string, string]>([
    [{ unheard: 1 }, 'unheard', 'not supported'],
    [{ n: 2 }, 'n', 'Ask several times.'],
    [{ model: 1 }, 'model', 'must be a string'],
    [{ model: '' }, 'model', 'must not be empty'],
    [{ heat: 1.5 }, 'heat', 'must be from 0 to 1'],
    [{ heat: '1' }, 'heat', 'must be a number'],
    [{ many: 0 }, 'many', 'must be 1 or more'],
    [{ many: 1.5 }, 'many', 'must be a whole number'],
    [{ many: 1e300 }, 'many', 'must be a whole number'],
    [{ stop: 3 }, 'stop', 'must be a string or an array'],
    [{ stop: [] }, 'stop', 'must not be empty'],
    [{ stop: ['a', 'b', 'c'] }, 'stop', 'at most 2 items'],
    [{ stop: ['a', 3] }, 'stop[1]', 'must be a string'],
    [{ mood: 'blue' }, 'mood', 'must be one of calm, wild'],
    [{ parts: {} }, 'parts', 'must be an array'],
    [{ parts: ['x'] }, 'parts[0]', 'must be an object'],
    [{ parts: [{}] }, 'parts[0].type', 'must be text'],
    [{ parts: [{ type: 'constructor' }] }, 'parts[0].type', 'must be text'],
    [{ parts: [{ type: 'audio' }] }, 'parts[0].type', 'No model here listens.'],
    [{ parts: [{ type: 'text' }] }, 'parts[0].text', 'must be given'],
    [{ parts: [{ type: 'text', text: 'x', more: 1 }] }, 'parts[0].more', 'not supported'],
    [{ inner: {} }, 'inner.deep', 'must be given'],
    [{ parts: [{ type: 'text', file: 'x' }] }, 'parts[0].file', 'not supported'],
    [{ inner: { deep: 1, 'a\nb': 1 } }, 'inner.a?b', 'not supported'],
  ])('%j is refused at %s: %s', (members, field, message) => {
    const [at, said] = fault(members) ?? [];
    expect(at).toBe(field);
    expect(said).toContain(message);
  });

  test('what is required is named, null being absent', () => {
    expect(fault({}, ['model'])).toEqual(['model', 'model must be given.']);
    expect(fault({ model: null }, ['model'])).toEqual(['model', 'model must be given.']);
  });

  test('a name that every object has is no member of a table', () => {
    expect(fault({ constructor: 1 })?.[0]).toBe('constructor');
  });
});

test('the same table is a JSON Schema, without what is refused', () => {
  expect(objectSchema(TABLE, ['model'])).toMatchObject({
    required: ['model'],
    properties: {
      heat: { type: 'number', minimum: 0, maximum: 1, description: 'To `temperature`.' },
      user: { description: 'Accepted and not used: a label for records' },
      parts: {
        items: {
          type: 'object',
          oneOf: [{ required: ['type', 'text'], properties: { type: { const: 'text' }, text: { type: 'string' } } }],
        },
      },
      inner: { type: 'object', required: ['deep'], properties: { deep: {} } },
    },
  });
  expect(JSON.stringify(objectSchema(TABLE))).not.toContain('"n"');
});

test('and a table for people, with what is refused', () => {
  expect(fieldRows(TABLE)).toEqual(
    expect.arrayContaining([
      '| `n` | refused | Ask several times. |',
      '| `parts[] (type: text).text` | translated | To text. |',
      '| `parts[] (type: audio)` | refused | No model here listens. |',
      '| `inner.deep` | ignored | it is nothing |',
    ]),
  );
});
