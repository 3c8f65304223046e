import { CHECKS } from './checks.ts';

/** The policy of whoever runs the doctor on a stage: it reads, and nothing else. */
export function doctorPolicy(): { Version: string; Statement: { Effect: 'Allow'; Action: string[]; Resource: '*' }[] } {
  const needs = CHECKS.filter(({ on }) => on.includes('stage')).flatMap((check) => check.needs);
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: [...new Set([...needs, 'sts:GetCallerIdentity'])].sort(), Resource: '*' }],
  };
}
