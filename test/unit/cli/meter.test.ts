import { describe, expect, test } from 'vitest';
import { statusText } from '../../../cli/meter.ts';
import type { Status } from '../../../metering/run/status.ts';

const EMPTY: Status = {
  watermark: null,
  rawObjects: 0,
  pendingHours: [],
  quarantined: { lines: 0, rawObjects: 0 },
  lastRun: null,
};
const RUN = {
  started: Date.UTC(2026, 10, 21, 9),
  ended: Date.UTC(2026, 10, 21, 9, 5),
  hours: 2,
  rawObjects: 3,
  quarantined: 0,
  released: 0,
  failed: [],
};

describe('tollgate meter status', () => {
  test('says of what is not there that it is not there yet', () => {
    expect(statusText(EMPTY)).toEqual({
      watermark: 'none yet',
      'raw objects waiting': 0,
      'hours with calls in flight': 'none',
      quarantined: 'none',
      'last run': 'none yet',
    });
  });

  test('says how far the ledger is, what waits and what cannot be used', () => {
    const pendingHours = ['2026-11-21T08', '2026-11-21T09'];
    const quarantined = { lines: 3, rawObjects: 2 };
    expect(statusText({ watermark: '2026-11-21T09', rawObjects: 1, pendingHours, quarantined, lastRun: RUN })).toEqual({
      watermark: '2026-11-21T09:00Z (what was delivered before is in the ledger)',
      'raw objects waiting': 1,
      'hours with calls in flight': '2026-11-21T08, 2026-11-21T09',
      quarantined: '3 lines of 2 raw objects',
      'last run': '2026-11-21T09:05:00.000Z, 2 hours written',
    });
  });

  test('says what failed in the last run', () => {
    const lastRun = { ...RUN, failed: ['hour 2026-11-21T09: Error: AccessDenied', 'release: Error: throttled'] };
    expect(statusText({ ...EMPTY, lastRun })['last run']).toContain(
      'FAILED: hour 2026-11-21T09: Error: AccessDenied; release: Error: throttled',
    );
  });
});
