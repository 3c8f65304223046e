import { api } from '../../api.ts';
import { useLoad } from '../../ui/load.ts';
import { Card } from '../../ui/page.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { standingOfUsage, type UsageBudget } from './standing.ts';
import { StandingTable } from './standing-table.tsx';

/** The budgets that count my own calls; of those per principal mine alone. */
export function Mine() {
  const standing = useLoad(async (signal) => {
    const { body } = await api.get<{ budgets: UsageBudget[] }>('/v1/usage', { by: 'day' }, signal);
    return body.budgets.map(standingOfUsage);
  }, []);
  return (
    <Card flush>
      <Loaded of={standing}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title="No budget counts your calls" />
          ) : (
            <StandingTable caption="Budgets that count my calls" rows={rows} />
          )
        }
      </Loaded>
    </Card>
  );
}
