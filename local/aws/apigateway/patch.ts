import { invalid } from '../error.ts';
import { type JsonObject, listAt, objectOf, textOf } from '../read.ts';
import { PERIODS, type Quota, type Throttle, type UsagePlan } from './store.ts';

/** One of `patchOperations`: API Gateway's paths, every value as text. */
interface Operation {
  op: string;
  path: string;
  value: string;
}

/** @throws AwsError BadRequestException */
export function operationsOf(body: JsonObject): Operation[] {
  return listAt(body.patchOperations, 'patchOperations').map((each) => {
    const { op, path, value } = objectOf(each, 'patchOperations');
    return {
      op: textOf(op, 'op'),
      path: textOf(path, 'path'),
      value: value === undefined ? '' : textOf(value, 'value'),
    };
  });
}

/**
 * UpdateUsagePlan's paths (https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateUsagePlan-Patch),
 * but for those by method.
 *
 * @param plan is changed
 * @throws AwsError BadRequestException
 */
export function patchPlan(plan: UsagePlan, operations: readonly Operation[]): void {
  const throttle: Partial<Throttle> = { ...plan.throttle };
  const quota: Partial<Quota> = { ...plan.quota };
  const clear = (members: object): void => {
    for (const member of Object.keys(members)) delete members[member as keyof typeof members];
  };
  for (const operation of operations) {
    const { op, path, value } = operation;
    switch (`${op === 'add' ? 'replace' : op} ${path}`) {
      case 'replace /name':
        plan.name = value;
        break;
      case 'replace /description':
        plan.description = value;
        break;
      case 'replace /throttle/rateLimit':
        throttle.rateLimit = Number(value);
        break;
      case 'replace /throttle/burstLimit':
        throttle.burstLimit = Number(value);
        break;
      case 'replace /quota/limit':
        quota.limit = Number(value);
        break;
      case 'replace /quota/offset':
        quota.offset = Number(value);
        break;
      case 'replace /quota/period':
        quota.period = value as Quota['period'];
        break;
      case 'remove /throttle':
        clear(throttle);
        break;
      case 'remove /quota':
        clear(quota);
        break;
      case 'replace /apiStages':
        if (op !== 'add') throw unknown(operation);
        plan.apiStages = [...plan.apiStages, stageOf(value)];
        break;
      case 'remove /apiStages':
        plan.apiStages = plan.apiStages.filter(({ apiId, stage }) => value !== `${apiId}:${stage}`);
        break;
      default:
        throw unknown(operation);
    }
  }
  setLimits(
    plan,
    Object.keys(throttle).length > 0 ? throttle : undefined,
    Object.keys(quota).length > 0 ? quota : undefined,
  );
}

/** @throws AwsError BadRequestException for limits that are none */
export function setLimits(plan: UsagePlan, throttle: object | undefined, quota: object | undefined): void {
  delete plan.throttle;
  delete plan.quota;
  if (throttle !== undefined) plan.throttle = throttleOf(throttle as JsonObject);
  if (quota !== undefined) plan.quota = quotaOf(quota as JsonObject);
}

function throttleOf({ rateLimit, burstLimit }: JsonObject): Throttle {
  if (!isCount(burstLimit)) throw bad('Usage Plan burst limit must be a whole number of at least 0');
  if (typeof rateLimit !== 'number' || !(rateLimit >= 0)) throw bad('Usage Plan rate limit must be at least 0');
  return { rateLimit, burstLimit };
}

function quotaOf({ limit, offset = 0, period }: JsonObject): Quota {
  if (!isCount(limit)) throw bad('Usage Plan quota limit must be a whole number of at least 0');
  const last = { DAY: 0, WEEK: 6, MONTH: 27 }[period as Quota['period']];
  if (last === undefined) throw bad(`Usage Plan quota period must be one of ${PERIODS.join(', ')}`);
  if (!isCount(offset) || offset > last) throw bad(`Usage Plan quota offset must be from 0 to ${last}`);
  return { limit, offset, period: period as Quota['period'] };
}

function stageOf(text: string): { apiId: string; stage: string } {
  const [apiId = '', stage = ''] = text.split(':');
  return { apiId, stage };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function unknown({ op, path }: Operation) {
  return bad(`Invalid patch path ${path} for ${op}`);
}

function bad(message: string) {
  return invalid(message, 'BadRequestException');
}
