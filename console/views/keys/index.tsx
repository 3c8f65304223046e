import { Empty } from '../../ui/states.tsx';

export default function View() {
  return <Empty title="Not here yet" />;
}
