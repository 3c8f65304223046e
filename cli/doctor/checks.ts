import { alarms, listeners } from './alarms.ts';
import type { AnyCheck } from './check.ts';
import { stream, subscription } from './delivery.ts';
import { api, authorizer, methods } from './door.ts';
import { concurrency, functions, runtimes } from './functions.ts';
import { clock, issuers } from './issuers.ts';
import { folder, node, ports } from './laptop.ts';
import { models, registry } from './models.ts';
import { quotas } from './quotas.ts';
import { roles, walls } from './roles.ts';
import { deadLetters, schedules } from './schedules.ts';
import { encryption, secrets } from './secrets.ts';
import { spokes } from './spokes.ts';
import { tasks, version } from './stack.ts';
import { buckets, tables } from './stores.ts';
import { usage } from './usage.ts';

/** Everything that is looked at, in the order in which it is said. */
export const CHECKS: readonly AnyCheck[] = [
  version,
  node,
  ports,
  folder,
  clock,
  issuers,
  roles,
  walls,
  spokes,
  authorizer,
  methods,
  api,
  functions,
  runtimes,
  concurrency,
  tasks,
  tables,
  buckets,
  secrets,
  encryption,
  registry,
  models,
  quotas,
  subscription,
  stream,
  schedules,
  deadLetters,
  usage,
  alarms,
  listeners,
];
