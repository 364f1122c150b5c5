/*
 * A layer between a program and its files, for tests: preloaded, it stands in front of libc's calls and, for files in
 * one folder, writes less than was asked, runs out of room, or fails to sync; and it notes what has been synced, so that
 * a test can take away what a power failure would. Everything else goes through as it is.
 *
 * LAYER_FOLDER        whose files
 * LAYER_LOG           file to note in: "S length path" synced, "R from to" renamed, "L from to" linked (tabs between)
 * LAYER_SHORT         percent of writes that are cut short
 * LAYER_ROOM          octets after which the disk is full
 * LAYER_SYNCS         syncs after which every further one fails
 * LAYER_SEED          decides which writes are cut short, and where
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *folder;
static int log_file = -1;
static long short_percent, room = LONG_MAX, syncs = LONG_MAX;
static atomic_long written, synced;
static atomic_ulong drawn;

static ssize_t (*next_write)(int, const void *, size_t);
static ssize_t (*next_pwrite)(int, const void *, size_t, off_t);
static int (*next_fsync)(int);
static int (*next_fdatasync)(int);
static int (*next_fallocate)(int, int, off_t, off_t);
static int (*next_rename)(const char *, const char *);
static int (*next_link)(const char *, const char *);

static long number(const char *name, long absent)
{
    const char *text = getenv(name);
    return text ? atol(text) : absent;
}

__attribute__((constructor)) static void begin(void)
{
    next_write = dlsym(RTLD_NEXT, "write");
    next_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    next_fsync = dlsym(RTLD_NEXT, "fsync");
    next_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    next_fallocate = dlsym(RTLD_NEXT, "fallocate64");
    next_rename = dlsym(RTLD_NEXT, "rename");
    next_link = dlsym(RTLD_NEXT, "link");
    folder = getenv("LAYER_FOLDER");
    short_percent = number("LAYER_SHORT", 0);
    room = number("LAYER_ROOM", LONG_MAX);
    syncs = number("LAYER_SYNCS", LONG_MAX);
    drawn = number("LAYER_SEED", 1);
    if (getenv("LAYER_LOG"))
        log_file = open(getenv("LAYER_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_ours(const char *path)
{
    return folder && strncmp(path, folder, strlen(folder)) == 0;
}

static int names_ours(int file, char *path)
{
    char place[64];
    snprintf(place, sizeof place, "/proc/self/fd/%d", file);
    ssize_t length = readlink(place, path, PATH_MAX - 1);
    if (length <= 0)
        return 0;
    path[length] = 0;
    return is_ours(path);
}

static void note(const char *line)
{
    if (log_file >= 0 && next_write(log_file, line, strlen(line)) < 0)
        abort(); /* a test that does not know what was synced proves nothing */
}

static unsigned long draw(void)
{
    unsigned long value = atomic_fetch_add(&drawn, 0x9e3779b97f4a7c15UL);
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9UL;
    return (value ^ value >> 27) * 0x94d049bb133111ebUL >> 32;
}

/* How much of a write goes through; 0 where the disk is full. */
static size_t let_through(size_t count)
{
    if (short_percent && count > 1 && (long)(draw() % 100) < short_percent)
        count = 1 + draw() % (count - 1);
    long before = atomic_fetch_add(&written, (long)count);
    if (before >= room)
        return 0;
    return before + (long)count > room ? (size_t)(room - before) : count;
}

ssize_t write(int file, const void *octets, size_t count)
{
    char path[PATH_MAX];
    if (count == 0 || !names_ours(file, path))
        return next_write(file, octets, count);
    if ((count = let_through(count)))
        return next_write(file, octets, count);
    errno = ENOSPC;
    return -1;
}

ssize_t pwrite64(int file, const void *octets, size_t count, off_t place)
{
    char path[PATH_MAX];
    if (count == 0 || !names_ours(file, path))
        return next_pwrite(file, octets, count, place);
    if ((count = let_through(count)))
        return next_pwrite(file, octets, count, place);
    errno = ENOSPC;
    return -1;
}

ssize_t pwrite(int file, const void *octets, size_t count, off_t place)
{
    return pwrite64(file, octets, count, place);
}

static int sync_with(int (*next)(int), int file)
{
    char path[PATH_MAX], line[PATH_MAX + 32];
    struct stat before;
    if (!names_ours(file, path) || fstat(file, &before))
        return next(file);
    if (atomic_fetch_add(&synced, 1) >= syncs) {
        errno = EIO;
        return -1;
    }
    int outcome = next(file);
    if (outcome == 0) {
        /* What another thread has written meanwhile does not count. */
        snprintf(line, sizeof line, "S\t%ld\t%s\n", (long)before.st_size, path);
        note(line);
    }
    return outcome;
}

int fsync(int file)
{
    return sync_with(next_fsync, file);
}

int fdatasync(int file)
{
    return sync_with(next_fdatasync, file);
}

int fallocate64(int file, int mode, off_t from, off_t length)
{
    char path[PATH_MAX];
    if (names_ours(file, path) && written >= room) {
        errno = ENOSPC;
        return -1;
    }
    return next_fallocate(file, mode, from, length);
}

int fallocate(int file, int mode, off_t from, off_t length)
{
    return fallocate64(file, mode, from, length);
}

static int move_with(int (*next)(const char *, const char *), char how, const char *from, const char *to)
{
    char line[2 * PATH_MAX + 32];
    int outcome = next(from, to);
    if (outcome == 0 && is_ours(to)) {
        snprintf(line, sizeof line, "%c\t%s\t%s\n", how, from, to);
        note(line);
    }
    return outcome;
}

int rename(const char *from, const char *to)
{
    return move_with(next_rename, 'R', from, to);
}

int link(const char *from, const char *to)
{
    return move_with(next_link, 'L', from, to);
}
