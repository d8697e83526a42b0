// Says how large a history is: passes kept, octets of its rows, octets of its pages in use.
//
//   pages DATABASE
//
// Reads beside the daemon and changes nothing.

#include <sqlite3.h>
#include <stdio.h>

static long long number(sqlite3 *database, const char *query) {
    sqlite3_stmt *statement = NULL;
    long long value = -1;
    if (sqlite3_prepare_v2(database, query, -1, &statement, NULL) == SQLITE_OK
        && sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

int main(int argc, char **argv) {
    sqlite3 *database = NULL;
    if (argc != 2 || sqlite3_open_v2(argv[1], &database, SQLITE_OPEN_READONLY, NULL)) return 1;
    sqlite3_busy_timeout(database, 1000);
    printf("%lld %lld %lld\n", number(database, "SELECT count(*) FROM head"),
           number(database, "SELECT sum(length(d)) FROM head"),
           number(database, "SELECT (page_count - freelist_count) * page_size"
                            " FROM pragma_page_count, pragma_freelist_count, pragma_page_size"));
    return sqlite3_close(database);
}
