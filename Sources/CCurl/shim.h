// The door to libcurl: Swift cannot call functions of variable arguments.
#pragma once
#include <curl/curl.h>

// Sets an option that takes a number or a switch; curl_easy_setopt(3).
static inline CURLcode fw_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

// Sets an option that takes a size or an offset.
static inline CURLcode fw_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

// Sets an option that takes text; libcurl keeps a copy.
static inline CURLcode fw_curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

// Sets an option that takes a list of headers, which must outlive the transfer.
static inline CURLcode fw_curl_set_list(
    CURL *handle, CURLoption option, const struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

// Sets what is sent as the body; libcurl keeps a copy.
static inline CURLcode fw_curl_set_body(CURL *handle, const void *bytes, long count) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, count);
    return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, bytes) : code;
}

// Sets the function that takes the answer's bytes, and what it is called with.
static inline CURLcode fw_curl_set_writer(
    CURL *handle, size_t (*writer)(char *, size_t, size_t, void *), void *context) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, writer);
    return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_WRITEDATA, context) : code;
}

// Reads a number about the latest transfer; curl_easy_getinfo(3).
static inline CURLcode fw_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}
