import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchKeys, type KeySet } from '../../authorizer/jwks.ts';
import { suffixOf } from '../../aws/json.ts';
import { isTollgateError } from '../../contract/errors.ts';
import { parseIssuers, type TrustedIssuer } from '../../contract/issuer.ts';
import { CLOCK_WARN_SECONDS, CLOCK_WRONG_SECONDS } from '../../contract/limits/doctor.ts';
import { BOTH, type Check, type Problem, type Sight, warn, wrong } from './check.ts';

export interface IssuersSeen {
  issuers: {
    settings: Pick<TrustedIssuer, 'issuer' | 'algorithms' | 'jwksUri'>;
    /** Its keys, or why there are none, in the words of the authorizer. */
    keys:
      | (Pick<KeySet, 'dropped'> & { keys: Pick<KeySet['keys'][number], 'kid' | 'algorithms'>[] })
      | { failed: string };
  }[];
}

/** Why an issuer's keys are not to be had, as the authorizer finds it. */
const FAILURES: Readonly<Record<string, [what: string, mend: string]>> = {
  'jwks-timeout': ['does not answer in time', 'is it up, and may the functions’ network reach it?'],
  'jwks-unreachable': ['cannot be reached', 'is its name right, and its certificate good?'],
  'jwks-status': ['does not answer 200 for its metadata', 'open <issuer>/.well-known/openid-configuration'],
  'jwks-too-large': ['has metadata that are too large', 'name its keys by jwksUri'],
  'jwks-malformed': ['has metadata or keys that are no JSON', 'open what it answers'],
  'discovery-issuer': [
    'calls itself otherwise in its metadata',
    'write the issuer to the letter as its metadata have it, slash and all',
  ],
  'discovery-jwks-uri': ['names no address of keys with https', 'name its keys by jwksUri'],
};

export const issuers: Check<IssuersSeen> = {
  id: 'issuers',
  on: BOTH,
  needs: ['cloudformation:GetTemplate'],
  async read(sight) {
    const setting = await issuersOf(sight);
    if (setting === undefined) return undefined;
    const settings = parseIssuers(JSON.parse(setting));
    const keysOf = async (issuer: TrustedIssuer): Promise<IssuersSeen['issuers'][number]['keys']> => {
      try {
        return await fetchKeys(issuer, sight.fetch);
      } catch (error) {
        return { failed: (isTollgateError(error) && error.reason) || String(error) };
      }
    };
    return { issuers: await Promise.all(settings.map(async (one) => ({ settings: one, keys: await keysOf(one) }))) };
  },
  judge({ issuers }) {
    const problems = issuers.flatMap(({ settings: { issuer, algorithms }, keys }): Problem[] => {
      if ('failed' in keys) {
        const [what, mend] = FAILURES[keys.failed] ?? [keys.failed, 'open its metadata'];
        return [wrong(`${issuer} ${what}: its tokens cannot be verified`, mend)];
      }
      const fitting = keys.keys.filter((key) => key.algorithms.some((one) => algorithms.includes(one)));
      return [
        ...(keys.keys.length === 0
          ? [
              wrong(
                `${issuer} has no key that may verify anything`,
                'it must publish RSA keys of 2,048 bits or more, EC or Ed25519 keys, each with a kid',
              ),
            ]
          : []),
        ...(keys.keys.length > 0 && fitting.length === 0
          ? [
              wrong(
                `${issuer} signs by ${[...new Set(keys.keys.flatMap((key) => key.algorithms))].join(', ')}, and ${algorithms.join(', ')} is trusted`,
                'set its algorithms in tollgate:issuers',
              ),
            ]
          : []),
        ...(keys.dropped > 0 && fitting.length === 0
          ? [warn(`${issuer}: ${keys.dropped} keys may not be used`, 'too short, for encryption, or without a kid')]
          : []),
      ];
    });
    return {
      ok: `${issuers.length} reachable, with keys: ${issuers.map(({ settings }) => settings.issuer).join(', ')}`,
      problems,
    };
  },
};

/** As the functions or the container were given it; on the laptop as it wrote it down for the container. */
async function issuersOf({ target, deployed, dataDir }: Sight): Promise<string | undefined> {
  if (target.kind === 'local') {
    const text = await readFile(join(dataDir, 'serve.env'), 'utf8');
    return /^TOLLGATE_ISSUERS='(.*)'$/m.exec(text)?.[1];
  }
  const stack = await deployed();
  const variables = [
    ...stack
      .of('AWS::Lambda::Function')
      .map(
        ({ properties }) =>
          (properties.Environment as { Variables?: Record<string, string> } | undefined)?.Variables?.TOLLGATE_ISSUERS,
      ),
    ...stack
      .of('AWS::ECS::TaskDefinition')
      .flatMap(({ properties }) =>
        (properties.ContainerDefinitions as { Environment?: { Name: string; Value: string }[] }[]).flatMap(
          ({ Environment = [] }) =>
            Environment.filter(({ Name }) => Name === 'TOLLGATE_ISSUERS').map(({ Value }) => Value),
        ),
      ),
  ];
  return variables.find((one) => one !== undefined);
}

export interface ClockSeen {
  /** Milliseconds since 1970: AWS's, in whole seconds; and ours before it was asked and after. */
  theirs: number;
  before: number;
  after: number;
}

/** Signatures and tokens are good for minutes. */
export const clock: Check<ClockSeen> = {
  id: 'clock',
  on: BOTH,
  needs: [],
  async read({ target: { region }, endpoint, fetch, clock }) {
    const before = clock();
    const url = endpoint ?? `https://dynamodb.${region}.${suffixOf(region)}`;
    const response = await fetch(url, { redirect: 'error' });
    await response.body?.cancel();
    return { theirs: Date.parse(response.headers.get('date') ?? ''), before, after: clock() };
  },
  judge({ theirs, before, after }) {
    // Somewhere in between it was asked, and a part of a second was cut off.
    const off = theirs > after ? after - theirs : Math.max(0, before - (theirs + 1_000));
    const seconds = Math.round(off / 1_000);
    const what = `this machine is ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} AWS`;
    if (!Number.isFinite(theirs))
      return { ok: '', problems: [warn('AWS did not say what time it is', 'is there a proxy in between?')] };
    const mend = 'let the machine keep its time by NTP';
    if (Math.abs(seconds) >= CLOCK_WRONG_SECONDS) return { ok: '', problems: [wrong(what, mend)] };
    return { ok: 'as AWS has it', problems: Math.abs(seconds) >= CLOCK_WARN_SECONDS ? [warn(what, mend)] : [] };
  },
};
