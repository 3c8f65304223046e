import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for all of a run, taken away by the process that outlives every worker: those are ended before they could tidy up. */
export default function scratch(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-test-'));
  process.env.SCRATCH_FOLDER = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
