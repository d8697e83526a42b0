// The door to libsqlite3.
#pragma once
#include <sqlite3.h>
