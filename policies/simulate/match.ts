import type { RequestContext } from './types.ts';

/**
 * Whether `text` matches an IAM pattern: `*` is any run of characters, `?` exactly one, everything else itself.
 * Written as a loop: a regular expression of many stars can take exponential time on a hostile pattern.
 */
export function matches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    const c = pattern[p];
    if (c === '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.length && (c === '?' || c === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** ARN patterns match part by part: a wildcard does not reach over one of the first five colons (ArnLike, ArnEquals). */
export function matchesArn(pattern: string, arn: string): boolean {
  const wanted = parts(pattern);
  const given = parts(arn);
  return wanted.length === 6 && given.length === 6 && wanted.every((part, i) => matches(part, given[i] ?? ''));
}

function parts(arn: string): string[] {
  const all = arn.split(':');
  return all.length < 6 ? all : [...all.slice(0, 5), all.slice(5).join(':')];
}

/** The value or values of a condition key, or undefined when the request does not have it. */
export function valuesOf(context: RequestContext, key: string): readonly string[] | undefined {
  const wanted = key.toLowerCase();
  for (const [name, value] of Object.entries(context))
    if (name.toLowerCase() === wanted) return typeof value === 'string' ? [value] : value;
  return undefined;
}

/**
 * Replaces policy variables, `${aws:PrincipalTag/x}` and `${key, 'default'}`
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).
 *
 * @returns null when a variable has no value in this request: the statement then cannot match
 */
export function substitute(pattern: string, context: RequestContext): string | null {
  if (!pattern.includes('${')) return pattern;
  let missing = false;
  const text = pattern.replace(/\$\{([^},]+?)(?:\s*,\s*'([^']*)')?\}/g, (_whole, name: string, otherwise?: string) => {
    if (name === '*' || name === '?' || name === '$') return name;
    const values = valuesOf(context, name.trim());
    if (values?.length === 1) return values[0] ?? '';
    if (otherwise !== undefined) return otherwise;
    missing = true;
    return '';
  });
  return missing ? null : text;
}
