import type { Problem } from '../contract/errors.ts';
import type { Evaluated } from './evaluation/evaluated.ts';
import { badEntries } from './fields.ts';

/** Where a model comes from, and who looked at it. */
export interface Provenance {
  /** Who made it, or where it was taken from. */
  source?: string;
  /** What is deployed: an S3 URI, an image's digest, a model package. */
  artifact?: string;
  /** As its maker counts them. */
  version?: string;
  /** What it was made of: a registry id, or a name elsewhere. */
  basedOn?: string;
  /** On what it was trained. */
  trainingData?: string;
  licence?: string;
  /** Who approved its use here. */
  approver?: string;
  /** https URL of the review. */
  review?: string;
  /** Of what it was measured by, or a link to it. */
  evaluation?: string;
}

/** What must be so before a grant of the model lets anybody call it. */
export interface Requirements {
  /** Its provenance names an approver. */
  approval?: true;
  /**
   * It has passed one. Whether the version that there is now did is asked of who would be granted it (evaluation/standing.ts); here,
   * at each call, that it ever did, or that its provenance names one, so that no later failure cuts anybody off.
   */
  evaluation?: true;
  /** The grant restricts it to these regions, or some of them; sorted. */
  region?: string[];
}

/** A model's entry, as far as it says what a grant of it needs. */
export interface Demanding {
  provenance?: Provenance;
  requires?: Requirements;
  evaluated?: readonly Evaluated[];
}

/**
 * What a model requires of a grant that neither the grant nor the model's own entry has.
 *
 * @returns none where nothing is required, or all of it is there
 */
export function unmet(
  { provenance, requires, evaluated }: Demanding,
  grant: { regions?: readonly string[] },
): Problem[] {
  if (requires === undefined) return [];
  const problems: Problem[] = [];
  const missing = (path: string, reason: string, message: string) => void problems.push({ path, reason, message });
  if (requires.approval && provenance?.approver === undefined)
    missing('model', 'not-approved', 'The model requires an approval, and its entry names no provenance.approver.');
  if (requires.evaluation && provenance?.evaluation === undefined && !evaluated?.some(({ first }) => first))
    missing(
      'model',
      'not-evaluated',
      'The model requires an evaluation: it has passed none, and its entry names no provenance.evaluation.',
    );
  const { region } = requires;
  if (region !== undefined && !(grant.regions?.every((one) => region.includes(one)) ?? false))
    missing('regions', 'outside-required', `The model requires that a grant restricts it to ${region.join(', ')}.`);
  return problems;
}

/** @throws TollgateError `bad_entry` of all of it */
export function checkRequired(model: Demanding, grant: { regions?: readonly string[] }): void {
  const problems = unmet(model, grant);
  if (problems.length > 0) throw badEntries(problems);
}
