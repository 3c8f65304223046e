/** What a client may take of the process, whoever it is: nothing here looks at a token. */
export interface Bounds {
  patience: Patience;
  /** Bytes of a request's head. As it is sent over HTTP/2, packed, it has 64 KiB at most, which no setting changes. */
  headMaxBytes: number;
  /** Headers of a request. */
  headersMax: number;
  /** Connections at once; a further one is closed at once. */
  connectionsMax: number;
  /** Requests at once on one connection: a further one of HTTP/2 is refused, and may be repeated; one of HTTP/1.1 ends it. */
  streamsMax: number;
  /** Requests that one connection of HTTP/2 may take back at once, and a second in the long run; more ends it (CVE-2023-44487). */
  resetsBurst: number;
  resetsPerSecond: number;
  /** Frames a second on one connection of HTTP/2 that ask for an answer and for no work (CVE-2019-9512, -9515); more ends it. */
  controlPerSecond: number;
}

/** Milliseconds for which a client is waited for. */
export interface Patience {
  /** For a whole head of a request. */
  headMs: number;
  /** For a whole request; in HTTP/2 also for the first one of a connection. */
  requestMs: number;
  /** For the next request of a connection, none being under way. */
  idleMs: number;
  /** For a client that takes nothing of what is there for it. */
  stallMs: number;
  /** For a whole answer to be made and taken, from its request's head on. */
  answerMs: number;
}

/**
 * A laptop's clients are on the laptop: what takes longer is no request. A head may be longer than any token, so that an absurd
 * one is refused like a wrong one, by whoever reads tokens.
 */
export const LAPTOP: Bounds = {
  patience: { headMs: 10_000, requestMs: 60_000, idleMs: 60_000, stallMs: 60_000, answerMs: 930_000 },
  headMaxBytes: 2_097_152,
  headersMax: 1_000,
  connectionsMax: 10_000,
  streamsMax: 1_000,
  resetsBurst: 1_000,
  resetsPerSecond: 33,
  controlPerSecond: 1_000,
};
