/**
 * W3C Trace Context (https://www.w3.org/TR/trace-context-1/), and X-Ray's own header for it. A caller writes what it likes there:
 * it decides nothing here but whether a span is exported, and what is not of the recommendation's form is as if it were not there.
 */

/** Where a call stands in the trace of who made it. */
export interface TraceContext {
  /** 32 hexadecimal digits in lower case, not all of them 0. */
  traceId: string;
  /** 16 such digits: what the caller calls its own part; undefined: it has only a trace's name. */
  parentId: string | undefined;
  /** Whether the caller has its own part recorded; undefined: nobody has decided. */
  sampled: boolean | undefined;
  /** Members of `tracestate`, as they go on; '' for none. */
  state: string;
}

interface Headers {
  /** By its name in lower case; the lines of one name are one value, a list. */
  get(name: string): string | null;
}

/** Section 3.2. Of a version that is not known what follows the flags is anybody's, and is not looked at. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader */
const ROOT = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/;
const SPAN_ID = /^[0-9a-f]{16}$/;

const ZEROS = /^0+$/;

/** @returns undefined where neither header says anything */
export function traceContextOf(headers: Headers): TraceContext | undefined {
  const parent = headers.get('traceparent');
  const given = parent === null ? undefined : ofW3c(parent, headers);
  if (given !== undefined) return given;
  const xray = headers.get('x-amzn-trace-id');
  return xray === null ? undefined : ofXRay(xray);
}

/** Several `traceparent` are one value with a comma in it, which is none (section 3.2.1). */
function ofW3c(value: string, headers: Headers): TraceContext | undefined {
  const [, version = 'ff', traceId = '', parentId = '', flags = '', more] = TRACEPARENT.exec(value) ?? [];
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (ZEROS.test(traceId) || ZEROS.test(parentId)) return undefined;
  const sampled = (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED;
  return { traceId, parentId, sampled, state: stateOf(headers.get('tracestate') ?? '') };
}

/** The one flag that there is. */
const SAMPLED = 1;

function ofXRay(value: string): TraceContext | undefined {
  if (value.length > XRAY_MAX_CHARS) return undefined;
  const parts = new Map(value.split(';').map((part) => part.trim().split('=', 2) as [string, string]));
  const [, seconds = '', random = ''] = ROOT.exec(parts.get('Root') ?? '') ?? [];
  const traceId = seconds + random;
  if (traceId === '' || ZEROS.test(traceId)) return undefined;
  const parent = parts.get('Parent') ?? '';
  const said = parts.get('Sampled');
  return {
    traceId,
    parentId: SPAN_ID.test(parent) && !ZEROS.test(parent) ? parent : undefined,
    sampled: said === '1' ? true : said === '0' ? false : undefined,
    state: '',
  };
}

/** What services of AWS write there has 100, and with what a load balancer and Lambda add 300. */
const XRAY_MAX_CHARS = 1_024;

/** Sections 3.3.1.3.1 and .2. */
const KEY = /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})$/;
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/** Sections 3.3.1.1 and 3.3.1.5: members, and characters of them that are passed on; of those that leave, long ones are the first. */
const MEMBERS_MAX = 32;
const STATE_MAX_CHARS = 512;
const LONG_MEMBER_CHARS = 128;

/** @returns '' for what has a member that is none: then all of it is thrown away (section 3.3.1.4), and the trace goes on */
function stateOf(value: string): string {
  const members = value.split(',', STATE_PARTS_MAX).flatMap((part) => part.replace(/^[ \t]+|[ \t]+$/g, '') || []);
  const keys = new Set<string>();
  for (const member of members) {
    const at = member.indexOf('=');
    const key = member.slice(0, Math.max(at, 0));
    if (!KEY.test(key) || !VALUE.test(member.slice(at + 1)) || keys.has(key)) return '';
    keys.add(key);
  }
  if (members.length > MEMBERS_MAX) return '';
  while (members.join().length > STATE_MAX_CHARS) {
    const long = members.findLastIndex((member) => member.length > LONG_MEMBER_CHARS);
    members.splice(long < 0 ? members.length - 1 : long, 1);
  }
  return members.join();
}

/** Empty members are allowed, too: of so many parts no more than these are looked at. */
const STATE_PARTS_MAX = 512;

/**
 * @param spanId of who calls
 * @returns what goes with a request that is made in the call's name, by lower-case names
 */
export function traceHeaders(
  { traceId, sampled, state }: TraceContext,
  spanId: string,
): Readonly<Record<string, string>> {
  const traceparent = `00-${traceId}-${spanId}-${sampled === true ? '01' : '00'}`;
  return state === '' ? { traceparent } : { traceparent, tracestate: state };
}
