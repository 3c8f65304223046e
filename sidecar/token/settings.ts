import { bad, type Environment, readAll, required } from '../../contract/read-setting.ts';
import { isSecure } from './ask.ts';
import type { Words } from './command.ts';
import type { Job } from './github.ts';
import type { Wanted } from './issuer.ts';

/** Where tokens come from. */
export type TokenSettings =
  | { kind: 'file'; path: string }
  | { kind: 'command'; words: Words }
  | { kind: 'client-credentials'; client: ClientSettings; wanted: Wanted }
  | { kind: 'token-exchange'; client: ClientSettings; subject: Subject; wanted: Wanted }
  | { kind: 'device'; client: ClientSettings; wanted: Wanted }
  | { kind: 'github-actions'; job: Job; audience: string }
  | { kind: 'aws'; env: Environment; region: string; audience: string };

export interface ClientSettings {
  issuer: string;
  clientId: string;
  auth:
    | { by: 'secret-file' | 'key-file' | 'assertion-file'; path: string }
    | { by: 'secret-arn'; arn: string; env: Environment; region: string }
    | { by: 'none' };
}

export interface Subject {
  /** The file with the token that is exchanged; read each time, for others renew it. */
  path: string;
  /** Its type's name, of RFC 8693 section 3. */
  type: string;
}

/** How a client says who it is: one of these. */
const AUTH = {
  TOLLGATE_CLIENT_SECRET_FILE:
    'file with the client’s secret, read at each use: it can be replaced while the sidecar runs',
  TOLLGATE_CLIENT_SECRET_ARN:
    'ARN of that secret in AWS Secrets Manager, read with the credentials of the environment or of the ECS or EKS container',
  TOLLGATE_CLIENT_KEY_FILE:
    'file with the key that signs in the secret’s place (`private_key_jwt`): PEM, for Entra with its certificate, or a JWK',
  TOLLGATE_CLIENT_ASSERTION_FILE:
    'file with a token of somebody else that the identity provider takes in the secret’s place: Entra’s federated credentials',
} as const;

const OPTIONAL = {
  TOLLGATE_SCOPE: 'what is asked for, where the identity provider needs it; Entra: `api://…/.default`',
  TOLLGATE_AUDIENCE: 'whom the token is for; Auth0 and token exchange by the name `audience`',
  TOLLGATE_RESOURCE: 'the same as a URI, by the name `resource` (RFC 8707)',
} as const;

/** Every variable that says where tokens come from, and what it holds: for whoever writes them down. */
export const TOKEN_SETTINGS = {
  TOLLGATE_ISSUER: 'the identity provider: its issuer, from which its endpoints are discovered',
  TOLLGATE_CLIENT_ID: 'whom it knows this service as',
  ...AUTH,
  ...OPTIONAL,
  TOLLGATE_SUBJECT_TOKEN_FILE: 'file with the token that is exchanged for another (RFC 8693)',
  TOLLGATE_SUBJECT_TOKEN_TYPE: 'its type, if not `urn:ietf:params:oauth:token-type:jwt`',
  TOLLGATE_TOKEN_FILE: 'file with a token that others renew: of a Kubernetes service account, for one',
  TOLLGATE_TOKEN_COMMAND:
    "program that prints a token, with its arguments; no shell reads it unless it is one: `sh -c '...'`",
  TOLLGATE_TOKEN_FROM:
    '`device`: a person signs in; `github-actions`: the job’s token; `aws`: one that STS issues for the role (`sts:GetWebIdentityToken`)',
} as const;

type Name = keyof typeof TOKEN_SETTINGS;

type AuthName = keyof typeof AUTH;

const NAMES = Object.keys(TOKEN_SETTINGS) as Name[];
const AUTH_NAMES = Object.keys(AUTH) as AuthName[];
const WANTED = Object.keys(OPTIONAL) as (keyof typeof OPTIONAL)[];
const CLIENT: readonly Name[] = [...AUTH_NAMES, ...WANTED];

/** Who the tenant's service is says nothing of where its token is from: several clients of one process share an issuer. */
const ANY: readonly Name[] = ['TOLLGATE_ISSUER', 'TOLLGATE_CLIENT_ID'];

const FROM = ['device', 'github-actions', 'aws'] as const;

/** Source -> what it reads beside the variable that chooses it. What else is set was meant for another. */
const TAKES: Readonly<Record<TokenSettings['kind'], readonly Name[]>> = {
  file: [],
  command: [],
  'client-credentials': CLIENT,
  'token-exchange': [...CLIENT, 'TOLLGATE_SUBJECT_TOKEN_TYPE'],
  device: CLIENT,
  'github-actions': ['TOLLGATE_AUDIENCE'],
  aws: ['TOLLGATE_AUDIENCE'],
};

/** RFC 8693 section 3. */
const JWT_TYPE = 'urn:ietf:params:oauth:token-type:jwt';

/**
 * @param env the variables of TOKEN_SETTINGS, and those of AWS or of GitHub Actions where they are the source
 * @throws TollgateError `bad_setting` naming the variables, with a line for each that is wrong
 */
export function tokenSettings(env: Environment): TokenSettings {
  const [kind, by] = chosen(env);
  const strays = NAMES.filter((name) => env[name] && ![by, ...ANY, ...TAKES[kind]].includes(name));
  if (strays.length > 0) throw bad(strays.join(' and '), `cannot go with ${by}, which says where tokens come from`);
  switch (kind) {
    case 'file':
      return { kind, path: required(env, by) };
    case 'command':
      return { kind, words: words(by, required(env, by)) };
    case 'github-actions':
      return readAll({ kind: () => kind, job: () => jobOf(env), audience: () => required(env, 'TOLLGATE_AUDIENCE') });
    case 'aws':
      return readAll({
        kind: () => kind,
        env: () => env,
        region: () => regionOf(env),
        audience: () => required(env, 'TOLLGATE_AUDIENCE'),
      });
    case 'token-exchange':
      return readAll({
        kind: () => kind,
        client: () => clientOf(env),
        subject: () => ({ path: required(env, by), type: uri(env, 'TOLLGATE_SUBJECT_TOKEN_TYPE') ?? JWT_TYPE }),
        wanted: () => wantedOf(env),
      });
    default:
      return readAll({ kind: () => kind, client: () => clientOf(env), wanted: () => wantedOf(env) });
  }
}

/** @returns the source, and the variable that says so */
function chosen(env: Environment): readonly [TokenSettings['kind'], Name] {
  const ways = (
    [
      ['file', 'TOLLGATE_TOKEN_FILE'],
      ['command', 'TOLLGATE_TOKEN_COMMAND'],
      ['token-exchange', 'TOLLGATE_SUBJECT_TOKEN_FILE'],
      ['device', 'TOLLGATE_TOKEN_FROM'],
    ] as const
  ).filter(([, name]) => env[name]);
  const [way, ...others] = ways;
  if (others.length > 0)
    throw bad(ways.map(([, name]) => name).join(' and '), 'each say where tokens come from: set one of them');
  if (way?.[0] === 'device') return [from(env), way[1]];
  if (way !== undefined) return way;
  const auth = AUTH_NAMES.find((name) => env[name]);
  if (auth !== undefined) return ['client-credentials', auth];
  throw env.TOLLGATE_ISSUER || env.TOLLGATE_CLIENT_ID
    ? bad(
        'TOLLGATE_CLIENT_SECRET_FILE',
        `is not set, nor is another that a client may have: ${AUTH_NAMES.slice(1).join(', ')}`,
      )
    : bad(
        'TOLLGATE_TOKEN_FILE',
        'is not set, nor is anything else that says where tokens come from: TOLLGATE_ISSUER with TOLLGATE_CLIENT_ID and ' +
          'TOLLGATE_CLIENT_SECRET_FILE, TOLLGATE_TOKEN_COMMAND, TOLLGATE_SUBJECT_TOKEN_FILE or TOLLGATE_TOKEN_FROM',
      );
}

function from({ TOLLGATE_TOKEN_FROM: value }: Environment): (typeof FROM)[number] {
  const found = FROM.find((name) => name === value);
  if (found === undefined) throw bad('TOLLGATE_TOKEN_FROM', `must be one of ${FROM.join(', ')}`);
  return found;
}

function clientOf(env: Environment): ClientSettings {
  return readAll({
    issuer: () => issuerOf(required(env, 'TOLLGATE_ISSUER')),
    clientId: () => required(env, 'TOLLGATE_CLIENT_ID'),
    auth: () => authOf(env),
  });
}

function issuerOf(text: string): string {
  if (isSecure(text) && !/[?#@]/.test(text)) return text;
  throw bad(
    'TOLLGATE_ISSUER',
    'must be a URL that begins with https://, or of this machine, without user, query or fragment',
  );
}

function authOf(env: Environment): ClientSettings['auth'] {
  const [name, ...others] = AUTH_NAMES.filter((one) => env[one]);
  if (name === undefined) return { by: 'none' };
  if (others.length > 0) throw bad([name, ...others].join(' and '), 'each say who the client is: set one of them');
  const value = required(env, name);
  switch (name) {
    case 'TOLLGATE_CLIENT_SECRET_FILE':
      return { by: 'secret-file', path: value };
    case 'TOLLGATE_CLIENT_KEY_FILE':
      return { by: 'key-file', path: value };
    case 'TOLLGATE_CLIENT_ASSERTION_FILE':
      return { by: 'assertion-file', path: value };
    case 'TOLLGATE_CLIENT_SECRET_ARN': {
      const region = /^arn:aws[\w-]*:secretsmanager:([a-z0-9-]+):\d{12}:secret:[\w/+=.@-]+$/.exec(value)?.[1];
      if (region === undefined) throw bad(name, 'must be the ARN of a secret of Secrets Manager');
      return { by: 'secret-arn', arn: value, env, region };
    }
  }
}

function wantedOf(env: Environment): Wanted {
  uri(env, 'TOLLGATE_RESOURCE');
  return Object.fromEntries(
    WANTED.flatMap((name) => (env[name] ? [[name.replace('TOLLGATE_', '').toLowerCase(), env[name]]] : [])),
  );
}

function uri(env: Environment, name: Name): string | undefined {
  const value = env[name] || undefined;
  if (value === undefined || (URL.canParse(value) && !value.includes('#'))) return value;
  throw bad(name, 'must be an absolute URI without a fragment');
}

/** Parted at spaces, but for those in quotes; nothing else that a shell does is done, and what asks for it is refused. */
function words(name: Name, line: string): Words {
  const outside = line.replace(/'[^']*'/g, '');
  if (/[$`]/.test(outside) || /["']|[|&;<>()]/.test(outside.replace(/"[^"]*"/g, '')))
    throw bad(name, "is read by no shell, and must be a program and its arguments; for a shell write sh -c '...'");
  const parts = line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  const [program = '', ...rest] = parts.map((part) => part.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
  return [program, ...rest];
}

function jobOf(env: Environment): Job {
  const inJob = (name: string): string => {
    const value = env[name];
    if (!value) throw bad(name, 'is not set: the job needs `permissions: id-token: write`');
    return value;
  };
  const url = inJob('ACTIONS_ID_TOKEN_REQUEST_URL');
  if (!isSecure(url)) throw bad('ACTIONS_ID_TOKEN_REQUEST_URL', 'must be a URL that begins with https://');
  return { url, bearer: inJob('ACTIONS_ID_TOKEN_REQUEST_TOKEN') };
}

function regionOf(env: Environment): string {
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || '';
  if (/^[a-z]{2,5}(?:-[a-z]+)+-\d{1,2}$/.test(region)) return region;
  throw bad('AWS_REGION', region === '' ? 'is not set' : 'must be the name of a region');
}
