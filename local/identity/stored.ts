/** What the provider has to remember: a sign-in that somebody waits for, and what renews it. A JWT access token is not stored. */
const KINDS = new Set(['AuthorizationCode', 'DeviceCode', 'Grant', 'Interaction', 'RefreshToken', 'Session']);

interface Payload {
  uid?: string;
  userCode?: string;
  grantId?: string;
  consumed?: number;
}

/** @returns the provider's adapter, whose entries are in memory and gone with the process */
export function storedInMemory(): new (kind: string) => object {
  const entries = new Map<string, Payload>();
  return class {
    readonly #kind: string;

    constructor(kind: string) {
      this.#kind = kind;
    }

    #key(id: string): string {
      return `${this.#kind} ${id}`;
    }

    async upsert(id: string, payload: Payload): Promise<void> {
      if (KINDS.has(this.#kind)) entries.set(this.#key(id), payload);
    }

    async find(id: string): Promise<Payload | undefined> {
      return entries.get(this.#key(id));
    }

    async findByUid(uid: string): Promise<Payload | undefined> {
      return [...entries.values()].find((payload) => payload.uid === uid);
    }

    async findByUserCode(code: string): Promise<Payload | undefined> {
      return [...entries.values()].find(({ userCode }) => userCode === code);
    }

    async consume(id: string): Promise<void> {
      const payload = entries.get(this.#key(id));
      if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1_000);
    }

    async destroy(id: string): Promise<void> {
      entries.delete(this.#key(id));
    }

    async revokeByGrantId(id: string): Promise<void> {
      for (const [key, { grantId }] of entries) if (grantId === id) entries.delete(key);
    }
  };
}
