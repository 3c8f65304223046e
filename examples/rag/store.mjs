import { DatabaseSync } from 'node:sqlite';

/** Ranks of two lists become one by their places alone, for a BM25 and a cosine cannot be compared (reciprocal rank fusion). */
const SMOOTH = 60;

/** Passages in the tenant's own file, found by their words (BM25, of SQLite's FTS5) and by their meaning (vectors of length 1). */
export function openStore(file = ':memory:') {
  const db = new DatabaseSync(file);
  db.exec(`
    CREATE TABLE IF NOT EXISTS passages (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE, vector BLOB NOT NULL);
    CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (text, content = 'passages', content_rowid = 'id', tokenize = 'porter');
  `);
  const add = db.prepare('INSERT INTO passages (text, vector) VALUES (?, ?)');
  const addWords = db.prepare('INSERT INTO words (rowid, text) VALUES (?, ?)');
  const has = db.prepare('SELECT id FROM passages WHERE text = ?');
  const textOf = db.prepare('SELECT text FROM passages WHERE id = ?');
  const vectors = db.prepare('SELECT id, vector FROM passages');
  const match = db.prepare('SELECT rowid AS id FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?');

  return {
    has: (text) => has.get(text) !== undefined,

    add(text, vector) {
      const { lastInsertRowid } = add.run(text, new Uint8Array(Float32Array.from(vector).buffer));
      addWords.run(lastInsertRowid, text);
    },

    byWords(question, most) {
      // Each word is quoted: what a caller writes is no query of FTS5's.
      const words = question.match(/[\p{L}\p{N}]+/gu) ?? [];
      if (words.length === 0) return [];
      return match.all(words.map((word) => `"${word}"`).join(' OR '), most).map(({ id }) => id);
    },

    byMeaning(vector, most) {
      return vectors
        .all()
        .map(({ id, vector: bytes }) => ({ id, nearness: product(vector, new Float32Array(bytes.slice().buffer)) }))
        .sort((one, other) => other.nearness - one.nearness)
        .slice(0, most)
        .map(({ id }) => id);
    },

    /** The best of both, as texts. */
    hybrid(question, vector, most) {
      const scores = new Map();
      for (const ids of [this.byWords(question, most), this.byMeaning(vector, most)])
        for (const [place, id] of ids.entries()) scores.set(id, (scores.get(id) ?? 0) + 1 / (SMOOTH + place));
      const best = [...scores].sort(([, one], [, other]) => other - one).slice(0, most);
      return best.map(([id]) => textOf.get(id).text);
    },

    close: () => db.close(),
  };
}

const product = (one, other) => one.reduce((sum, value, index) => sum + value * other[index], 0);
