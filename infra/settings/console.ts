import { type ConsoleSettings, parseConsole } from '../../contract/console.ts';
import { type At, bad, type Group, isOff, json, PREFIX } from './setting.ts';
import type { StageSettings } from './stage.ts';

/** The console, a page of the gateway's own. */
export interface StageConsole {
  /** Who signs its people in; `pool`: the user pool of the stage's own; undefined: there is no console. */
  console: ConsoleSettings | 'pool' | undefined;
}

export const CONSOLE_GROUP: Group<StageConsole, StageSettings> = {
  told: {
    console: {
      values: '`true` (by `cognito`), `{"issuer", "clientId", "scope", "resource", "origins"}`; `none` (default)',
      makes: 'a function and the path `/console` ([console.md](console.md)); of a container nothing but the path',
      costs: 'calls of it alone: a dozen for who opens it',
      security:
        'a page without secrets that whoever reaches the API may load; what it does is what the APIs let its user do',
    },
  },
  read(at) {
    const key = `${PREFIX}console`;
    const raw = at('console');
    if (isOff(raw)) return { console: undefined };
    if (raw === true || raw === 'true') {
      if (isOff(at('cognito'))) throw bad(key, `needs ${PREFIX}cognito to be true; else say its issuer and clientId`);
      if (isOff(at('domain')) && !callbackUrls(at).some((url) => String(url).endsWith('/console/')))
        throw bad(
          key,
          `needs ${PREFIX}domain, or in ${PREFIX}cognito.callbackUrls where people come back to: the API’s address with /console/ behind it`,
        );
      return { console: 'pool' };
    }
    const console = parseConsole(typeof raw === 'string' ? json(raw, key) : raw, key);
    if (console.issuer.startsWith('http:')) throw bad(`${key}.issuer`, 'must be https');
    if (!trusted(at).includes(console.issuer))
      throw bad(`${key}.issuer`, `must be one of ${PREFIX}issuers, for the page calls with its tokens`);
    return { console };
  },
};

function callbackUrls(at: At): unknown[] {
  const pool = objectIn(at, 'cognito') as { callbackUrls?: unknown } | null;
  return Array.isArray(pool?.callbackUrls) ? pool.callbackUrls : [];
}

/** Issuers as they are written: what is wrong with them is told by who reads them. */
function trusted(at: At): unknown[] {
  const list = objectIn(at, 'issuers');
  return Array.isArray(list) ? list.map((one: { issuer?: unknown } | null) => one?.issuer) : [];
}

function objectIn(at: At, name: string): unknown {
  const written = at(name);
  return typeof written === 'string' ? json(written, PREFIX + name) : written;
}
