import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Principal, TenantId } from '../../contract/identity.ts';
import { directSessionNames, SESSION_NAME_PREFIX, sessionNames } from '../../policies/name.ts';
import { readSessionName } from '../../policies/read-name.ts';

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 4 }));
const names = (tenant: string, principal: string) => sessionNames(tenant as TenantId, principal as Principal);

describe('the session name of any tenant and principal', () => {
  test('P9: is legal in STS and begins as the trust policy requires', () => {
    fc.assert(
      fc.property(text, text, (tenant, principal) => {
        for (const name of Object.values(names(tenant, principal))) {
          expect(name).toMatch(/^[\w+=,.@-]{2,64}$/);
          expect(name.startsWith(SESSION_NAME_PREFIX)).toBe(true);
        }
      }),
    );
  });

  test('P9: differs when either differs', () => {
    fc.assert(
      fc.property(text, text, text, text, (tenant, principal, otherTenant, otherPrincipal) => {
        const same = tenant === otherTenant && principal === otherPrincipal;
        const equal = names(tenant, principal).sessionName === names(otherTenant, otherPrincipal).sessionName;
        expect(equal).toBe(same);
      }),
    );
  });

  test('P9: differs for every way to cut one text in two', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 2, maxLength: 40 }), (whole) => {
        const cuts = Array.from(
          { length: whole.length + 1 },
          (_, at) => names(whole.slice(0, at), whole.slice(at)).sessionName,
        );
        expect(new Set(cuts).size).toBe(cuts.length);
      }),
    );
  });

  test('tells its tenant again: whole if it was not cut, and whether credentials were handed out', () => {
    const tenant = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
    fc.assert(
      fc.property(tenant, text, (id, principal) => {
        for (const [direct, of] of [
          [false, sessionNames],
          [true, directSessionNames],
        ] as const) {
          const read = readSessionName(of(id as TenantId, principal as Principal).sessionName);
          expect(read).toMatchObject({ direct });
          expect(id.startsWith(read?.tenant ?? '?')).toBe(true);
          if (read?.whole) expect(read.tenant).toBe(id);
          else expect(id.length).toBeGreaterThanOrEqual(direct ? 21 : 28);
        }
      }),
    );
  });

  test('is told from every other name', () => {
    const hash = '0123456789abcdef'.repeat(2);
    for (const name of [
      'alice',
      `tg-acme-${hash}0`,
      `tg-acme-${hash.toUpperCase()}`,
      `tg--${hash}`,
      `tg-${hash}`,
      `xx-acme-${hash}`,
      `tg-acme@else-${hash}`,
      '',
    ])
      expect(readSessionName(name), name).toBeUndefined();
  });
});
