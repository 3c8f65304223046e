import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PLACES_MAX } from '../../../contract/limits/routing.ts';
import { arnsOf } from '../../../policies/kinds.ts';
import { readEndpoints } from '../../../registry/endpoints.ts';
import { parseModel } from '../../../registry/model.ts';
import { placeDocument } from '../../../registry/places.ts';
import { modelDocument } from './documents.ts';

interface Case {
  name: string;
  file: string[];
  /** By prefix. */
  profiles?: Record<string, string[]>;
  /** Each as group and ARNs. */
  places?: string[];
  distribution?: string;
  left?: string[];
  /** Each as line, entry, member and reason. */
  bad?: string[];
  /** The field of the error. */
  throws?: string;
}

const cases = JSON.parse(readFileSync(new URL('../../cases/endpoints.json', import.meta.url), 'utf8')) as Case[];

function read(text: string, profiles: Record<string, string[]> = {}) {
  const options = { nativeId: 'amazon.nova-lite-v1:0', account: '111122223333' };
  return readEndpoints(text, { ...options, profiles: new Map(Object.entries(profiles)) });
}

describe('a file of the Bedrock Connect Helper', () => {
  test.each(cases)('$name', ({ file, profiles, places, distribution, left = [], bad = [], throws }) => {
    const text = file.join('\n');
    if (throws !== undefined) {
      expect(() => read(text)).toThrow(expect.objectContaining({ code: 'bad_entry', field: throws }));
      return;
    }
    const found = read(text, profiles);
    expect(found.bad.map(({ line, at, field, reason }) => `${line} ${at} ${field} ${reason}`)).toEqual(bad);
    if (places === undefined) return;
    expect(found.places.map(({ group, target }) => [group, ...arnsOf(target)].join(' '))).toEqual(places);
    expect(found).toMatchObject({ distribution, left });
    // What comes of it is a model.
    const { target: _, ...rest } = modelDocument('m');
    expect(parseModel({ ...rest, targets: found.places.map(placeDocument) }).places).toEqual(found.places);
  });

  test('has no more endpoints than a model may have places', () => {
    const endpoints = Array.from({ length: PLACES_MAX + 1 }, (_, index) => ({
      region: `us-${'abcdefgh'[index >> 3]}bcd-${(index % 8) + 1}`,
    }));
    expect(read(JSON.stringify(endpoints)).bad).toEqual([{ line: 1, at: '', field: 'file', reason: 'too-many' }]);
    expect(read(JSON.stringify(endpoints.slice(1))).bad).toEqual([]);
  });
});
