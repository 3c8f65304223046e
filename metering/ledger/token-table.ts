import { REQUIRED_KINDS, TOKEN_KINDS, type TokenKind, type Tokens } from '../../contract/usage.ts';

type RareKind = Exclude<TokenKind, (typeof REQUIRED_KINDS)[number]>;
const RARE_KINDS = TOKEN_KINDS.filter(
  (kind): kind is RareKind => !(REQUIRED_KINDS as readonly string[]).includes(kind),
);
const COMMON = REQUIRED_KINDS.length;
const RARE = RARE_KINDS.length;
const FIRST_RARE = 256;

/**
 * What calls used, by slot, in flat arrays: 36 bytes a slot. Kinds that most calls have none of take their 48 bytes only in
 * calls that have one.
 */
export class TokenTable {
  readonly #common: Float64Array;
  /** Where in #rare a slot's counts are, from 1; 0: it has none. */
  readonly #rareOf: Uint32Array;
  #rare = new Float64Array();
  #rareCount = 0;

  /** @param slots how many there are; each has used nothing */
  constructor(slots: number) {
    this.#common = new Float64Array(slots * COMMON);
    this.#rareOf = new Uint32Array(slots);
  }

  get(slot: number): Tokens {
    const at = slot * COMMON;
    const tokens: Tokens = {
      input: this.#common[at] ?? 0,
      output: this.#common[at + 1] ?? 0,
      cacheRead: this.#common[at + 2] ?? 0,
      cacheWrite: this.#common[at + 3] ?? 0,
    };
    const index = this.#rareOf[slot] ?? 0;
    if (index !== 0)
      for (const [i, kind] of RARE_KINDS.entries()) tokens[kind] = this.#rare[(index - 1) * RARE + i] ?? 0;
    return tokens;
  }

  set(slot: number, tokens: Tokens): void {
    const at = slot * COMMON;
    this.#common[at] = tokens.input;
    this.#common[at + 1] = tokens.output;
    this.#common[at + 2] = tokens.cacheRead;
    this.#common[at + 3] = tokens.cacheWrite;
    if (this.#rareOf[slot] === 0 && !hasRare(tokens)) return;
    const rare = this.#rareAt(slot);
    for (let i = 0; i < RARE; i++) this.#rare[rare + i] = tokens[RARE_KINDS[i] as RareKind] ?? 0;
  }

  /** What another table has in a slot, into one of ours that nothing is in yet. */
  copy(slot: number, other: TokenTable, from: number): void {
    for (let i = 0; i < COMMON; i++) this.#common[slot * COMMON + i] = other.#common[from * COMMON + i] ?? 0;
    const index = other.#rareOf[from] ?? 0;
    if (index === 0) return;
    const rare = this.#rareAt(slot);
    for (let i = 0; i < RARE; i++) this.#rare[rare + i] = other.#rare[(index - 1) * RARE + i] ?? 0;
  }

  #rareAt(slot: number): number {
    const index = this.#rareOf[slot] || this.#roomForRare();
    this.#rareOf[slot] = index;
    return (index - 1) * RARE;
  }

  #roomForRare(): number {
    if (++this.#rareCount * RARE > this.#rare.length) {
      const before = this.#rare;
      this.#rare = new Float64Array(Math.max(FIRST_RARE * RARE, before.length * 2));
      this.#rare.set(before);
    }
    return this.#rareCount;
  }
}

function hasRare(tokens: Tokens): boolean {
  for (const kind of RARE_KINDS) if (tokens[kind]) return true;
  return false;
}
