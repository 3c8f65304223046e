import { api } from './api.ts';
import type { Suggest } from './ui/search.tsx';

/** Names that are offered: more is no list that somebody reads. */
const OFFERED = 20;

const listed =
  (path: string): Suggest =>
  async (q, signal) =>
    (await api.get<{ items: { id: string; displayName?: string }[] }>(path, { q, limit: OFFERED }, signal)).body.items;

/** Tenants and models whose id or name has a text in it, for who may see them. */
export const suggestTenants = listed('/admin/tenants');
export const suggestModels = listed('/admin/models');
