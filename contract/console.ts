import { bad } from './read-setting.ts';

/** What the console is told of its stage, beside what is in its files. Nothing of it is secret. */
export interface ConsoleSettings {
  /** The OpenID issuer that signs its people in, by an authorization code with PKCE. */
  issuer: string;
  /** Of its public client there. */
  clientId: string;
  /** Separated by spaces; `openid` is asked for anyway. */
  scope?: string;
  /** RFC 8707, for providers that want one. */
  resource?: string;
  /** Origins that the issuer's endpoints have, where it is not the issuer's own: the page may ask no others. */
  origins?: readonly string[];
}

const MEMBERS = ['issuer', 'clientId', 'scope', 'resource', 'origins'];

/** Printable ASCII without spaces and without what would end a directive or a string: it goes into a header and a document. */
const WORD = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{1,256}$/;
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/;

/**
 * @param name how errors call it
 * @throws TollgateError `bad_setting` naming the member
 */
export function parseConsole(value: unknown, name: string): ConsoleSettings {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad(name, 'must be an object with issuer and clientId');
  for (const member of Object.keys(value))
    if (!MEMBERS.includes(member)) throw bad(`${name}.${member}`, `is none of ${MEMBERS.join(', ')}`);
  const { issuer, clientId, scope, resource, origins } = value as Record<string, unknown>;
  if (typeof clientId !== 'string' || !WORD.test(clientId)) throw bad(`${name}.clientId`, 'must be the id of a client');
  if (scope !== undefined && (typeof scope !== 'string' || !SCOPE.test(scope) || scope.length > 1_000))
    throw bad(`${name}.scope`, 'must be scopes, separated by spaces');
  if (resource !== undefined && (typeof resource !== 'string' || !WORD.test(resource)))
    throw bad(`${name}.resource`, 'must be a URI');
  if (origins !== undefined && !Array.isArray(origins)) throw bad(`${name}.origins`, 'must be a list of origins');
  addressIn(issuer, `${name}.issuer`);
  const others = (origins ?? []).map((one: unknown, index) => {
    const at = `${name}.origins[${index}]`;
    const { origin, href } = addressIn(one, at);
    if (href !== `${origin}/`) throw bad(at, 'must be an origin, as https://login.example.com');
    return origin;
  });
  return {
    // As it is written: the provider's own documents say it to the letter.
    issuer: issuer as string,
    clientId,
    ...(scope === undefined ? {} : { scope }),
    ...(resource === undefined ? {} : { resource }),
    ...(others.length === 0 ? {} : { origins: others }),
  };
}

/** A token must not be asked for over a network in clear; a provider on this machine is no network. */
function addressIn(value: unknown, at: string): URL {
  if (typeof value !== 'string' || !WORD.test(value) || !URL.canParse(value)) throw bad(at, 'must be a URL');
  const url = new URL(value);
  const isHere = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere)) throw bad(at, 'must begin with https://');
  if (url.username !== '' || url.search !== '' || url.hash !== '') throw bad(at, 'must be a URL without a query');
  return url;
}
