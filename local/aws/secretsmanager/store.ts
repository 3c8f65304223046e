import { randomInt, randomUUID } from 'node:crypto';
import { AwsError, invalid } from '../error.ts';

interface Version {
  value: string;
  /** Milliseconds since 1970. */
  at: number;
}

interface Kept {
  versions: Record<string, Version>;
  /** Label -> version. */
  labels: Record<string, string>;
}

/** The versions of one secret and their labels. */
export interface SecretStore {
  get(id: string | undefined, label: string | undefined): object;
  put(id: string, value: string, labels: readonly string[]): Promise<object>;
  move(label: string, to: string, from: string | undefined): Promise<object>;
  stages(): Record<string, string[]>;
  save(): Promise<void>;
}

export interface SecretStoreOptions {
  /** What was saved; undefined: the secret is made now, as `GenerateSecretString` does. */
  text: string | undefined;
  save(text: string): Promise<void>;
  now: () => number;
  /** Of the value that is made. */
  chars: number;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export function createSecretStore({ text, save: write, now, chars }: SecretStoreOptions): SecretStore {
  const kept: Kept = text === undefined ? made() : (JSON.parse(text) as Kept);

  function made(): Kept {
    const id = randomUUID();
    const value = Array.from({ length: chars }, () => LETTERS[randomInt(LETTERS.length)]).join('');
    return { versions: { [id]: { value, at: now() } }, labels: { AWSCURRENT: id } };
  }

  const save = (): Promise<void> => write(JSON.stringify(kept));

  /** What was current is previous from then on; what has no label left is forgotten. */
  function label(name: string, id: string): void {
    const before = kept.labels[name];
    if (name === 'AWSCURRENT' && before !== undefined && before !== id) kept.labels.AWSPREVIOUS = before;
    kept.labels[name] = id;
    const labelled = new Set(Object.values(kept.labels));
    for (const other of Object.keys(kept.versions)) if (!labelled.has(other)) delete kept.versions[other];
  }

  return {
    save,
    get(id, wanted = 'AWSCURRENT') {
      const version = id ?? kept.labels[wanted];
      const found = version === undefined ? undefined : kept.versions[version];
      if (version === undefined || found === undefined)
        throw new AwsError(
          400,
          'ResourceNotFoundException',
          "Secrets Manager can't find the specified secret value for staging label or version.",
        );
      return {
        VersionId: version,
        SecretString: found.value,
        VersionStages: this.stages()[version] ?? [],
        CreatedDate: found.at / 1000,
      };
    },
    async put(id, value, labels) {
      const there = kept.versions[id];
      if (there !== undefined && there.value !== value)
        throw new AwsError(400, 'ResourceExistsException', 'A version with this token and another value is there.');
      kept.versions[id] = { value, at: there?.at ?? now() };
      for (const name of labels) label(name, id);
      await save();
      return { VersionId: id, VersionStages: this.stages()[id] ?? [] };
    },
    async move(name, to, from) {
      if (kept.versions[to] === undefined)
        throw new AwsError(400, 'ResourceNotFoundException', 'There is no version of that id.');
      if (kept.labels[name] !== undefined && kept.labels[name] !== to && kept.labels[name] !== from)
        throw invalid('The version that has the label must be named.', 'InvalidParameterException');
      if (kept.labels.AWSPENDING === to) delete kept.labels.AWSPENDING;
      label(name, to);
      await save();
      return {};
    },
    stages() {
      const stages: Record<string, string[]> = {};
      for (const [name, id] of Object.entries(kept.labels)) stages[id] = [...(stages[id] ?? []), name];
      return stages;
    },
  };
}
