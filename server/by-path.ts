import type { Served } from '../invoke/edge/lambda.ts';

/** The registry's API under `/admin/`, and models elsewhere. */
export function byPath(models: Served, admin: Served): Served {
  const of = (path: string): Served => (path.startsWith('/admin/') ? admin : models);
  return {
    serve: (asked, bindings) => of(asked.path).serve(asked, bindings),
    refuse: (path, error, requestId) => of(path).refuse(path, error, requestId),
    failed: (error, requestId) => models.failed(error, requestId),
  };
}
