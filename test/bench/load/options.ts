import { parseArgs } from 'node:util';
import { KINDS, type Kind, MODEL } from '../points.ts';

export interface LoadOptions {
  /** Of a running gateway; undefined: one is started on this machine for the time of the load. */
  url: string | undefined;
  tenants: number;
  connections: number;
  seconds: number;
  /** Calls a second that are begun whether or not earlier ones have been answered; 0: each connection calls again at once. */
  rate: number;
  kind: Kind;
  model: string;
  prompt: string;
  /** A shell command that prints the token of a tenant; `{n}` in it is the tenant's number, from 1. */
  tokenCommand: string | undefined;
  /** Clients of `issuer`, by client credentials, each a tenant. */
  clients: readonly { id: string; secret: string }[];
  issuer: string | undefined;
  out: string;
}

export const USAGE = `npm run load -- [options]

  --url URL            a running gateway; without it one is started here, with tenants of its own
  --tenants N          tokens of so many tenants, 10 (1 to 1,000)
  --connections N      calls at once, 32 (1 to 5,000)
  --seconds N          how long, 30 (1 to 3,600)
  --rate N             calls begun a second, 0: as many as are answered (0 to 100,000)
  --path KIND          ${KINDS.join(' | ')}
  --model ID           ${MODEL}
  --prompt TEXT        what the model is asked
  --token-command CMD  with --url: prints a token; {n} in it is the tenant's number
  --client ID:SECRET   with --url: a client of --issuer, once for each tenant
  --issuer URL         where the clients get their tokens
  --out FILE           the chart, bench/load.html
`;

/** @throws Error that says which option is wrong */
export function loadOptions(args: readonly string[]): LoadOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      url: text,
      tenants: text,
      connections: text,
      seconds: text,
      rate: text,
      path: text,
      model: text,
      prompt: text,
      'token-command': text,
      client: { type: 'string', multiple: true },
      issuer: text,
      out: text,
    },
  });
  const whole = (name: 'tenants' | 'connections' | 'seconds' | 'rate', min: number, max: number, otherwise: number) => {
    const value = values[name];
    if (value === undefined) return otherwise;
    const number = /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new Error(`--${name} must be a whole number from ${min} to ${max}`);
  };
  const { url, issuer, path: kind = 'converse', client = [], 'token-command': tokenCommand } = values;
  if (url !== undefined) httpUrl('--url', url);
  if (issuer !== undefined) httpUrl('--issuer', issuer);
  if (!isKind(kind)) throw new Error(`--path must be one of ${KINDS.join(', ')}`);
  const clients = client.map((one) => {
    const mark = one.indexOf(':');
    if (mark < 1) throw new Error('--client must be ID:SECRET');
    return { id: one.slice(0, mark), secret: one.slice(mark + 1) };
  });
  if (url === undefined && (tokenCommand !== undefined || clients.length > 0))
    throw new Error(
      '--token-command and --client are for --url: a gateway that is started here has tenants of its own',
    );
  if (url !== undefined && (tokenCommand === undefined) === (clients.length === 0))
    throw new Error('--url needs tokens: --token-command, or --client with --issuer');
  if (clients.length > 0 && issuer === undefined) throw new Error('--client needs --issuer');
  return {
    url: url?.replace(/\/$/, ''),
    tenants: clients.length > 0 ? clients.length : whole('tenants', 1, 1_000, 10),
    connections: whole('connections', 1, 5_000, 32),
    seconds: whole('seconds', 1, 3_600, 30),
    rate: whole('rate', 0, 100_000, 0),
    kind,
    model: values.model ?? MODEL,
    prompt: values.prompt ?? 'Say hello.',
    tokenCommand,
    clients,
    issuer,
    out: values.out ?? 'bench/load.html',
  };
}

function isKind(value: string): value is Kind {
  return (KINDS as readonly string[]).includes(value);
}

function httpUrl(name: string, value: string): void {
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol))
    throw new Error(`${name} must be an http(s) URL`);
}
