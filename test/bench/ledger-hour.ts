/** The hour that the ledger's benchmark is about; milliseconds since 1970. */
export const LEDGER_HOUR = Date.UTC(2026, 10, 21, 9);
