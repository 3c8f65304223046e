import { mayAll } from '../../me.ts';
import { setQuery } from '../../router.ts';
import { suggestModels, suggestTenants } from '../../suggest.ts';
import { DayRange, useDays } from '../../ui/day-range.tsx';
import { Page, Toolbar } from '../../ui/page.tsx';
import { Search, type Suggest } from '../../ui/search.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Name } from '../../ui/text.tsx';
import type { ViewProps } from '../../view.ts';
import { Bill } from './bill.tsx';
import { CostChoices, Costs } from './costs.tsx';
import { Ledger } from './ledger.tsx';
import { Moved } from './moved.tsx';
import { Open } from './open.tsx';
import type { Asked } from './report.ts';

const TABS = [
  { id: 'cost', label: 'Cost' },
  { id: 'moved', label: 'What moved' },
  { id: 'open', label: 'Open' },
] as const;

/** Of the whole stage, and of no tenant. */
const STAGE_TABS = [
  { id: 'ledger', label: 'Ledger' },
  { id: 'bill', label: 'AWS’s bill' },
] as const;

type TabId = (typeof TABS | typeof STAGE_TABS)[number]['id'];

/** What was used and what it cost, over tenants: by anything, what moved, what is open, and whether it can be believed. */
export default function Money({ me, query }: ViewProps) {
  const all = mayAll(me, 'reports');
  const { range, days } = useDays(query);
  const tabs = all ? [...TABS, ...STAGE_TABS] : TABS;
  const shown: TabId = tabs.find(({ id }) => id === query.tab)?.id ?? 'cost';
  const asked: Asked = {
    ...days,
    ...(query.tenant && all ? { tenant: query.tenant } : {}),
    ...(query.model ? { model: query.model } : {}),
    ...(query.label && all ? { label: query.label } : {}),
  };
  return (
    <Page
      title="Money"
      about={
        all ? (
          'What every tenant used and what it cost, as the ledger has it. Days are days of UTC.'
        ) : (
          <>
            What <Name>{me.tenant}</Name> used and what it cost, as the ledger has it. Days are days of UTC.
          </>
        )
      }
    >
      <Tabs label="What about the money" tabs={tabs} value={shown} onChange={(tab) => setQuery({ tab })}>
        <div class="stack">
          {shown !== 'ledger' && shown !== 'bill' && (
            <Toolbar>
              <DayRange range={range} days={days} />
              {shown === 'cost' && <CostChoices query={query} all={all} />}
              {all && <Filter name="tenant" label="Tenant" suggest={suggestTenants} query={query} />}
              <Filter name="model" label="Model" suggest={suggestModels} query={query} />
              {all && <Filter name="label" label="Label" placeholder="Label: team=search" query={query} />}
            </Toolbar>
          )}
          {shown === 'cost' && <Costs asked={asked} query={query} all={all} />}
          {shown === 'moved' && <Moved asked={asked} all={all} />}
          {shown === 'open' && <Open asked={asked} all={all} />}
          {shown === 'ledger' && <Ledger query={query} />}
          {shown === 'bill' && <Bill id={query.bill} />}
        </div>
      </Tabs>
    </Page>
  );
}

function Filter({
  name,
  label,
  placeholder,
  suggest,
  query,
}: {
  name: string;
  label: string;
  placeholder?: string;
  suggest?: Suggest;
  query: ViewProps['query'];
}) {
  const { [name]: value = '' } = query;
  return (
    <Search
      label={label}
      placeholder={placeholder ?? label}
      {...(suggest === undefined ? {} : { suggest })}
      value={value}
      onChange={(typed) => setQuery({ [name]: typed.trim() })}
    />
  );
}
