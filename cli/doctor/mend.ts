/** What mends what was changed by hand: a deployment alone leaves alone what its template has not changed. */
export const REVERT = 'npx cdk deploy --revert-drift';
