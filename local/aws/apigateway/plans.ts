import { listAt, objectOf, textOf } from '../read.ts';
import { keyOf } from './keys.ts';
import { operationsOf, patchPlan, setLimits } from './patch.ts';
import type { ApiKey, State, UsagePlan } from './store.ts';
import { type Asked, bad, conflict, type DeployedApi, newId, notFound, page } from './wire.ts';

export function listPlans(state: State, { query }: Asked): object {
  const keyId = query.get('keyId');
  const holds = (id: string): boolean => state.planKeys.some((one) => one.planId === id && one.keyId === keyId);
  return page(
    state.plans.filter(({ id }) => keyId === null || holds(id)),
    query,
  );
}

export function createPlan(state: State, { body, api }: Asked): UsagePlan {
  const plan: UsagePlan = {
    id: newId(),
    name: textOf(body.name, 'name'),
    ...(body.description === undefined ? {} : { description: textOf(body.description, 'description') }),
    apiStages: listAt(body.apiStages, 'apiStages').map((each) => {
      const { apiId, stage } = objectOf(each, 'apiStages');
      return { apiId: textOf(apiId, 'apiId'), stage: textOf(stage, 'stage') };
    }),
  };
  const optional = (name: string) => (body[name] === undefined ? undefined : objectOf(body[name], name));
  setLimits(plan, optional('throttle'), optional('quota'));
  checkStages(plan, api);
  state.plans.push(plan);
  return plan;
}

export function updatePlan(state: State, { ids, body, api }: Asked): UsagePlan {
  const plan = planOf(state, ids[0]);
  patchPlan(plan, operationsOf(body));
  checkStages(plan, api);
  for (const { planId, keyId } of state.planKeys) if (planId === plan.id) checkAlone(state, plan, keyId);
  return plan;
}

export function deletePlan(state: State, { ids }: Asked): undefined {
  const { id, apiStages } = planOf(state, ids[0]);
  if (apiStages.length > 0)
    throw bad('Cannot delete usage plan: it is associated with API stages; remove them from the plan first');
  state.plans = state.plans.filter((plan) => plan.id !== id);
  state.planKeys = state.planKeys.filter(({ planId }) => planId !== id);
}

export function listPlanKeys(state: State, { ids, query }: Asked): object {
  const { id } = planOf(state, ids[0]);
  const found = state.planKeys.filter(({ planId }) => planId === id).map(({ keyId }) => keyOf(state, keyId));
  return page(found.map(planKey), query);
}

export function createPlanKey(state: State, { ids, body }: Asked): object {
  const plan = planOf(state, ids[0]);
  if (body.keyType !== 'API_KEY') throw bad('keyType must be API_KEY');
  const key = keyOf(state, textOf(body.keyId, 'keyId'));
  if (state.planKeys.some(({ planId, keyId }) => planId === plan.id && keyId === key.id))
    throw conflict(`Usage Plan ${plan.id} already contains the key ${key.id}`);
  state.planKeys.push({ planId: plan.id, keyId: key.id });
  checkAlone(state, plan, key.id);
  return planKey(key);
}

export function deletePlanKey(state: State, { ids: [plan, key] }: Asked): undefined {
  const planId = planOf(state, plan).id;
  if (!state.planKeys.some((one) => one.planId === planId && one.keyId === key)) throw notFound('Usage Plan Key');
  state.planKeys = state.planKeys.filter((one) => one.planId !== planId || one.keyId !== key);
}

/** A key is in one usage plan of a stage and no more. */
function checkAlone(state: State, plan: UsagePlan, key: string): void {
  const others = state.plans.filter(({ id }) =>
    state.planKeys.some(({ planId, keyId }) => planId === id && keyId === key && id !== plan.id),
  );
  const names = new Set(plan.apiStages.map(({ apiId, stage }) => `${apiId}:${stage}`));
  if (others.some(({ apiStages }) => apiStages.some(({ apiId, stage }) => names.has(`${apiId}:${stage}`))))
    throw conflict('API Key is already in a usage plan of the same API stage');
}

function checkStages({ apiStages }: UsagePlan, api: DeployedApi): void {
  for (const { apiId, stage } of apiStages) if (apiId !== api.apiId || stage !== api.stage) throw notFound('API Stage');
  if (apiStages.length > 1) throw conflict('API Stage is already in the usage plan');
}

function planKey({ id, name, value }: ApiKey): { id: string } {
  return Object.assign({ id }, { name, value, type: 'API_KEY' });
}

export function planOf({ plans }: State, id: string | undefined): UsagePlan {
  const plan = plans.find((one) => one.id === id);
  if (plan === undefined) throw notFound('Usage Plan');
  return plan;
}
