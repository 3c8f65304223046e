/** Whether what somebody typed is in any of the names that something has. */
export function isFound(text: string, ...names: readonly (string | undefined)[]): boolean {
  const wanted = text.trim().toLowerCase();
  return wanted === '' || names.some((name) => name?.toLowerCase().includes(wanted));
}
