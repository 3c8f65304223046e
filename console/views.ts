import { may } from './me.ts';
import type { View } from './view.ts';

/** Every page there is, in the order of the navigation. Each is loaded when it is first shown. */
export const VIEWS: readonly View[] = [
  {
    ...{ path: 'playground', title: 'Playground', group: 'tenant' },
    icon: 'M3 4.5h14v9H9.5L6 16.5v-3H3z M6.5 7.5h7 M6.5 10.5h4',
    may: () => true,
    load: () => import('./views/playground/index.tsx'),
  },
  {
    ...{ path: 'models', title: 'Models', group: 'tenant' },
    icon: 'M10 2.5 16.5 6v8L10 17.5 3.5 14V6z M3.5 6 10 9.7 16.5 6 M10 9.7v7.8',
    may: () => true,
    load: () => import('./views/models/index.tsx'),
  },
  {
    ...{ path: 'usage', title: 'Usage', group: 'tenant' },
    icon: 'M3 17h14 M5 14v-4 M8.5 14V5 M12 14V8 M15.5 14V3',
    may: () => true,
    load: () => import('./views/usage/index.tsx'),
  },
  {
    ...{ path: 'budgets', title: 'Budgets', group: 'tenant' },
    icon: 'M3 13a7 7 0 1 1 14 0 M10 13l3.5-4.5 M3 16h14',
    may: () => true,
    load: () => import('./views/budgets/index.tsx'),
  },
  {
    ...{ path: 'keys', title: 'Keys', group: 'tenant' },
    icon: 'M6.5 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z M9 11l7.5-7.5 M13 7l2.5 2.5',
    may: ({ admin, keys }) => admin && keys,
    load: () => import('./views/keys/index.tsx'),
  },
  {
    ...{ path: 'requests', title: 'Requests', group: 'tenant' },
    icon: 'M4 5h12 M4 10h12 M4 15h7 M14 14l1.5 1.5 2.5-3',
    may: ({ admin }) => admin,
    load: () => import('./views/requests/index.tsx'),
  },
  {
    ...{ path: 'tenants', title: 'Tenants', group: 'operator' },
    icon: 'M3 17V6l6-3v14 M9 8h8v9 M3 17h14 M12 11h2 M12 14h2 M5.5 8h1 M5.5 11h1 M5.5 14h1',
    may: (me) => may(me, 'tenants'),
    load: () => import('./views/tenants/index.tsx'),
  },
  {
    ...{ path: 'registry-models', title: 'Model registry', group: 'operator' },
    icon: 'M4 5c0-1.4 2.7-2.5 6-2.5S16 3.6 16 5s-2.7 2.5-6 2.5S4 6.4 4 5z M4 5v10c0 1.4 2.7 2.5 6 2.5s6-1.1 6-2.5V5 M4 10c0 1.4 2.7 2.5 6 2.5s6-1.1 6-2.5',
    may: (me) => may(me, 'models'),
    load: () => import('./views/registry-models/index.tsx'),
  },
  {
    ...{ path: 'access-requests', title: 'Access requests', group: 'operator' },
    icon: 'M3 10v6h14v-6 M3 10l2.5-6.5h9L17 10 M3 10h4.5l1 2.5h3l1-2.5H17',
    may: (me) => may(me, 'access-requests'),
    load: () => import('./views/access-requests/index.tsx'),
  },
  {
    ...{ path: 'money', title: 'Money', group: 'operator' },
    icon: 'M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15z M12.5 7.5c-.5-1-1.4-1.4-2.5-1.4-1.4 0-2.5.7-2.5 1.9 0 2.7 5 1.2 5 4 0 1.2-1.1 1.9-2.5 1.9-1.2 0-2.1-.5-2.6-1.5 M10 4.7v10.6',
    may: (me) => may(me, 'reports'),
    load: () => import('./views/money/index.tsx'),
  },
  {
    ...{ path: 'review', title: 'Security review', group: 'operator' },
    icon: 'M10 2.5 16 5v4.5c0 4-2.5 6.7-6 8-3.5-1.3-6-4-6-8V5z M7.3 9.8l2 2 3.5-4',
    may: (me) => may(me, 'audit'),
    load: () => import('./views/review/index.tsx'),
  },
  {
    ...{ path: 'audit', title: 'Audit', group: 'operator' },
    icon: 'M10 5.5v4.5l3 2 M3.2 8A7 7 0 1 1 3 11 M3 4v4h4',
    may: (me) => may(me, 'audit'),
    load: () => import('./views/audit/index.tsx'),
  },
];
