import { api } from '../../api.ts';
import type { Query } from '../../http.ts';
import type { Asked, Movers, Parted, Report } from './report.ts';

/** Reports of the same things, each with its own `by`, `period`, `top`. Every method throws ApiProblem. */
export const reports = {
  rows: async (asked: Asked, more: Query, signal: AbortSignal): Promise<Report> =>
    (await api.get<Report>('/admin/report', { ...asked, ...more }, signal)).body,
  parted: async (asked: Asked, more: Query, signal: AbortSignal): Promise<Parted> =>
    (await api.get<Parted>('/admin/report', { ...asked, ...more }, signal)).body,
  movers: async (asked: Asked, more: Query, signal: AbortSignal): Promise<Movers> =>
    (await api.get<Movers>('/admin/report/movers', { ...asked, ...more }, signal)).body,
  open: async (asked: Asked, more: Query, signal: AbortSignal): Promise<Report> =>
    (await api.get<Report>('/admin/report/open', { ...asked, ...more }, signal)).body,
  /** As the API writes it for a spreadsheet. */
  async csv(asked: Asked, by: string, period: string): Promise<string> {
    const search = new URLSearchParams({ ...asked, by, period, format: 'csv' });
    return (await api.fetch(`/admin/report?${search}`)).text();
  },
};
