import { expect, test } from 'vitest';
import { alertsOf } from '../../sync/alerts.ts';
import type { Drift } from '../../sync/drift.ts';

const QUIET: Drift = { kind: 'drift', changed: [], widened: [], findings: [], new: 3, unread: [] };

test('of drift is told which models it is of; what is new alone is none', () => {
  expect(alertsOf(QUIET)).toEqual([]);
  const finding = { model: 'b', target: 't', region: 'us-east-1', reason: 'gone', detail: '' };
  expect(alertsOf({ ...QUIET, changed: ['a'], findings: [finding] })).toEqual([
    expect.objectContaining({ kind: 'drift', text: expect.stringContaining('To be changed or decided on: a, b.') }),
  ]);
});
