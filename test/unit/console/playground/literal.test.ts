import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  javascript,
  python,
  pythonArguments,
  Verbatim,
} from '../../../../console/views/playground/snippets/literal.ts';

test('whatever can be sent is the same when the code that is shown has run', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      // Parsed again as JSON, a member of any name is the object's own, and -0 is 0.
      const sent = JSON.parse(JSON.stringify(value));
      expect(new Function(`return ${javascript(value)};`)()).toEqual(sent);
    }),
  );
});

test('lines are as long as people read them', () => {
  const value = { model: 'nova', messages: [{ role: 'user', content: "it's" }], note: new Verbatim('read()') };
  expect(javascript({ ...value, long: 'x'.repeat(30), empty: [] })).toBe(`{
  model: 'nova',
  messages: [{ role: 'user', content: 'it\\'s' }],
  note: read(),
  long: '${'x'.repeat(30)}',
  empty: [],
}`);
});

test('Python has words of its own', () => {
  expect(python({ a: [true, false, null], 'b-c': 1.5, d: "it's \n" })).toBe(
    '{ "a": [True, False, None], "b-c": 1.5, "d": "it\'s \\n" }',
  );
  expect(pythonArguments({ stream: true, stop: ['a'] })).toBe('    stream=True,\n    stop=["a"],\n');
});
