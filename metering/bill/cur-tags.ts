const TENANT_TAG = 'iamprincipaltenantid';
const COST_CENTER_TAG = 'iamprincipalcostcenter';

/**
 * Session tags stand in the map `tags` under `iamPrincipal/...`. A query may have made columns of them, named in whichever
 * way its author liked; the letters are the same.
 *
 * @returns undefined when the map is not JSON
 */
export function sessionTags(
  record: Readonly<Record<string, string>>,
): { tenantTag: string; costCenterTag: string } | undefined {
  const found = { tenantTag: '', costCenterTag: '' };
  const take = (name: string, value: unknown): void => {
    const letters = lettersOf(name);
    if (typeof value !== 'string' || value === '') return;
    if (letters.endsWith(TENANT_TAG)) found.tenantTag = value;
    if (letters.endsWith(COST_CENTER_TAG)) found.costCenterTag = value;
  };
  for (const [name, value] of Object.entries(record)) {
    if (!TAG_MAPS.has(name)) {
      if (name.length <= 64) take(name, value);
    } else if (value !== '') {
      try {
        for (const [tag, of] of Object.entries(JSON.parse(value) as object)) take(tag, of);
      } catch {
        return undefined;
      }
    }
  }
  return found;
}

const TAG_MAPS: ReadonlySet<string> = new Set(['tags', 'resource_tags']);

/** Whether a column may hold such a tag. */
export function isTagColumn(name: string): boolean {
  const letters = lettersOf(name);
  return TAG_MAPS.has(name) || letters.endsWith(TENANT_TAG) || letters.endsWith(COST_CENTER_TAG);
}

function lettersOf(name: string): string {
  return name.replace(/[^a-z]/gi, '').toLowerCase();
}
