/** Has the browser save this table. @param name what it is called in the downloads */
export function saveText(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has the blob by now, or never.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
