// What survives a restart: one row per object and the newest resourceVersion, in SQLite with a write-ahead log. A write returns when
// the operating system has it, so a killed process loses nothing; a power cut may lose the last moments, which is why versions jump on open.

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { KubeObject } from "../../../core/kubernetes/object.ts";

/** Versions that a power cut may have given out without keeping them are jumped over. */
const VERSION_JUMP = 1_000;

interface StoredRow {
  storage: string;
  key: string;
  json: string;
}

export interface Persistence {
  load(): { version: number; rows: StoredRow[] };
  put(storage: string, key: string, object: KubeObject, version: number): void;
  remove(storage: string, key: string, version: number): void;
  close(): void;
}

/** Opens or makes the file; `:memory:` keeps nothing and costs nothing. */
export function openPersistence(dataFile: string): Persistence {
  return dataFile === ":memory:" ? FORGETFUL : new Database(dataFile);
}

const FORGETFUL: Persistence = {
  load: () => ({ version: 0, rows: [] }),
  put: () => {},
  remove: () => {},
  close: () => {},
};

class Database implements Persistence {
  #db: DatabaseSync;
  #put: StatementSync;
  #remove: StatementSync;
  #raise: StatementSync;

  constructor(file: string) {
    mkdirSync(dirname(file), { recursive: true });
    this.#db = new DatabaseSync(file);
    this.#db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000;");
    migrate(this.#db, file);
    this.#put = this.#db.prepare("INSERT OR REPLACE INTO objects (storage, key, version, json) VALUES (?, ?, ?, ?)");
    this.#remove = this.#db.prepare("DELETE FROM objects WHERE storage = ? AND key = ?");
    this.#raise = this.#db.prepare("UPDATE counter SET version = ?");
  }

  load(): { version: number; rows: StoredRow[] } {
    const newest = this.#db
      .prepare("SELECT max((SELECT version FROM counter), (SELECT coalesce(max(version), 0) FROM objects)) AS version")
      .get() as unknown as { version: number };
    const rows = this.#db.prepare("SELECT storage, key, json FROM objects").all() as unknown as StoredRow[];
    const version = newest.version === 0 ? 0 : newest.version + VERSION_JUMP;
    this.#raise.run(version);
    return { version, rows };
  }

  put(storage: string, key: string, object: KubeObject, version: number): void {
    this.#put.run(storage, key, version, JSON.stringify(object));
  }

  remove(storage: string, key: string, version: number): void {
    this.#db.exec("BEGIN");
    this.#remove.run(storage, key);
    this.#raise.run(version);
    this.#db.exec("COMMIT");
  }

  close(): void {
    this.#db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    this.#db.close();
  }
}

const SCHEMA_VERSION = 1;

function migrate(db: DatabaseSync, file: string): void {
  const { user_version: found } = db.prepare("PRAGMA user_version").get() as unknown as { user_version: number };
  if (found > SCHEMA_VERSION)
    throw new Error(
      `${file} was written by a newer Serin (format ${found}, this one knows ${SCHEMA_VERSION}): update Serin, or start over with "serin reset"`,
    );
  if (found === SCHEMA_VERSION) return;
  db.exec(`
    CREATE TABLE objects (storage TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, json TEXT NOT NULL,
      PRIMARY KEY (storage, key)) WITHOUT ROWID;
    CREATE TABLE counter (version INTEGER NOT NULL);
    INSERT INTO counter VALUES (0);
    PRAGMA user_version = ${SCHEMA_VERSION};
  `);
}
