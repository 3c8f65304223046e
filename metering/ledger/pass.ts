import { CALLS_PER_PASS } from '../../contract/limits/metering.ts';
import type { Tier, UsageRecord } from '../../contract/usage.ts';
import { Calls, type Slice, WHOLE } from './calls.ts';

/** Who called what and where: what a row is about, beside its price version. */
export interface Party {
  tenant: string;
  principal: string;
  costCenter: string;
  /** Registry id; '' when a call was refused before the model was known. */
  model: string;
  region: string;
  tier: Tier;
  /** Whose prices it pays, where that is not `region`. */
  priceRegion?: string;
  /** Whose, where that is not `model`. */
  priceModel?: string;
  /** AWS account, where it is not the stage's own. */
  account?: string;
  /** What AWS calls the model: which version of it answered. */
  nativeModel: string;
}

/** Unambiguous whatever the parts hold, and the order of rows. */
export function partyName({
  tenant,
  principal,
  costCenter,
  model,
  region,
  tier,
  account = '',
  nativeModel,
}: Party): string {
  return JSON.stringify([tenant, principal, costCenter, model, region, tier, account, nativeModel]);
}

const NONE: readonly Slice[] = [];
/** Parties of one principal, and principals, that are looked at before one is named. */
const RECENT = 8;
const PRINCIPALS = 10_000;

/** The records of one slice of an hour's calls. */
export class Pass {
  readonly calls: Calls;
  readonly #parties: Party[] = [];
  /** The counters of dollars that counted a party's calls; a party is there once for each set of them. */
  readonly #chargedTo: (readonly string[])[] = [];
  readonly #numbers = new Map<string, number>();
  /** By principal, parties that no counter of dollars counted for. */
  readonly #recent = new Map<string, number[]>();

  constructor(slice: Slice = WHOLE, limit = CALLS_PER_PASS) {
    this.calls = new Calls(slice, (party) => this.#name(this.party(party), this.chargedTo(party)), limit);
  }

  /**
   * @param source where the record is from: see Calls.mayBeOpenIn
   * @returns the slices given up for want of room, each to be read in a pass of its own; usually none
   */
  add(record: UsageRecord, source = 0): readonly Slice[] {
    const party = this.#number(record);
    if (this.calls.add(record, party, source)) return NONE;
    const given: Slice[] = [];
    do given.push(this.calls.split());
    while (!this.calls.add(record, party, source));
    return given;
  }

  party(number: number): Party {
    const party = this.#parties[number];
    if (party === undefined) throw new RangeError(`no party ${number}`);
    return party;
  }

  chargedTo(number: number): readonly string[] {
    return this.#chargedTo[number] ?? [];
  }

  /** Registry ids of the models whose prices its calls have. */
  models(): Set<string> {
    return new Set(this.#parties.flatMap(({ model, priceModel = model }) => (priceModel === '' ? [] : priceModel)));
  }

  /** Most calls are of a party that a call was of not long ago, and to look at few of them takes less than to name one. */
  #number(record: UsageRecord): number {
    const { tenant, principal, costCenter, model, nativeModel, region, priceRegion, priceModel, account } = record;
    const tier = (record.phase === 'finished' ? record.tier : undefined) ?? 'on-demand';
    const party: Party = { tenant, principal, costCenter, model, region, tier, nativeModel };
    if (priceRegion !== undefined) party.priceRegion = priceRegion;
    if (priceModel !== undefined) party.priceModel = priceModel;
    if (account !== undefined) party.account = account;
    if (record.phase === 'finished' && record.charged !== undefined) return this.#named(record, party);
    const known = this.#recent.get(principal);
    for (const number of known ?? []) if (isSame(this.#parties[number], party)) return number;
    const number = this.#named(record, party);
    if (known === undefined || known.length >= RECENT) {
      if (this.#recent.size >= PRINCIPALS) this.#recent.clear();
      this.#recent.set(principal, [number]);
    } else known.push(number);
    return number;
  }

  #named(record: UsageRecord, party: Party): number {
    const chargedTo = (record.phase === 'finished' && record.charged?.to) || [];
    const name = this.#name(party, chargedTo);
    const found = this.#numbers.get(name);
    if (found !== undefined) return found;
    this.#numbers.set(name, this.#parties.length);
    this.#chargedTo.push(chargedTo);
    return this.#parties.push(party) - 1;
  }

  #name(party: Party, chargedTo: readonly string[]): string {
    const { priceRegion = '', priceModel = '' } = party;
    if (chargedTo.length === 0 && priceRegion === '' && priceModel === '') return partyName(party);
    return `${partyName(party)}${JSON.stringify(chargedTo)}${priceRegion} ${priceModel}`;
  }
}

function isSame(one: Party | undefined, other: Party): boolean {
  return (
    one !== undefined &&
    one.tenant === other.tenant &&
    one.principal === other.principal &&
    one.costCenter === other.costCenter &&
    one.model === other.model &&
    one.region === other.region &&
    one.tier === other.tier &&
    one.priceRegion === other.priceRegion &&
    one.priceModel === other.priceModel &&
    one.account === other.account &&
    one.nativeModel === other.nativeModel
  );
}
