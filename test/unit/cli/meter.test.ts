import { describe, expect, test } from 'vitest';
import { RUN_OPTIONS, statusText } from '../../../cli/meter.ts';
import { parseRequest } from '../../../metering/run/request.ts';
import type { Status } from '../../../metering/run/status.ts';

const EMPTY: Status = {
  watermark: null,
  rawObjects: 0,
  pendingHours: [],
  quarantined: { lines: 0, rawObjects: 0 },
  invocations: [],
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
      'against AWS’s own counts': 'nothing differs',
      'last run': 'none yet',
    });
  });

  test('says how far the ledger is, what waits and what cannot be used', () => {
    const pendingHours = ['2026-11-21T08', '2026-11-21T09'];
    const quarantined = { lines: 3, rawObjects: 2 };
    const model = { region: 'us-east-1', modelId: 'amazon.nova-lite-v1:0', ledger: 3, invocations: 1, errors: 0 };
    const invocations = [{ hour: '2026-11-21T08', models: [model], unknown: 2, missing: 0 }];
    const status = { watermark: '2026-11-21T09', rawObjects: 1, pendingHours, quarantined, invocations, lastRun: RUN };
    expect(statusText(status)).toEqual({
      'against AWS’s own counts':
        '2026-11-21T08: AWS did not count 2 calls of the ledger: forged lines, or counts that are still to come ' +
        '(amazon.nova-lite-v1:0 in us-east-1: ledger 3, AWS 1)',
      watermark: '2026-11-21T09:00Z (what was delivered before is in the ledger)',
      'raw objects waiting': 1,
      'hours with calls in flight': '2026-11-21T08, 2026-11-21T09',
      quarantined: '3 lines of 2 raw objects, in quarantine/ of the bucket',
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

test.each([
  [
    { hour: '2026-11-21T09', from: '2026-11-20' },
    '--hour is one hour, --from and --to are several: give one or the other.',
  ],
  [{ to: '2026-11-20' }, '--to needs --from.'],
  [{ restart: true }, '--restart needs --from.'],
  [{ hour: 'nine' }, '--hour must be an hour of UTC, as 2026-11-21T09, not "nine".'],
  [{ hour: '2026-11-21T10' }, '--hour 2026-11-21T10 is to come: it is 2026-11-21T09 (UTC).'],
  [{ from: '2026-11-22' }, '--from 2026-11-22T00 is to come: it is 2026-11-21T09 (UTC).'],
  [{ from: '2026-11-20', to: '2026-11-19' }, '--from 2026-11-20 is after --to 2026-11-19.'],
  [{ from: '2020-01-01' }, '--from to --to may cover at most 366 days.'],
])('`tollgate meter run` with %j says what is wrong by its option', (request, publicMessage) =>
  expect(() => parseRequest(request, Date.UTC(2026, 10, 21, 9, 59), RUN_OPTIONS)).toThrow(
    expect.objectContaining({ code: 'invalid_request', publicMessage }),
  ),
);

test('the hour that is running may be asked for, and a range that ends after it', () => {
  const now = Date.UTC(2026, 10, 21, 9);
  expect(parseRequest({ hour: '2026-11-21T09' }, now)).toMatchObject({ kind: 'hour' });
  expect(parseRequest({ from: '2026-11-21', to: '2026-11-21' }, now)).toMatchObject({ kind: 'range' });
});
