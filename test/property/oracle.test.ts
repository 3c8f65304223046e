import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../../policies/simulate/evaluate.ts';
import { questions } from './iam-questions.ts';
import { asPolicies, loadOracle, type Oracle, type Question } from './oracle.ts';

let oracle: Oracle | undefined;
beforeAll(async () => {
  oracle = await loadOracle();
}, 180_000);

const ours = ({ role, session, ...access }: Question): boolean =>
  evaluate({ rolePolicies: asPolicies(role), sessionPolicy: session && (asPolicies([session])[0] ?? null) }, access)
    .allowed;

describe('our own IAM beside one written by others', () => {
  test('gives the same answer to 4,000 generated questions', { timeout: 60_000 }, async (context) => {
    const other = oracle;
    if (other === undefined) return context.skip();
    const seen = { allowed: 0, denied: 0 };
    await fc.assert(
      fc.asyncProperty(questions, async (question) => {
        const allowed = await other.allows(question);
        seen[allowed ? 'allowed' : 'denied']++;
        expect(ours(question), JSON.stringify(question)).toBe(allowed);
      }),
      { numRuns: 4_000 },
    );
    // A comparison in which nothing is ever allowed would prove nothing.
    expect(Math.min(seen.allowed, seen.denied)).toBeGreaterThan(500);
  });
});
