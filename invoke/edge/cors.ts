import type { Asked, Given } from '../exchange.ts';

/** Cross-origin requests of browsers (https://fetch.spec.whatwg.org/#http-cors-protocol), from the origins that a stage lists. */
export interface Cors {
  /** The answer to a browser that asks before it calls; undefined: it is no such question, or nobody may ask. */
  preflight(asked: Asked): Given | undefined;
  /** What an answer needs, so that the page that asked may read it. */
  headers(asked: Asked): Record<string, string>;
}

/** Seconds for which a browser remembers its answer: the most that Chrome takes. */
const MAX_AGE_SECONDS = 7_200;

/** A list of header names (RFC 9110 section 5.6.2), as a browser asks for them. */
const NAMES = /^[!#$%&'*+.^_`|~\w, -]{1,1024}$/;

/**
 * @param origins each as a browser writes it, e.g. `https://app.example`; none: whatever asks is answered as ever
 * @param methods those that there are
 */
export function createCors(origins: readonly string[], methods: readonly string[]): Cors {
  const listed = new Set(origins);
  const allowed = ({ headers }: Asked): Record<string, string> => {
    const origin = headers.get('origin');
    // A cache in between must not give one page's answer to another, nor one without the header to either.
    const vary = { vary: 'origin' };
    if (origin === null || !listed.has(origin)) return vary;
    return { ...vary, 'access-control-allow-origin': origin };
  };
  return {
    preflight(asked) {
      if (listed.size === 0 || asked.method !== 'OPTIONS') return undefined;
      if (asked.headers.get('access-control-request-method') === null) return undefined;
      const names = asked.headers.get('access-control-request-headers') ?? '';
      const answer = allowed(asked);
      const may = answer['access-control-allow-origin'] !== undefined && {
        'access-control-allow-methods': methods.join(', '),
        // The token's among them, which `*` does not stand for.
        ...(NAMES.test(names) ? { 'access-control-allow-headers': names } : {}),
        'access-control-max-age': String(MAX_AGE_SECONDS),
      };
      return { status: 204, headers: { ...answer, ...may }, body: '' };
    },
    headers(asked) {
      if (listed.size === 0) return {};
      return { ...allowed(asked), 'access-control-expose-headers': '*' };
    },
  };
}
