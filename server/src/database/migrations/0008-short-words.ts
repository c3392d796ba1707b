import { type Kysely, sql } from 'kysely'

/**
 * On SQLite each letter of a text begins a trigram of the search index, the last two letters as well, and the trigrams can
 * be listed: so words of one or two letters are found by the trigrams that begin with them.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- see Migration
export async function up(db: Kysely<any>, kind: 'sqlite' | 'postgres'): Promise<void> {
  if (kind === 'postgres') return
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  'drop trigger task_search_insert',
  'drop trigger task_search_update',
  'drop table task_search',
  `create virtual table task_search using fts5(
    search_text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1')`,
  'insert into task_search (rowid, search_text) select seq, search_text || char(10, 10) from tasks order by seq',
  `create trigger task_search_insert after insert on tasks begin
    insert into task_search (rowid, search_text) values (new.seq, new.search_text || char(10, 10));
  end`,
  `create trigger task_search_update after update of search_text on tasks when old.search_text <> new.search_text begin
    delete from task_search where rowid = old.seq;
    insert into task_search (rowid, search_text) values (new.seq, new.search_text || char(10, 10));
  end`,
  `create virtual table task_search_grams using fts5vocab('task_search', 'instance')`,
]
