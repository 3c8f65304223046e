import type { IncomingMessage } from 'node:http';
import type { Fault } from './error.ts';

/** Names of this machine, as a client may write them, with the port behind. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::(\d{1,5}))?$/i;

/** A name without a dot is on no other machine; a Unix socket has no address, so clients write what they like. */
const SOCKET_HOST = /^[\w%-]*$/;

/**
 * Whether a request can only be of a program of this machine. A page of a browser here may reach the port, too: under a foreign name
 * that was made to lead here (DNS rebinding), or across origins, which the browser tells.
 *
 * @param port undefined: a Unix socket
 */
export function createGuard(port: number | undefined): (req: IncomingMessage) => Fault | undefined {
  const isOwn = (host: string): boolean => {
    const [whole, named] = LOOPBACK.exec(host) ?? [];
    if (port === undefined) return whole !== undefined || SOCKET_HOST.test(host);
    return whole !== undefined && Number(named ?? 80) === port;
  };
  return ({ headers, method, url = '' }) => {
    const { host, origin, ':authority': authority, 'sec-fetch-site': site } = headers;
    const name = authority ?? host;
    if (typeof name !== 'string' || !isOwn(name) || (host !== undefined && host !== name)) return 'host-refused';
    // A page that the gateway serves may call it: `/docs` does.
    if (origin !== undefined && origin !== `http://${name}`) return 'origin-refused';
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'origin-refused';
    // RFC 9110 section 9.3.8: TRACE is answered with the request's own headers, the token among them.
    if (method === 'TRACE' || method === 'CONNECT') return 'method-refused';
    return isPath(url) ? undefined : 'target-refused';
  };
}

/** Origin-form (RFC 9112 section 3.2.1), of characters that are passed on as they are; `//` begins another host for some readers. */
const ORIGIN_FORM = /^\/(?![/\\])[!"$-~\x80-\xff]*$/;

/** What could be another path to somebody between here and the gateway; most paths have none of it. */
const SUSPECT = /%|\\|\.\.?(?:[/;?]|$)/;

/**
 * Whether a target stays below the gateway's address, which may have a path of its own, however often a reader decodes it. The gateway
 * itself refuses dot segments; a stage's front might resolve them first.
 */
function isPath(target: string): boolean {
  if (!ORIGIN_FORM.test(target)) return false;
  if (!SUSPECT.test(target)) return true;
  const mark = target.indexOf('?');
  let path = mark < 0 ? target : target.slice(0, mark);
  for (let decoded = decode(path); decoded !== path; decoded = decode(path)) path = decoded;
  return !/(?:^|[/\\])\.\.?(?:[/\\;?#]|$)/.test(path);
}

function decode(path: string): string {
  return path.replaceAll(/%(25|2e|2f|5c|3b|3f|23)/gi, (one) => String.fromCharCode(Number.parseInt(one.slice(1), 16)));
}
