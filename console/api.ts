import { createApi } from './http.ts';
import { gateway } from './place.ts';
import { session } from './sign-in/session.ts';

export { type Answer, type Method, pathOf, type Query, type SendOptions } from './http.ts';
export { ApiProblem, asProblem, type FieldProblem } from './problem.ts';

/** The gateway, as whoever is signed in. */
export const api = createApi({
  base: gateway,
  fetch: (input, init) => fetch(input, init),
  token: (refused) => session.token(refused),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
});
