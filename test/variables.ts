import { afterAll } from 'vitest';

/** Files of one worker share its environment: each leaves it as it was found, or what one signs with would sign the next one's calls. */
const found = { ...process.env };

afterAll(() => {
  for (const name of Object.keys(process.env)) if (found[name] === undefined) delete process.env[name];
  Object.assign(process.env, found);
});
