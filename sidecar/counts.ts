import type { Fault } from './error.ts';
import type { TokenState } from './token/token.ts';

/** What happened since the start. */
export interface Counts {
  /** Calls under way. */
  active: number;
  answered(status: number): void;
  refused(fault: Fault): void;
  /** In Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/). */
  text(token: TokenState): string;
}

/** @param client whose they are, where there are several: a label of each */
export function createCounts(client?: string): Counts {
  const whose = client === undefined ? [] : [`client="${client}"`];
  const labels = (...own: string[]): string => {
    const all = [...whose, ...own];
    return all.length === 0 ? '' : `{${all}}`;
  };
  const answers = new Map<number, number>();
  const faults = new Map<Fault, number>();
  const more = <Key>(map: Map<Key, number>, key: Key): void => void map.set(key, (map.get(key) ?? 0) + 1);
  return {
    active: 0,
    answered: (status) => more(answers, status),
    refused: (fault) => more(faults, fault),
    text({ valid, expiresAt, renewals, failures }) {
      const rows: [string, 'counter' | 'gauge', string, ...(readonly [string, number])[]][] = [
        ['calls_active', 'gauge', 'Calls under way.', [labels(), this.active]],
        [
          'answers_total',
          'counter',
          'Answers of the gateway.',
          ...[...answers].map(([status, count]) => [labels(`status="${status}"`), count] as const),
        ],
        [
          'faults_total',
          'counter',
          'Answers of the sidecar itself, by why.',
          ...[...faults].map(([fault, count]) => [labels(`fault="${fault}"`), count] as const),
        ],
        ['token_valid', 'gauge', 'Whether a valid token is held.', [labels(), Number(valid)]],
        ['token_expiry_timestamp_seconds', 'gauge', 'When it ends.', [labels(), (expiresAt ?? 0) / 1_000]],
        ['token_renewals_total', 'counter', 'Tokens got.', [labels(), renewals]],
        ['token_failures_total', 'counter', 'Times that none was to be had.', [labels(), failures]],
      ];
      const lines = rows.flatMap(([name, type, help, ...samples]) => [
        `# HELP tollgate_sidecar_${name} ${help}`,
        `# TYPE tollgate_sidecar_${name} ${type}`,
        ...samples.map(([of, value]) => `tollgate_sidecar_${name}${of} ${value}`),
      ]);
      return `${lines.join('\n')}\n`;
    },
  };
}
