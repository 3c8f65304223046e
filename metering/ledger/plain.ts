import { USAGE_LINE_MAX_CHARS } from '../../contract/limits/metering.ts';
import { TOKEN_KINDS } from '../../contract/usage.ts';

type Members = Record<string, unknown>;

/** The members of a record, in the order in which its writer has them: in another one they are found, only later. */
const MEMBERS = [
  ...['v', 'invocationId', 'at', 'requestId', 'tenant', 'principal', 'costCenter', 'model', 'nativeModel', 'region'],
  ...['surface', 'action', 'attempt', 'phase', 'outcome', 'code', 'tokens', 'estimated', 'tier', 'stop'],
  ...[
    'guardrail',
    'awsRequestId',
    'durationMs',
    'firstByteMs',
    'charged',
    'priceRegion',
    'wantedHash',
    'account',
    'priceModel',
  ],
];
const TOKENS = MEMBERS.indexOf('tokens');
const CHARGED = MEMBERS.indexOf('charged');
/** Texts that no other call has: to look for one among those that were seen would only take time. */
const OF_ONE_CALL = MEMBERS.map((name) => ['invocationId', 'requestId', 'awsRequestId'].includes(name));

const NAMES = names(MEMBERS);
const KINDS = names(TOKEN_KINDS);
const USAGE = names(['usage']);
const WORDS = [true, false, null].map((value) => ({ value, bytes: Buffer.from(String(value)) }));

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const SPACE = 0x20;
const DELETE = 0x7f;

/** So many digits a JavaScript number holds, whatever they are. */
const DIGITS = 15;
/** Objects and lists in each other; lines of ours are 6 deep. */
const DEPTH = 10;
/** Texts remembered, a power of two. One takes the place of another, so there are never more. */
const REMEMBERED = 4_096;
/** Bytes; a longer text is none that comes again. */
const REMEMBERED_BYTES = 128;

/** What a value that is not plain is read as: no text, no count and no word. */
const NOT_PLAIN = undefined;

/**
 * Reads lines as our writer writes them, out of their bytes: without a blank, an escape, a fraction or a byte beyond ASCII.
 * Of what is not `usage`, the greater part of a line, only the form is looked at, and nothing is made of it.
 *
 * It knows less than JSON and never more: what it reads, `JSON.parse` reads likewise (test/property/plain.test.ts).
 */
export class PlainLines {
  readonly #texts: (string | undefined)[] = new Array(REMEMBERED).fill(undefined);
  /** By member; '' is plain, too. */
  readonly #last: string[] = new Array(MEMBERS.length).fill('');
  readonly #values: unknown[] = new Array(MEMBERS.length).fill(undefined);
  readonly #counts: unknown[] = new Array(TOKEN_KINDS.length).fill(undefined);
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #to = 0;

  /**
   * @param bytes hold the line from `from` until before `to`
   * @returns the line's member `usage`, every member of a record in it, those that it lacks as undefined; undefined when
   *   the line is not plain or there is another member in it, which says nothing about the line
   */
  usage(bytes: Buffer, from: number, to: number): Members | undefined {
    if (to - from > USAGE_LINE_MAX_CHARS) return undefined;
    this.#bytes = bytes;
    this.#at = from;
    this.#to = to;
    let usage: Members | undefined;
    if (!this.#take(OPEN)) return undefined;
    do {
      if (this.#name(USAGE, 0) === 0) {
        if (usage !== undefined) return undefined;
        usage = this.#record();
        if (usage === undefined) return undefined;
      } else if (!this.#skipMember(DEPTH)) return undefined;
    } while (this.#take(COMMA));
    return this.#take(CLOSE) && this.#at === to ? usage : undefined;
  }

  #record(): Members | undefined {
    const v = this.#values;
    if (!this.#members(NAMES, v)) return undefined;
    return {
      v: v[0],
      invocationId: v[1],
      at: v[2],
      requestId: v[3],
      tenant: v[4],
      principal: v[5],
      costCenter: v[6],
      model: v[7],
      nativeModel: v[8],
      region: v[9],
      surface: v[10],
      action: v[11],
      attempt: v[12],
      phase: v[13],
      outcome: v[14],
      code: v[15],
      tokens: v[16],
      estimated: v[17],
      tier: v[18],
      stop: v[19],
      guardrail: v[20],
      awsRequestId: v[21],
      durationMs: v[22],
      firstByteMs: v[23],
      charged: v[24],
      priceRegion: v[25],
      wantedHash: v[26],
      account: v[27],
      priceModel: v[28],
    };
  }

  #tokens(): Members | undefined {
    const counts = this.#counts;
    if (!this.#members(KINDS, counts)) return undefined;
    const [input, output, cacheRead, cacheWrite, cacheWrite1h, reasoning, images, embeddings, searches, calls] = counts;
    return { input, output, cacheRead, cacheWrite, cacheWrite1h, reasoning, images, embeddings, searches, calls };
  }

  /** An object of which every member is known, and stands once. @returns false when it is anything else */
  #members(known: readonly Buffer[], values: unknown[]): boolean {
    values.fill(undefined);
    if (!this.#take(OPEN)) return false;
    let index = -1;
    do {
      index = this.#name(known, index + 1);
      if (index < 0 || values[index] !== undefined) return false;
      const value = known === KINDS ? this.#number() : this.#value(index);
      if (value === NOT_PLAIN) return false;
      values[index] = value;
    } while (this.#take(COMMA));
    return this.#take(CLOSE);
  }

  /** Reads one of the names and its colon. @param likely is looked at first @returns its index; -1: it is none of them */
  #name(known: readonly Buffer[], likely: number): number {
    for (let i = 0; i < known.length; i++) {
      const index = (likely + i) % known.length;
      if (this.#takeBytes(known[index] as Buffer)) return index;
    }
    return -1;
  }

  #value(index: number): unknown {
    const first = this.#bytes[this.#at] as number;
    if (first === QUOTE) return this.#text(index);
    if (first === MINUS || isDigit(first)) return this.#number();
    if (index === TOKENS) return this.#tokens();
    if (index === CHARGED) return this.#parsed();
    for (const { value, bytes } of WORDS) if (this.#takeBytes(bytes)) return value;
    return NOT_PLAIN;
  }

  #text(index: number): string | undefined {
    const bytes = this.#bytes;
    const from = this.#at + 1;
    // What the member was in the line before it often is again, and then it needs not be searched for its end.
    const last = this.#last[index] as string;
    if (bytes[from + last.length] === QUOTE && isText(last, bytes, from)) {
      this.#at = from + last.length + 1;
      return last;
    }
    if (!this.#skipText()) return NOT_PLAIN;
    const to = this.#at - 1;
    if (OF_ONE_CALL[index] === true || to - from > REMEMBERED_BYTES) return bytes.toString('latin1', from, to);
    const text = this.#remembered(from, to);
    this.#last[index] = text;
    return text;
  }

  #remembered(from: number, to: number): string {
    const bytes = this.#bytes;
    let hash = 0;
    for (let at = from; at < to; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
    const slot = (hash ^ (hash >>> 12)) & (REMEMBERED - 1);
    const known = this.#texts[slot];
    if (known !== undefined && known.length === to - from && isText(known, bytes, from)) return known;
    const text = bytes.toString('latin1', from, to);
    this.#texts[slot] = text;
    return text;
  }

  #number(): number | undefined {
    const bytes = this.#bytes;
    const negative = bytes[this.#at] === MINUS;
    const from = negative ? this.#at + 1 : this.#at;
    const most = Math.min(from + DIGITS, this.#to);
    let at = from;
    let value = 0;
    for (; at < most && isDigit(bytes[at] as number); at++) value = value * 10 + (bytes[at] as number) - ZERO;
    // No digit, one too many, a zero before others, or -0. What else may go on with a number is no comma and no end.
    if (at === from || isDigit(bytes[at] as number)) return NOT_PLAIN;
    if (bytes[from] === ZERO && (negative || at - from > 1)) return NOT_PLAIN;
    this.#at = at;
    return negative ? -value : value;
  }

  /** A value that few lines have. */
  #parsed(): unknown {
    const from = this.#at;
    return this.#skip(DEPTH) ? JSON.parse(this.#bytes.toString('latin1', from, this.#at)) : NOT_PLAIN;
  }

  #skipMember(depth: number): boolean {
    return this.#skipText() && this.#take(COLON) && this.#skip(depth);
  }

  #skip(depth: number): boolean {
    const first = this.#bytes[this.#at] as number;
    if (first === QUOTE) return this.#skipText();
    if (first === OPEN || first === OPEN_LIST) return depth > 0 && this.#skipAll(first, depth - 1);
    if (first === MINUS || isDigit(first)) return this.#number() !== NOT_PLAIN;
    return WORDS.some(({ bytes }) => this.#takeBytes(bytes));
  }

  #skipAll(open: number, depth: number): boolean {
    const close = open === OPEN ? CLOSE : CLOSE_LIST;
    this.#at++;
    if (this.#take(close)) return true;
    do if (!(open === OPEN ? this.#skipMember(depth) : this.#skip(depth))) return false;
    while (this.#take(COMMA));
    return this.#take(close);
  }

  #skipText(): boolean {
    if (!this.#take(QUOTE)) return false;
    const bytes = this.#bytes;
    const to = this.#to;
    for (let at = this.#at; at < to; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        this.#at = at + 1;
        return true;
      }
      if (byte < SPACE || byte === BACKSLASH || byte > DELETE) return false;
    }
    return false;
  }

  /** Nothing is taken behind the line: its end is no byte of these, and what follows it is checked by `usage`. */
  #take(byte: number): boolean {
    if (this.#bytes[this.#at] !== byte) return false;
    this.#at++;
    return true;
  }

  #takeBytes(expected: Buffer): boolean {
    const bytes = this.#bytes;
    const at = this.#at;
    for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false;
    this.#at = at + expected.length;
    return true;
  }
}

function names(of: readonly string[]): Buffer[] {
  return of.map((name) => Buffer.from(`"${name}":`));
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function isText(text: string, bytes: Buffer, from: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false;
  return true;
}
