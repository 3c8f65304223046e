import type { Lifecycle, Published } from '../contract/model.ts';

export type Usability =
  | { state: 'draft'; reason: 'draft' }
  | { state: 'usable'; reason: 'active' }
  | { state: 'deprecated'; reason: 'deprecated' | 'announced' }
  | { state: 'retired'; reason: 'retired' | 'sunset-passed' };

/**
 * Whether a model may be called, from its status and its dates. A date works by itself: nobody has to be awake when a
 * sunset comes.
 *
 * @param nowSeconds seconds since 1970
 * @returns `retired` from the second of the sunset on; `deprecated` while an end is announced or in force, which a caller
 *   is told of by lifecycleHeaders
 */
export function usability(lifecycle: Lifecycle, nowSeconds: number): Usability {
  const { status, deprecatedAt, sunsetAt } = lifecycle;
  if (status === 'draft') return { state: 'draft', reason: 'draft' };
  if (status === 'retired') return { state: 'retired', reason: 'retired' };
  if (sunsetAt !== undefined && sunsetAt <= nowSeconds) return { state: 'retired', reason: 'sunset-passed' };
  if (status === 'deprecated' || (deprecatedAt !== undefined && deprecatedAt <= nowSeconds))
    return { state: 'deprecated', reason: 'deprecated' };
  if (sunsetAt !== undefined || deprecatedAt !== undefined) return { state: 'deprecated', reason: 'announced' };
  return { state: 'usable', reason: 'active' };
}

/** Whether any caller may know of it. */
export function isPublished(lifecycle: Lifecycle): lifecycle is Lifecycle<Published> {
  return lifecycle.status !== 'draft';
}

/**
 * The headers that tell a caller of a model's end: `Deprecation` (RFC 9745: a structured-field date, past or future),
 * `Sunset` (RFC 8594: an HTTP date) and `Link` to the successor (RFC 5829). None for a model without an end.
 *
 * @returns names in lower case
 */
export function lifecycleHeaders(
  model: { lifecycle: Lifecycle<Published> },
  nowSeconds: number,
): Record<string, string> {
  const { deprecatedAt, sunsetAt, successor } = model.lifecycle;
  if (usability(model.lifecycle, nowSeconds).state === 'usable') return {};
  return {
    ...(deprecatedAt === undefined ? {} : { deprecation: `@${deprecatedAt}` }),
    ...(sunsetAt === undefined ? {} : { sunset: new Date(sunsetAt * 1000).toUTCString() }),
    ...(successor === undefined ? {} : { link: `</v1/models/${successor}>; rel="successor-version"` }),
  };
}
