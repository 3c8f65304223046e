import { useLoad } from '../../ui/load.ts';
import { Card } from '../../ui/page.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { myStanding } from './mine-standing.ts';
import { StandingTable } from './standing-table.tsx';

/** The budgets that count my own calls; of those per principal mine alone. */
export function Mine() {
  const standing = useLoad(myStanding, []);
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
