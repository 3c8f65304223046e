import { useCallback, useEffect, useState } from 'preact/hooks';
import { type ApiProblem, api, asProblem } from '../../api.ts';
import { setQuery } from '../../router.ts';
import { Note } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card, Page } from '../../ui/page.tsx';
import { Loading, Problem } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Time } from '../../ui/text.tsx';
import { count } from '../../ui/words.ts';
import { Changes } from './changes.tsx';
import { Findings } from './findings.tsx';
import { joined, type Page as ReviewPage, type Whole } from './reviewed.ts';
import { Risks } from './risks.tsx';
import { Roles } from './roles.tsx';
import { Tenants } from './tenants.tsx';

/** Tenants of the first request, so that it is soon there, and of those behind it. The gateway may answer with fewer. */
const [FIRST, TENANTS] = [25, 500];

/** Every session that any tenant can get, tried against every model; and what changed since somebody looked. */
export function StageReview({ query }: { query: Readonly<Record<string, string>> }) {
  const { whole, going, problem, go, again } = useReview();
  const { tab = 'tenants', q = '' } = query;
  return (
    <Page
      title="Security review"
      about="Each session policy is built as it is built for a call, and tried by IAM’s own rules against every model: of the tenant, of others, and of none."
      actions={
        <Button icon="refresh" busy={going} onClick={again}>
          Review again
        </Button>
      }
    >
      {problem !== undefined && <Problem error={problem} retry={whole === undefined ? again : go} />}
      {whole === undefined ? (
        problem === undefined && <Loading label="Reviewing" />
      ) : (
        <>
          <Verdict of={whole} />
          <Progress of={whole} going={going} go={go} />
          <Findings of={whole.findings} />
          <Tabs
            label="Parts of the review"
            value={tab}
            onChange={(to) => setQuery({ tab: to === 'tenants' ? undefined : to })}
            tabs={[
              { id: 'tenants', label: 'Tenants', count: whole.items.length },
              { id: 'risks', label: 'Open risks', count: whole.risks.length },
              { id: 'changes', label: 'What changed' },
              { id: 'roles', label: 'Roles' },
            ]}
          >
            {tab === 'risks' ? (
              <Risks of={whole.risks} />
            ) : tab === 'changes' ? (
              <Changes since={whole.first.since} policies={whole.policyChanges} />
            ) : tab === 'roles' ? (
              <Roles of={whole.first.roles} notes={whole.first.notes} />
            ) : (
              <Tenants of={whole.items} text={q} all={whole.next === undefined} />
            )}
          </Tabs>
        </>
      )}
    </Page>
  );
}

function Verdict({ of }: { of: Whole }) {
  const { items, findings, sessions, questions, first, next } = of;
  const reach = findings.filter(({ kind }) => kind === 'reach').length;
  const broken = findings.length - reach;
  const whose = next === undefined ? 'No tenant' : `None of the ${count(items.length)} tenants reviewed so far`;
  return (
    <Card>
      <div class={reach > 0 ? 'verdict bad' : 'verdict good'}>
        <p class="verdict-said">
          {reach > 0 ? 'A tenant could reach a model without a grant' : `${whose} can reach a model without a grant`}
        </p>
        <p class="muted">
          {count(items.length)} of {count(totalOf(of))} tenants, {count(sessions)} sessions, {count(questions)}{' '}
          simulated calls, <Time at={first.at} />
          {broken > 0 && `; ${count(broken)} granted ${broken === 1 ? 'call' : 'calls'} would be denied`}
        </p>
        {first.roles.source === 'assumed' && (
          <Note>
            It rests on the roles as the template deploys them. Record a review with{' '}
            <code>tollgate policy review --record</code> to have it rest on those that are deployed.
          </Note>
        )}
      </div>
    </Card>
  );
}

function Progress({ of, going, go }: { of: Whole; going: boolean; go(): void }) {
  const { items, next } = of;
  if (next === undefined) return null;
  return (
    <div class="row">
      <progress class="meter good" value={items.length} max={totalOf(of)} aria-label="Tenants that were reviewed" />
      <Button busy={going} onClick={go}>
        Review the other {count(totalOf(of) - items.length)} tenants
      </Button>
    </div>
  );
}

function totalOf({ first, items }: Whole): number {
  return first.tenants?.of ?? items.length;
}

interface Reviewing {
  whole: Whole | undefined;
  going: boolean;
  problem: ApiProblem | undefined;
  /** Goes on to the end. */
  go(): void;
  again(): void;
}

/** A page of tenants at a time: the first by itself, the others when they are asked for, since each takes the gateway seconds. */
function useReview(): Reviewing {
  const [whole, setWhole] = useState<Whole>();
  const [problem, setProblem] = useState<ApiProblem>();
  const [running, setRunning] = useState<{ from: Whole | undefined; all: boolean }>();
  const again = useCallback(() => setRunning({ from: undefined, all: false }), []);
  useEffect(again, []);
  useEffect(() => {
    if (running === undefined) return;
    const abort = new AbortController();
    const read = async (): Promise<void> => {
      let { from } = running;
      do {
        const query = { limit: from === undefined ? FIRST : TENANTS, cursor: from?.next };
        const { body } = await api.get<ReviewPage>('/admin/review', query, abort.signal);
        from = joined(from, body);
        setWhole(from);
      } while (running.all && from.next !== undefined);
    };
    setProblem(undefined);
    read()
      .catch((error) => {
        if (!abort.signal.aborted) setProblem(asProblem(error));
      })
      .finally(() => {
        if (!abort.signal.aborted) setRunning(undefined);
      });
    return () => abort.abort();
  }, [running]);
  return { whole, going: running !== undefined, problem, again, go: () => setRunning({ from: whole, all: true }) };
}
