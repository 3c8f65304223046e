/** One thing that two documents do not have in common, as the API says it. */
export interface Difference {
  /** `lifecycle.status`; what stands in brackets is a thing’s own name. */
  path: string;
  /** Absent: it was not there, or is not there any more. */
  before?: unknown;
  after?: unknown;
}
