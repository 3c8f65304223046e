import { CREDENTIALS_EARLY_MS, CREDENTIALS_MODELS_MAX, CREDENTIALS_SHORT_MS } from '../contract/limits/credentials.ts';

/** What is given to who asked for credentials: the gateway's own answer, new or kept. */
export interface Answer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
}

export interface CredentialsDeps {
  /** One GET of the gateway under the tenant's token. @throws when there is no token or no answer (`faultOf`) */
  ask(path: string): Promise<Answer>;
  clock(): number;
}

/** The gateway's path, and ours: the value of the authorization file is asked for there, and nowhere else. */
export const CREDENTIALS_PATH = '/credentials';

/**
 * Credentials for direct mode (docs/direct-mode.md) in the form of
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html, asked for once for all who wait, and
 * kept until shortly before their end. Whatever is no credentials is given and forgotten.
 *
 * @returns the answer to `/credentials` with these values of `model`; how many those may be the gateway says
 */
export function createCredentials({ ask, clock }: CredentialsDeps): (models: readonly string[]) => Promise<Answer> {
  const held = new Map<string, { answer: Promise<Answer>; until: number }>();
  return (models) => {
    const path = `${CREDENTIALS_PATH}?${new URLSearchParams(models.map((model): [string, string] => ['model', model]))}`;
    const known = held.get(path);
    if (known !== undefined && known.until > clock()) return known.answer;
    const entry = { answer: ask(path), until: Number.POSITIVE_INFINITY };
    held.set(path, entry);
    for (const [oldest] of held) if (held.size > CREDENTIALS_MODELS_MAX) held.delete(oldest);
    const settled = (until: number): void => {
      entry.until = until;
      if (until <= clock() && held.get(path) === entry) held.delete(path);
    };
    entry.answer.then(
      (answer) => settled(keptUntil(answer, clock())),
      () => settled(0),
    );
    return entry.answer;
  };
}

/** Milliseconds since 1970 until which an answer may be given again; 0: not at all. */
function keptUntil({ status, headers, body }: Answer, now: number): number {
  if (status !== 200) return 0;
  try {
    const { Expiration } = JSON.parse(body) as { Expiration?: unknown };
    // By the clock that set the end: ours may be minutes behind it.
    const lifetime = Date.parse(String(Expiration)) - (Date.parse(headers.date ?? '') || now);
    return now + Math.max(lifetime - CREDENTIALS_EARLY_MS, Math.min(lifetime / 2, CREDENTIALS_SHORT_MS)) || 0;
  } catch {
    return 0;
  }
}

/**
 * Whether anybody between here and the gateway could take the path for `/credentials`: API Gateway decodes a path and takes a
 * stage's name or a domain's base path from before it, others take dots, slashes or parameters away. No other path of the
 * gateway ends so, but for a model of that name.
 */
export function isCredentialsPath(raw: string): boolean {
  let path = raw;
  // Each round takes one encoding away. What cannot be decoded ends the rounds: nobody else could, either.
  for (let decoded = decode(path); decoded !== path; decoded = decode(path)) path = decoded;
  const [bare = ''] = path.replaceAll('\\', '/').split(/[;?#]/);
  const segments: string[] = [];
  for (const segment of bare.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `/${segments.at(-1)}`.toLowerCase() === CREDENTIALS_PATH;
}

function decode(path: string): string {
  // By single characters: one escape that is none must not hide the others.
  return path.replaceAll(/%[0-7][0-9a-f]/gi, (one) => String.fromCharCode(Number.parseInt(one.slice(1), 16)));
}
