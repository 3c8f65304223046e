import { type Command, Option } from 'commander';
import { TollgateError } from '../contract/errors.ts';
import { PURPOSES, type Purpose } from '../contract/model.ts';
import type { UsageStore } from '../metering/ledger/store.ts';
import { isoMilliseconds, parseSeconds } from '../registry/fields.ts';
import type { Items } from '../registry/items.ts';
import { readSnapshot, readSnapshotOf } from '../registry/snapshot.ts';
import { asTenantId } from '../registry/tenant.ts';
import { explanationOf } from '../review/explanation.ts';
import { assemble, isOpen, type Review, recordOf } from '../review/gather.ts';
import { reviewJson } from '../review/json.ts';
import { lastRecord, type PastReview, writeRecord } from '../review/record.ts';
import { spokeRolesOf } from '../review/spokes.ts';
import { type Answer, documentsCsv, shown } from './answer.ts';
import { save, warn } from './print.ts';
import { actorName } from './registry.ts';
import { reviewPage } from './review/page.ts';
import { readRoles } from './review/roles.ts';
import { explanationText, reviewText, verdict } from './review/text.ts';
import { openStore } from './store.ts';
import type { Target } from './target.ts';
import { nounOf } from './verb.ts';

interface ExplainOptions {
  tenant: string;
  model: string;
  action: Purpose;
  principal?: string;
  roles?: string;
}

interface ReviewOptions {
  out?: string;
  since?: string;
  record?: true;
}

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, { name: 'policy', about: 'what a security reviewer reads: explain, review' });

  noun.verb<ExplainOptions>('explain', {
    about: 'why a call is allowed or refused, and under exactly which policies it would run',
    args: { '<tenant>': 'who calls', '<model>': 'what: a registry id, a model’s own id or an ARN' },
    options: (verb) =>
      verb
        .addOption(new Option('--action <action>', 'to do what').choices(PURPOSES).default('invoke'))
        .option('--principal <principal>', 'the caller’s principal, for the session’s name')
        .option('--roles <list>', 'the caller’s roles; whichever the grant asks for unless given'),
    run: async ({ tenant, model, action, principal, roles }, { target: of }) => {
      const where = await of();
      const snapshot = await readSnapshotOf([asTenantId(tenant, '--tenant')], await openItems(where), Date.now);
      const explanation = explanationOf(
        { tenant, model, action, principal, roles: roles === undefined ? null : roles.split(',') },
        snapshot,
        await readRoles(where, snapshot.models, spokeRolesOf(snapshot.tenants, snapshot.models)),
        Date.now(),
        where.stage,
      );
      return shown(explanation.reason, explanation, () => explanationText(explanation));
    },
  });

  noun.verb<ReviewOptions>('review', {
    about: 'all tenants, models and policies on one page; exits 1 if a tenant could reach a model without a grant',
    options: (verb) =>
      verb
        .option('--out <file>', 'write the page, HTML that needs nothing else')
        .option('--since <date>', 'list changes since then, UTC, instead of since the last recorded review')
        .option('--record', 'remember that this was reviewed: the next review lists what changed since'),
    run: async ({ out, since, record }, { target: of }) => {
      const where = await of();
      const reviews = await openStore(where);
      const review = await gather(where, reviews, since);
      if (out !== undefined) save(out, reviewPage(review));
      if (record) warn(`recorded: ${await writeRecord(reviews, recordOf(review))}`);
      return reviewAnswer(review, out);
    },
  });
}

/** Its CSV and ids are of what was found. */
function reviewAnswer(review: Review, out: string | undefined): Answer {
  return {
    text: () => (out === undefined ? reviewText(review) : `${verdict(review)}\nwritten: ${out}`),
    json: () => reviewJson(review),
    csv: () => documentsCsv(review.findings),
    ids: () => [...new Set(review.findings.map(({ tenant, role }) => tenant ?? role ?? ''))],
    ...(isOpen(review)
      ? {
          failure: new TollgateError('internal', {
            reason: 'reach',
            message: 'a tenant could reach a model without a grant; see the findings',
          }),
        }
      : {}),
  };
}

async function gather(where: Target, reviews: UsageStore, asked: string | undefined): Promise<Review> {
  const since = asked === undefined ? undefined : isoMilliseconds(parseSeconds(asked, '--since') * 1000);
  const notes: string[] = [];
  const [snapshot, previous] = await Promise.all([
    readSnapshot(await openItems(where), Date.now),
    previousOf(reviews, since, notes),
  ]);
  const { stage, region } = where;
  const roles = await readRoles(where, snapshot.models, spokeRolesOf(snapshot.tenants, snapshot.models));
  return assemble({ now: Date.now(), by: actorName(), stage, region, snapshot, roles, previous, since, notes });
}

async function previousOf(
  reviews: UsageStore,
  since: string | undefined,
  notes: string[],
): Promise<PastReview | undefined> {
  try {
    return await lastRecord(reviews, since);
  } catch (error) {
    // What changed is then told from the beginning on: more to read, and nothing hidden.
    notes.push(`earlier reviews could not be read (${(error as Error).message}), so every change is listed`);
    return undefined;
  }
}

async function openItems({ clientConfig, table }: Target): Promise<Items> {
  const [{ DynamoDBClient }, { createItems }] = await Promise.all([
    import('@aws-sdk/client-dynamodb'),
    import('../registry/table.ts'),
  ]);
  return createItems({ client: new DynamoDBClient(clientConfig), table });
}
