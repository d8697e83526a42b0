// Asks a server for a page again and again, and reads each answer to its end.
//
//   scrape PORT PATH COUNT keep|close identity|gzip [-]
//
// Over one connection or over one each. Prints: answers, bytes of the last body, how many bodies
// differed from the one before, microseconds per answer; with - the last body instead. Any status
// but 200 ends it. A COUNT of 0 means one for each line of the input, with the microseconds that it
// took after each.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char buffer[16 << 20];
static size_t held;
static int server = -1;

static void fail(const char *what) {
    fprintf(stderr, "scrape: %s\n", what);
    exit(1);
}

static void join(int number) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(number)};
    int yes = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server < 0 || connect(server, (struct sockaddr *)&address, sizeof address))
        fail("cannot connect");
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    held = 0;
}

// Reads on; 0 at the end of the stream.
static size_t more(void) {
    if (held == sizeof buffer - 1) fail("answer too large");
    ssize_t count = read(server, buffer + held, sizeof buffer - 1 - held);
    if (count < 0) fail("cannot read");
    held += count;
    buffer[held] = 0;
    return count;
}

static const char *header(const char *head, const char *end, const char *name) {
    size_t length = strlen(name);
    for (const char *line = head; line < end; line = strstr(line, "\r\n") + 2)
        if (!strncasecmp(line, name, length) && line[length] == ':')
            return line + length + 1 + strspn(line + length + 1, " ");
    return NULL;
}

// Reads chunks from `place` to the last one; returns the octets in them.
static size_t chunks(size_t place) {
    size_t total = 0;
    while (1) {
        char *end;
        while (!(end = memmem(buffer + place, held - place, "\r\n", 2)))
            if (!more()) fail("chunk cut off");
        size_t size = strtoul(buffer + place, NULL, 16);
        place = end + 2 - buffer;
        while (held < place + size + 2)
            if (!more()) fail("chunk cut off");
        if (!size) return total;
        total += size;
        place += size + 2;
    }
}

// Reads one answer; returns the octets of its body and where it begins.
static size_t answer(size_t *start) {
    char *end;
    held = 0;
    buffer[0] = 0;
    while (!(end = strstr(buffer, "\r\n\r\n")))
        if (!more()) fail("no answer");
    *start = end + 4 - buffer;
    if (strncmp(buffer, "HTTP/1.1 200", 12)) fail("not 200");
    const char *length = header(buffer, end, "content-length");
    if (length) {
        size_t size = strtoul(length, NULL, 10);
        while (held < *start + size)
            if (!more()) fail("body cut off");
        return size;
    }
    if (header(buffer, end, "transfer-encoding")) return chunks(*start);
    while (more()) {}
    return held - *start;
}

// FNV-1a, to see whether the page has changed.
static uint64_t hash(const char *bytes, size_t count) {
    uint64_t value = 0xcbf29ce484222325;
    for (size_t i = 0; i < count; i++) value = (value ^ (uint8_t)bytes[i]) * 0x100000001b3;
    return value;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    if (argc < 6) return 64;
    int number = atoi(argv[1]), count = atoi(argv[3]), keeps = !strcmp(argv[4], "keep");
    char request[512];
    int length = snprintf(
        request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: text/plain;version=0.0.4\r\n"
        "Accept-Encoding: %s\r\n%s\r\n",
        argv[2], number, argv[5], keeps ? "" : "Connection: close\r\n");
    size_t bytes = 0, start = 0;
    uint64_t last = 0;
    int changes = -1;
    double began = seconds();
    int is_led = count == 0;
    for (int i = 0; is_led ? getchar() != EOF : i < count; i++) {
        double asked = seconds();
        if (server < 0) join(number);
        if (write(server, request, length) != length) fail("cannot write");
        bytes = answer(&start);
        uint64_t value = hash(buffer + start, bytes);
        changes += value != last || changes < 0;
        last = value;
        if (!keeps) {
            close(server);
            server = -1;
        }
        if (is_led) {
            printf("%.0f\n", (seconds() - asked) * 1e6);
            fflush(stdout);
        }
    }
    if (is_led) return 0;
    if (argc > 6) return fwrite(buffer + start, 1, bytes, stdout) != bytes;
    printf("%d %zu %d %.1f\n", count, bytes, changes, (seconds() - began) * 1e6 / count);
    return 0;
}
