import type { Me } from '../../me.ts';
import { href } from '../../router.ts';
import { Meter, Note } from '../../ui/badge.tsx';
import { LinkButton } from '../../ui/button.tsx';
import { type Load, useLoad } from '../../ui/load.ts';
import { Card, Facts, Page } from '../../ui/page.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { CopyButton, Count, Dash, Name, Time } from '../../ui/text.tsx';
import { myStanding } from '../budgets/mine-standing.ts';
import { amountOf, type Standing } from '../budgets/standing.ts';
import { Abilities } from './held.tsx';
import { abilitiesOf, endingOfHeld, type HeldModel, isChat } from './model.ts';

const BACK = { href: href(['models']), label: 'Models' };

/** One model that I may use: what it can do, how far I may go with it, and what comes after it. */
export function Detail({ id, of, me }: { id: string; of: Load<readonly HeldModel[]>; me: Me }) {
  const found = of.value?.find((one) => one.id === id);
  const actions = found !== undefined && isChat(found) && (
    <LinkButton kind="primary" href={href(['playground'], { model: id })}>
      Try it in the playground
    </LinkButton>
  );
  return (
    <Page title={id} heading={<Name wrap>{found?.display_name ?? id}</Name>} back={BACK} actions={actions}>
      <Loaded of={of}>
        {() =>
          found === undefined ? (
            <Card>
              <Empty title="You may use no model of that name" icon="search">
                {me.admin && <a href={href(['models'], { tab: 'ask' })}>See what you may ask for</a>}
              </Empty>
            </Card>
          ) : (
            <About model={found} />
          )
        }
      </Loaded>
    </Page>
  );
}

function About({ model }: { model: HeldModel }) {
  const ending = endingOfHeld(model);
  const { capabilities = {} } = model;
  return (
    <>
      {ending !== undefined && (
        <Note tone={ending.tone}>
          This model {ending.at === undefined ? `is ${ending.text}` : ending.text}
          {ending.at !== undefined && (
            <>
              : it answers no more from <Time at={ending.at} /> on
            </>
          )}
          .{' '}
          {model.successor === undefined ? (
            'Nothing that you may use is named as its successor: ask an operator what to use instead.'
          ) : (
            <>
              Use <a href={href(['models', model.successor])}>{model.successor}</a> instead.
            </>
          )}
        </Note>
      )}
      <div class="grid-2">
        <Card title="What it can do">
          <div class="stack">
            <Abilities of={abilitiesOf(model)} />
            <Facts
              facts={[
                { name: 'Context, in tokens', value: <Count of={model.context_length} /> },
                { name: 'Longest answer, in tokens', value: <Count of={model.max_output_tokens} /> },
                { name: 'Efforts of reasoning', value: listed(capabilities.reasoning_efforts) },
                {
                  name: 'Service tiers',
                  value: model.service_tiers === undefined ? 'any' : listed(model.service_tiers),
                },
                { name: 'Granted until', value: <Time at={ofSeconds(model.expires_at)} never="no end" /> },
                { name: 'Answers until', value: <Time at={ofSeconds(model.sunset_at)} never="no end" /> },
              ]}
            />
          </div>
        </Card>
        <Card title="How it is called">
          <Facts
            facts={[
              { name: 'Name', value: <Copied text={model.id} /> },
              {
                name: 'Its own name at AWS',
                value: model.native_id === undefined ? '–' : <Copied text={model.native_id} />,
              },
              ...(model.served_by === undefined ? [] : [{ name: 'Answered by', value: listed(model.served_by) }]),
              {
                name: 'Paths',
                value: (
                  <ul>
                    {model.paths.map((path) => (
                      <li key={path}>
                        <Name mono wrap>
                          {path}
                        </Name>
                      </li>
                    ))}
                  </ul>
                ),
              },
            ]}
          />
        </Card>
      </div>
      <CountedBy model={model} />
    </>
  );
}

/** The budgets that count this model’s calls of mine. */
function CountedBy({ model }: { model: HeldModel }) {
  const budgets = useLoad(
    async (signal) => {
      const own = [model.id, ...(model.served_by ?? [])];
      const all = await myStanding(signal);
      return all.filter(({ per, of }) => per !== 'model' || (of !== null && own.includes(of)));
    },
    [model.id],
  );
  return (
    <Card flush title="Budgets that count it" about="What is used up is refused until its window begins anew.">
      <Loaded of={budgets}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title="No budget counts it" />
          ) : (
            <Table
              caption="Where they stand"
              rows={rows}
              rowKey={({ id, of }) => `${id} ${of}`}
              columns={[
                { head: 'Budget', cell: ({ id }: Standing) => <Name>{id}</Name> },
                { head: 'Counts', cell: ({ per }: Standing) => (per === 'principal' ? 'you' : `each ${per}`) },
                {
                  head: 'Used',
                  cell: (one: Standing) => (
                    <Meter value={Number(one.used)} max={Number(one.limit)} label={`Used of the budget ${one.id}`} />
                  ),
                },
                { head: 'Left', align: 'end', cell: (one: Standing) => amountOf(one.left, one.unit) },
                { head: 'Begins anew', cell: ({ resetsAt }: Standing) => <Time at={resetsAt} ago /> },
              ]}
            />
          )
        }
      </Loaded>
    </Card>
  );
}

function Copied({ text }: { text: string }) {
  return (
    <span class="row">
      <Name mono wrap>
        {text}
      </Name>
      <CopyButton text={text} />
    </span>
  );
}

function listed(names: readonly string[] | undefined) {
  if (names === undefined || names.length === 0) return <Dash />;
  return <Name wrap>{names.join(', ')}</Name>;
}

function ofSeconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
