import { CALLS_PER_PASS } from '../../contract/limits/metering.ts';
import { NO_TOKENS, OUTCOMES, type Outcome, TOKEN_KINDS, type Tokens, type UsageRecord } from '../../contract/usage.ts';
import { type Money, parseMoney } from '../money.ts';
import { placeOf, readId, WORDS } from './call-id.ts';
import { MoneyTable } from './money-table.ts';
import { TokenTable } from './token-table.ts';
import { toldCode, toldMs } from './told.ts';

/** Which calls a pass over an hour is about: those whose hashed id is `index` modulo `of`, a power of two. */
export interface Slice {
  index: number;
  of: number;
}

export const WHOLE: Slice = { index: 0, of: 1 };

/** One call as its lines tell it. `party` is what `addCall` was given with the line that stands. */
export interface SettledCall {
  party: number;
  at: number;
  /** null: there is no finished line. */
  outcome: Outcome | null;
  estimated: boolean;
  tokens: Tokens;
  /** What budgets in dollars counted of it. */
  charged: Money;
  /** Whether its lines contradicted each other. */
  contradicted: boolean;
  /** As addCall takes it: why it ended, and how long it took. */
  told: number;
  ms: number;
}

const FINISHED = 1;
const ESTIMATED = 2;
const CONTRADICTED = 4;
const USED = 8;
const OUTCOME_SHIFT = 4;
const FIRST_CAPACITY = 1_024;
const SEVERAL = 0xffffffff;

/**
 * Every call once, by invocation id, whatever the order, repetition or batching of its lines. A finished line stands over
 * a started one. Of two that contradict each other the greater one stands (more tokens, then the later members), so that
 * the choice does not depend on which came first.
 *
 * Flat arrays, 75 bytes a slot (16 more once budgets counted any) and at most 75 % of the slots in use, because an hour may
 * hold a million calls: the id is kept as 128 bits (call-id.ts).
 */
export class Calls {
  readonly #limit: number;
  readonly #partyName: (party: number) => string;
  #slice: Slice;
  readonly #id = new Uint32Array(WORDS);
  #count = 0;
  #mask = 0;
  #ids = new Uint32Array();
  #flags = new Uint8Array();
  #parties = new Uint32Array();
  #ats = new Float64Array();
  /** Where all of a call's lines are from; SEVERAL: from more than one. */
  #sources = new Uint32Array();
  #tokens = new TokenTable(0);
  #charged = new MoneyTable(0);
  #told = new Uint16Array();
  #ms = new Uint32Array();

  /**
   * @param slice which calls to keep; lines of others are passed over
   * @param partyName orders parties that contradict each other
   * @param limit calls that may be kept
   */
  constructor(slice: Slice, partyName: (party: number) => string, limit = CALLS_PER_PASS) {
    this.#slice = slice;
    this.#partyName = partyName;
    this.#limit = limit;
    this.#allocate(FIRST_CAPACITY);
  }

  get count(): number {
    return this.#count;
  }

  /**
   * @param source where the line is from, below SEVERAL
   * @returns false when there is no room for another call: then split, and add the line again
   */
  add(record: UsageRecord, party: number, source = 0): boolean {
    const id = this.#id;
    readId(record.invocationId, id);
    if (!this.#holds(id)) return true;
    const slot = this.#find(id);
    const flags = flagsOf(record);
    if (this.#flags[slot] === 0) {
      if (this.#count >= this.#limit) return false;
      this.#ids.set(id, slot * WORDS);
      this.#sources[slot] = source;
      this.#write(slot, record, party, flags);
      if (++this.#count * 4 > this.#flags.length * 3) this.#rebuild(this.#flags.length * 2);
      return true;
    }
    if (this.#sources[slot] !== source) this.#sources[slot] = SEVERAL;
    this.#merge(slot, record, party, flags);
    return true;
  }

  /** Halves the slice. @returns the half that was given up, to be read in another pass */
  split(): Slice {
    const { index, of } = this.#slice;
    this.#slice = { index, of: of * 2 };
    this.#rebuild(this.#flags.length);
    return { index: index + of, of: of * 2 };
  }

  /** Whether the call is of this slice and has only started lines. */
  isOpen(invocationId: string): boolean {
    const id = this.#id;
    readId(invocationId, id);
    const flags = this.#holds(id) ? (this.#flags[this.#find(id)] ?? 0) : 0;
    return flags !== 0 && (flags & FINISHED) === 0;
  }

  /** Whether lines of a call that has only started lines may be from the source. */
  mayBeOpenIn(): (source: number) => boolean {
    const sources = new Set<number>();
    for (let slot = 0; slot < this.#flags.length; slot++) {
      const flags = this.#flags[slot] ?? 0;
      if (flags !== 0 && (flags & FINISHED) === 0) sources.add(this.#sources[slot] ?? 0);
    }
    return (source) => sources.has(source) || sources.has(SEVERAL);
  }

  *[Symbol.iterator](): Generator<SettledCall> {
    for (let slot = 0; slot < this.#flags.length; slot++) {
      const flags = this.#flags[slot] ?? 0;
      if (flags === 0) continue;
      yield {
        party: this.#parties[slot] ?? 0,
        at: this.#ats[slot] ?? 0,
        outcome: (flags & FINISHED) === 0 ? null : (OUTCOMES[flags >> OUTCOME_SHIFT] ?? null),
        estimated: (flags & ESTIMATED) !== 0,
        contradicted: (flags & CONTRADICTED) !== 0,
        tokens: this.#tokens.get(slot),
        charged: this.#charged.get(slot),
        told: this.#told[slot] ?? 0,
        ms: this.#ms[slot] ?? 0,
      };
    }
  }

  #merge(slot: number, record: UsageRecord, party: number, flags: number): void {
    const before = this.#flags[slot] ?? 0;
    const finished = flags & FINISHED;
    // Another phase does not contradict: a finished line takes the place of a started one, and never the reverse.
    if (finished !== (before & FINISHED)) {
      if (finished) this.#write(slot, record, party, flags);
      return;
    }
    const order = this.#compare(slot, record, party, flags);
    if (order === 0) {
      // What is not on the bill contradicts nothing.
      const [told, ms] = toldIn(record);
      if ((told - (this.#told[slot] ?? 0) || ms - (this.#ms[slot] ?? 0)) > 0)
        [this.#told[slot], this.#ms[slot]] = [told, ms];
      return;
    }
    if (order > 0) this.#write(slot, record, party, flags);
    this.#flags[slot] = (this.#flags[slot] ?? 0) | CONTRADICTED;
  }

  /** Whether the new line is greater (above 0), the same (0) or less than the one that stands in the slot. */
  #compare(slot: number, record: UsageRecord, party: number, flags: number): number {
    const [mine, standing] = [tokensIn(record), this.#tokens.get(slot)];
    for (const kind of TOKEN_KINDS) {
      const difference = (mine[kind] ?? 0) - (standing[kind] ?? 0);
      if (difference !== 0) return difference;
    }
    const stands = this.#flags[slot] ?? 0;
    const byFlags = (flags & ~CONTRADICTED) - (stands & ~CONTRADICTED);
    if (byFlags !== 0) return byFlags;
    const byTime = record.at - (this.#ats[slot] ?? 0);
    if (byTime !== 0) return byTime;
    const byCharge = chargedIn(record) - this.#charged.get(slot);
    if (byCharge !== 0n) return byCharge > 0n ? 1 : -1;
    const other = this.#parties[slot] ?? 0;
    if (other === party) return 0;
    return this.#partyName(party) > this.#partyName(other) ? 1 : -1;
  }

  #write(slot: number, record: UsageRecord, party: number, flags: number): void {
    this.#flags[slot] = flags;
    this.#parties[slot] = party;
    this.#ats[slot] = record.at;
    this.#tokens.set(slot, tokensIn(record));
    this.#charged.set(slot, chargedIn(record));
    [this.#told[slot], this.#ms[slot]] = toldIn(record);
  }

  #holds(id: Uint32Array, at = 0): boolean {
    const { index, of } = this.#slice;
    if (of === 1) return true;
    // Not by the bits that tell the slot, or all calls of a slice would be for the same few.
    return (placeOf(id[at + 3] ?? 0, id[at + 2] ?? 0, id[at + 1] ?? 0, id[at] ?? 0) & (of - 1)) === index;
  }

  /** The slot of the id, or the free one where it belongs. */
  #find(id: Uint32Array, at = 0): number {
    const [a, b, c, d] = [id[at] ?? 0, id[at + 1] ?? 0, id[at + 2] ?? 0, id[at + 3] ?? 0];
    const ids = this.#ids;
    for (let slot = placeOf(a, b, c, d) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      if (this.#flags[slot] === 0) return slot;
      const i = slot * WORDS;
      if (ids[i] === a && ids[i + 1] === b && ids[i + 2] === c && ids[i + 3] === d) return slot;
    }
  }

  #allocate(capacity: number): void {
    this.#mask = capacity - 1;
    this.#ids = new Uint32Array(capacity * WORDS);
    this.#flags = new Uint8Array(capacity);
    this.#parties = new Uint32Array(capacity);
    this.#ats = new Float64Array(capacity);
    this.#sources = new Uint32Array(capacity);
    this.#tokens = new TokenTable(capacity);
    this.#charged = new MoneyTable(capacity);
    this.#told = new Uint16Array(capacity);
    this.#ms = new Uint32Array(capacity);
  }

  #rebuild(capacity: number): void {
    const [ids, flags, parties, ats] = [this.#ids, this.#flags, this.#parties, this.#ats];
    const [tokens, charged, sources] = [this.#tokens, this.#charged, this.#sources];
    const [told, ms] = [this.#told, this.#ms];
    this.#allocate(capacity);
    this.#count = 0;
    for (let old = 0; old < flags.length; old++) {
      const id = old * WORDS;
      if (flags[old] === 0 || !this.#holds(ids, id)) continue;
      const slot = this.#find(ids, id);
      for (let word = 0; word < WORDS; word++) this.#ids[slot * WORDS + word] = ids[id + word] ?? 0;
      this.#flags[slot] = flags[old] ?? 0;
      this.#parties[slot] = parties[old] ?? 0;
      this.#ats[slot] = ats[old] ?? 0;
      this.#sources[slot] = sources[old] ?? 0;
      this.#tokens.copy(slot, tokens, old);
      this.#charged.set(slot, charged.get(old));
      this.#told[slot] = told[old] ?? 0;
      this.#ms[slot] = ms[old] ?? 0;
      this.#count++;
    }
  }
}

function flagsOf(record: UsageRecord): number {
  if (record.phase === 'started') return USED;
  return USED | FINISHED | (record.estimated ? ESTIMATED : 0) | (OUTCOMES.indexOf(record.outcome) << OUTCOME_SHIFT);
}

function tokensIn(record: UsageRecord): Tokens {
  return record.phase === 'started' ? NO_TOKENS : record.tokens;
}

function chargedIn(record: UsageRecord): Money {
  return (record.phase === 'finished' && record.charged && parseMoney(record.charged.usd)) || 0n;
}

function toldIn(record: UsageRecord): [code: number, ms: number] {
  return record.phase === 'started' ? [0, 0] : [toldCode(record), toldMs(record)];
}
