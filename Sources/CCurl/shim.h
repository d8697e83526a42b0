// The door to libcurl.
#pragma once
#include <curl/curl.h>
