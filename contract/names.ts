/** What a thing of a stage is called: the template gives it this name, and the command line finds it by it. */
export function stageName(stage: string, what: string): string {
  return `tollgate-${stage}-${what}`;
}
