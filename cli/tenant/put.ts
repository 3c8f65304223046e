import { type Command, InvalidArgumentError } from 'commander';
import type { Change } from '../../registry/edit.ts';
import type { TenantEntry } from '../../registry/tenant.ts';
import type { Labels } from '../../registry/tenants.ts';
import type { Writer } from '../../registry/writer.ts';
import { BOUND_MEMBERS, type BoundOptions, boundsGiven, withBounds } from '../bounds.ts';
import { again, type ClearOptions, cleared, withClear } from '../clear.ts';

/** What `tenant put` is told. */
export interface PutOptions extends BoundOptions, ClearOptions {
  tenant: string;
  costCenter?: string;
  name?: string;
  owner?: string[];
  contact?: string[];
  label?: Labels;
  issuer?: string[];
  expires?: string;
  spokeRole?: string;
}

const CLEARED = {
  ...{ name: 'displayName', owner: 'owners', contact: 'contacts', label: 'labels', issuer: 'issuers' },
  ...{ ...BOUND_MEMBERS, expires: 'expiresAt', 'spoke-role': 'spokeRole' },
};

export function withMembers(verb: Command): Command {
  return withClear(
    withBounds(
      verb
        .option('--cost-center <text>', 'how its calls are tagged on the AWS bill; needed for a new tenant')
        .option('--name <text>', 'a name for people')
        .option('--owner <who>', 'who answers for it; again for more, in place of all that were', again)
        .option('--contact <who>', 'who is told of things; as --owner', again)
        .option('--label <key=value>', 'to find and sum tenants by; again for more; key- takes one away', label)
        .option('--issuer <url>', 'whose tokens alone are its; again for more, in place of all that were', again),
    )
      .option('--expires <date>', 'refused from then on, UTC: 2026-12-31 or 2026-12-31T18:00:00Z')
      .option('--spoke-role <arn>', 'a role of another account, where its calls run and are paid for'),
    CLEARED,
  );
}

/** @throws TollgateError as putTenant of the registry */
export async function putTenant(writer: Writer, given: PutOptions): Promise<Change<TenantEntry>> {
  const { tenant: id, costCenter, name, owner, contact, label: labels, issuer, expires, spokeRole } = given;
  const said = {
    costCenter,
    displayName: name,
    owners: owner,
    contacts: contact,
    issuers: issuer,
    expiresAt: expires,
    spokeRole,
  };
  const named = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  return writer.putTenant({ id, ...named, ...boundsGiven(given), ...cleared(given) }, labels);
}

function label(text: string, before: Labels = {}): Labels {
  const [, key = '', value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (value !== undefined) return { ...before, [key]: value };
  if (text.length > 1 && text.endsWith('-')) return { ...before, [text.slice(0, -1)]: null };
  throw new InvalidArgumentError('It must be key=value, or key- to take one away.');
}

/** Of `tenant list`: `env=prod`, or `env` with whatever value. */
export function hasLabels({ labels = {} }: TenantEntry, wanted: readonly string[]): boolean {
  return wanted.every((text) => {
    const [, key = text, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    return Object.hasOwn(labels, key) && (value === undefined || labels[key] === value);
  });
}
