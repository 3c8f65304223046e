import { invalid } from '../error.ts';

/** The guardrails that the local account has, in every region, by id. They change no answer. */
const VERSIONS: Readonly<Record<string, readonly string[]>> = { demo: ['DRAFT', '1'] };

const ARN = /:guardrail\/([^:]+)(?::(.+))?$/;

/**
 * @param arn with its version, or without for the draft
 * @throws AwsError ValidationException when there is none
 */
export function findGuardrail(arn: string): void {
  const [, id = '', version = 'DRAFT'] = ARN.exec(arn) ?? [];
  if (Object.hasOwn(VERSIONS, id) && VERSIONS[id]?.includes(version)) return;
  throw invalid('The guardrail identifier or version provided in the request does not exist.');
}
