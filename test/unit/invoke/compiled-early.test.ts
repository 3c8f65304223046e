import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { V8_FLAGS } from '../../../contract/limits/invoke.ts';

// Of a process of its own: told of a flag that it does not know V8 only prints so, and goes on as ever.
test('V8 has each of the flags that the doors tell it, and waits for longer by itself', () => {
  const options = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  for (const flag of V8_FLAGS) {
    const [name, calls] = flag.split('=');
    const byItself = new RegExp(`default: ${name}=(\\d+)$`, 'm').exec(options)?.[1];
    expect(Number(byItself), flag).toBeGreaterThan(Number(calls));
  }
});
