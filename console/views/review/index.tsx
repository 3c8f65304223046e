import { mayAll } from '../../me.ts';
import type { ViewProps } from '../../view.ts';
import { Explained } from './explained.tsx';
import { StageReview } from './stage.tsx';
import { TenantReview } from './tenant.tsx';

/** The security review: of the stage, of one tenant, of one of its calls. */
export default function Review({ me, rest, query }: ViewProps) {
  const all = mayAll(me, 'audit');
  // Who sees its own tenant alone begins there.
  const [tenant = all ? undefined : me.tenant, model] = rest;
  if (tenant === undefined) return <StageReview query={query} />;
  if (model === undefined) return <TenantReview key={tenant} tenant={tenant} back={all} />;
  return <Explained key={`${tenant} ${model}`} tenant={tenant} model={model} query={query} />;
}
