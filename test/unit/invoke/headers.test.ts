import { describe, expect, test } from 'vitest';
import { contentType, isUnencoded, wantedType } from '../../../invoke/edge/headers.ts';

describe('the type that a model is asked for', () => {
  test.each<[string, string | null, string]>([
    ['without a wish', null, 'application/json'],
    ['of an empty header', '', 'application/json'],
    ['of anything', '*/*', 'application/json'],
    ['of axios', 'application/json, text/plain, */*', 'application/json'],
    ["of Java's own client, whose last but one range is none", 'text/html, image/gif, *; q=.2', 'application/json'],
    ['of a browser', 'text/html,application/xml;q=0.9,*/*;q=0.8', 'application/json'],
    ['of any application type', 'Application/*;q=0.1', 'application/json'],
    ['in capitals', 'APPLICATION/JSON', 'application/json'],
    ['with parameters', 'application/json;charset="utf-8";q=0.5', 'application/json'],
    ['of one type alone', 'image/png', 'image/png'],
    ['of several types by their weight', 'image/png;q=0.5, image/webp;q=0.9, image/*', 'image/webp'],
    ['with a comma in a quoted parameter', 'image/png;x="application/json, */*"', 'image/png'],
    ['of what JSON is not', 'application/json;q=0, image/png', 'image/png'],
    ['that cannot be read', ',;=", é', 'application/json'],
    ['with a line break', 'image/png\r\nx: y', 'application/json'],
    ['of a kilobyte', `${'a'.repeat(1_000)}/b`, 'application/json'],
  ])('%s', (_, accept, expected) => {
    expect(wantedType(accept)).toBe(expected);
  });
});

describe('a content type', () => {
  test.each<[string | null, string | undefined, string | null]>([
    [null, '', null],
    ['Application/JSON; Charset="UTF-8"', 'application/json', 'utf-8'],
    ['application/json;', 'application/json', null],
    ['application/json; profile="a;charset=utf-16"', 'application/json', null],
    ['application/json, text/plain', undefined, null],
    ['json', undefined, null],
  ])('%s', (value, essence, charset) => {
    expect(contentType(value)).toEqual(essence === undefined ? undefined : { essence, charset });
  });
});

test.each([
  [null, true],
  ['', true],
  ['identity', true],
  ['Identity , identity', true],
  ['gzip', false],
  ['identity, gzip', false],
])('the content encoding %s leaves the bytes as they are: %s', (value, expected) => {
  expect(isUnencoded(value)).toBe(expected);
});
