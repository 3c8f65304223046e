import type { Budget } from '../contract/budget.ts';
import type { CountedBy, TenantId } from '../contract/identity.ts';
import type { AllowedModel, Description } from '../contract/model.ts';
import type { ClientName } from './client.ts';
import type { PricedModel } from './price.ts';

/** A tenant and what it may call, as the data path needs it. */
export interface TenantEntries {
  id: TenantId;
  /** A suspended tenant is refused whatever it was granted. */
  suspended: boolean;
  /** One that has left, too. */
  offboarded?: true;
  /** Seconds since 1970: from then on, too. */
  expiresAt?: number;
  /** Tokens of others are refused; absent: of none that is trusted. */
  issuers?: readonly string[];
  costCenter: string;
  countedBy: CountedBy;
  /**
   * Granted models that exist and are well formed, retired ones included (they answer 410), sorted by id. One may be there
   * several times, for callers of its own each, in the order in which `entitled` asks.
   */
  models: AllowedModel[];
  /** The tenant's own and those of the stage that none of its own has the id of; sorted by id. */
  budgets: Budget[];
  /** How many granted items were unusable (malformed, unknown version, naming another tenant): counted and alarmed. */
  unusable: number;
}

/** The one question the data path asks. */
export interface RegistryReader {
  /**
   * @returns the tenant's entries, or null when there is no such tenant
   * @throws TollgateError `unavailable` when the store cannot say; nothing is then remembered
   */
  tenant(id: TenantId): Promise<TenantEntries | null>;
}

/** What the authorizer asks of a token whose issuer's settings leave it to the registry. */
export interface ClientReader {
  /**
   * @returns whose tokens the client's are; null when it is nobody's, or its item cannot be used
   * @throws TollgateError `unavailable`
   */
  clientTenant(client: ClientName): Promise<TenantId | null>;
}

/** What a list of models asks. */
export interface DescriptionReader {
  /**
   * @param ids registry ids
   * @returns what their entries say of them; of one that is missing or malformed nothing
   * @throws TollgateError `unavailable`
   */
  descriptions(ids: readonly string[]): Promise<Map<string, Description>>;
}

/** What metering asks. */
export interface PriceReader {
  /**
   * @param ids registry ids
   * @returns the models that exist; one that is missing or malformed is left out, and its calls are unpriced
   * @throws TollgateError `unavailable`
   */
  prices(ids: readonly string[]): Promise<Map<string, PricedModel>>;
}
