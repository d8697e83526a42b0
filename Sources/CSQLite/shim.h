// The door to libsqlite3, and what Swift cannot call of it.
#pragma once
#include <sqlite3.h>

// SQLITE_TRANSIENT is a cast function pointer, which Swift does not import: SQLite copies.
static inline int fabricwatch_bind_text(
    sqlite3_stmt *statement, int index, const char *bytes, int count) {
    return sqlite3_bind_text(statement, index, bytes, count, SQLITE_TRANSIENT);
}

static inline int fabricwatch_bind_blob(
    sqlite3_stmt *statement, int index, const void *bytes, int count) {
    return sqlite3_bind_blob(statement, index, bytes, count, SQLITE_TRANSIENT);
}

// sqlite3_db_config is variadic.
static inline int fabricwatch_db_config(sqlite3 *database, int option, int value) {
    return sqlite3_db_config(database, option, value, (int *)0);
}
